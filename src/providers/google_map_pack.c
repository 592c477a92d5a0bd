/* Google's items as they are kept with a link: ids, versions, one text. Must
 * not know what an event says. */
#include <stdlib.h>
#include <string.h>
#include "providers/google_map_p.h"
#include "providers/provider.h"
#include "util/digest.h"
#include "util/jsonx.h"
#include "util/banned.h"

char *google_map_id(struct pool *pool, const uint8_t op_id[16])
{
	static const char digits[] = "0123456789abcdefghijklmnopqrstuv";
	char *out = pool_alloc(pool, 27);

	for (int i = 0; i < 26; i++) {
		unsigned value = 0;

		for (int bit = 5 * i; bit < 5 * i + 5; bit++)
			value = value << 1 | (bit < 128 ?
			    op_id[bit / 8] >> (7 - bit % 8) & 1u : 0u);
		out[i] = digits[value];
	}
	return out;
}

char *google_map_instance_id(struct pool *pool,
    const struct google_map_context *ctx, const json_t *master,
    const char *key)
{
	struct google_map_frame frame = { .is_series = true };
	struct event_part part;
	struct err ignored;

	frame.zone = google_map_time_home(pool, ctx);
	if (!google_map_time_read(pool, master, &frame, &part, &ignored))
		return NULL;
	frame.master = &part;
	return google_map_place_id(pool, master, NULL,
	    google_map_time_told(pool, &frame, key));
}

/* ---- what is kept ---- */

static void keep(json_t *out, const json_t *item, const char *key)
{
	json_t *value = json_object_get(item, key);

	if (value && json_object_set(out, key, value) != 0)
		die("a JSON member cannot be set");
}

/* Our own private properties; of the others only that they are there counts,
 * and that little. */
static void keep_private(struct pool *pool, json_t *out, const json_t *item)
{
	json_t *own = google_map_object(pool), *value;
	const char *key;

	json_object_foreach((json_t *)(uintptr_t)google_map_privates(item), key,
	    value)
		if (strncmp(key, "hawser", 6) == 0 && json_is_string(value) &&
		    json_object_set(own, key, value) != 0)
			die("a JSON member cannot be set");
	if (json_object_size(own))
		google_map_set(out, "extendedProperties",
		    json_pack("{s:O}", "private", own));
}

static json_t *kept(struct pool *pool, const json_t *item)
{
	static const char *const members[] = { "id", "etag", "iCalUID",
	    "status", "summary", "description", "location", "start", "end",
	    "endTimeUnspecified", "recurrence", "transparency", "visibility",
	    "eventType", "locked", "guestsCanModify", "recurringEventId",
	    "originalStartTime", "updated" };
	const json_t *organizer = json_object_get(item, "organizer");
	json_t *out = google_map_object(pool);

	for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++)
		keep(out, item, members[i]);
	if (json_is_object(organizer)) {
		json_t *self = json_object();

		keep(self, organizer, "self");
		google_map_set(out, "organizer", self);
	}
	keep_private(pool, out, item);
	return out;
}

static int by_id(const void *a, const void *b)
{
	const json_t *x = *(const json_t *const *)a;
	const json_t *y = *(const json_t *const *)b;
	const char *xid = google_map_word(x, "id"), *yid =
	    google_map_word(y, "id");

	return strcmp(xid ? xid : "", yid ? yid : "");
}

static const json_t **sorted(struct pool *pool,
    const struct google_map_parts *parts)
{
	const json_t **list = pool_array(pool, parts->count + 1, sizeof(*list));

	for (size_t i = 0; i < parts->count; i++)
		list[i] = parts->exceptions[i];
	if (parts->count)
		qsort(list, parts->count, sizeof(*list), by_id);
	return list;
}

char *google_map_pack(struct pool *pool, const struct google_map_parts *parts,
    size_t *len_out)
{
	const json_t **list = sorted(pool, parts);
	json_t *all = json_array(), *root;
	char *text;

	for (size_t i = 0; i < parts->count; i++)
		if (json_array_append(all, kept(pool, list[i])) != 0)
			die("no memory for JSON");
	root = jsonx_pack(pool, "{s:O, s:o}", "master",
	    kept(pool, parts->master), "exceptions", all);
	text = jsonx_dump(pool, root);
	*len_out = strlen(text);
	return text;
}

bool google_map_unpack(struct pool *pool, const char *text, size_t len,
    struct google_map_parts *out, struct err *err)
{
	const json_t **list, *exceptions, *master;
	json_t *root;

	if (!jsonx_parse(pool, text, len, &root, err))
		return err_add(err, "What was kept of Google's event");
	master = json_object_get(root, "master");
	exceptions = json_object_get(root, "exceptions");
	if (!json_is_object(master) || (exceptions &&
	    !json_is_array(exceptions)))
		return google_map_bad(err, "What was kept of Google's event "
		    "cannot be read.");
	*out = (struct google_map_parts){ .master = master };
	out->count = json_array_size(exceptions);
	list = pool_array(pool, out->count + 1, sizeof(*list));
	for (size_t i = 0; i < out->count; i++)
		list[i] = json_array_get(exceptions, i);
	out->exceptions = list;
	return true;
}

static void digest_part(struct digest_ctx *ctx, const json_t *item)
{
	const char *const words[] = { google_map_word(item, "id"),
	    google_map_word(item, "etag") };

	for (size_t i = 0; i < 2; i++) {
		const char *word = words[i] ? words[i] : "";

		digest_update(ctx, word, strlen(word) + 1);
	}
}

char *google_map_version(struct pool *pool,
    const struct google_map_parts *parts)
{
	const char *etag = google_map_word(parts->master, "etag");
	const json_t **list;
	struct digest_ctx *ctx;
	struct digest d;

	if (!parts->count && !google_map_member(parts->master, "recurrence"))
		return etag && *etag && strlen(etag) <= PROVIDER_VERSION_BYTES ?
		    pool_strdup(pool, etag) : NULL;
	if (!etag || !*etag)
		return NULL;
	list = sorted(pool, parts);
	ctx = digest_open(pool);
	digest_part(ctx, parts->master);
	for (size_t i = 0; i < parts->count; i++)
		digest_part(ctx, list[i]);
	d = digest_finish(ctx);
	return pool_printf(pool, "S%s", digest_hex(pool, d.bytes, 16));
}
