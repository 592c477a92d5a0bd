/*
 * The canonical hash of every event of an .ics file, one JSON object a line:
 *	ical_hash FILE	{"uid", "hash", "canonical", "text"}
 * or, for an entry that is refused, {"uid": ..., "reason": ...}. A file that
 * cannot be read at all: {"reason": ...}.
 */
#include <stdio.h>
#include <stdlib.h>
#include <jansson.h>
#include "providers/ical_map.h"

static char *slurp(struct pool *pool, const char *path, size_t *len_out)
{
	FILE *f = fopen(path, "rb");
	char *text = pool_alloc(pool, ICAL_FILE_MAX_BYTES);

	if (!f) {
		perror(path);
		exit(2);
	}
	*len_out = fread(text, 1, ICAL_FILE_MAX_BYTES, f);
	fclose(f);
	return text;
}

static void print_line(json_t *line)
{
	char *text = json_dumps(line, JSON_COMPACT | JSON_SORT_KEYS);

	puts(text);
	free(text);
	json_decref(line);
}

static void print_item(struct pool *pool, const struct ical_item *item)
{
	char hex[2 * DIGEST_BYTES + 1];
	struct digest hash;
	struct err err = { 0 };

	if (!item->event || !event_check(pool, item->event, &err)) {
		print_line(json_pack("{s:s*, s:s}", "uid", item->uid,
		    "reason", item->event ? err.msg : item->reason));
		return;
	}
	hash = event_hash(pool, item->event);
	for (size_t i = 0; i < DIGEST_BYTES; i++)
		snprintf(hex + 2 * i, 3, "%02x", hash.bytes[i]);
	print_line(json_pack("{s:s, s:s, s:s, s:s}", "uid", item->event->uid,
	    "hash", hex, "canonical", event_canonical(pool, item->event),
	    "text", event_format(pool, item->event)));
}

int main(int argc, char **argv)
{
	struct pool *pool = pool_new(NULL);
	struct ical_item *items;
	struct err err = { 0 };
	size_t count, len;
	char *text;

	if (argc != 2) {
		fputs("usage: ical_hash FILE\n", stderr);
		return 2;
	}
	text = slurp(pool, argv[1], &len);
	if (!ical_split(pool, text, len, &items, &count, &err))
		print_line(json_pack("{s:s}", "reason", err.msg));
	else
		for (size_t i = 0; i < count; i++)
			print_item(pool, &items[i]);
	pool_free(pool);
	return 0;
}
