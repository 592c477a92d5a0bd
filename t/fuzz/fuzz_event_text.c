/*
 * event_parse on any text (libFuzzer): what is read is written to the same
 * text, hashed, checked, told and merged without harm, and merging an event
 * with itself changes nothing.
 */
#include <stdint.h>
#include <string.h>
#include "model/event.h"
#include "model/recur.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check_merge(struct pool *pool, const struct event *e)
{
	struct digest was = event_hash(pool, e), is;
	struct event *other = event_copy(pool, e);
	struct event_merge m;

	other->master.summary = "Another title, that nobody wrote";
	m = event_merge(pool, e, e, other, EVENT_LOCAL);
	if (m.clashes.count > 0)
		die("a clash although only one side changed");
	is = event_hash(pool, m.merged);
	was = event_hash(pool, other);
	if (!digest_eq(&was, &is))
		die("the merge is not what the one side changed");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct pool *pool = pool_new(NULL);
	struct event *e, *back;
	struct err err = { 0 };

	if (event_parse(pool, (const char *)data, len, &e, &err)) {
		char *text = event_format(pool, e);
		struct digest was = event_hash(pool, e), is;

		if (!event_parse(pool, text, strlen(text), &back, &err))
			die("written, but not readable: %s", err.msg);
		if (strcmp(event_format(pool, back), text) != 0)
			die("another text after a round");
		is = event_hash(pool, back);
		if (!digest_eq(&was, &is))
			die("another hash after a round");
		if (event_check(pool, e, &err)) {
			(void)event_start_utc(pool, e, &e->master);
			(void)event_end_utc(pool, e, &e->master);
			(void)recur_words(pool, e);
			if (e->has_master)
				check_merge(pool, e);
		}
	} else if (!*err.msg) {
		die("refused without a reason");
	}
	pool_free(pool);
	return 0;
}
