/*
 * The calendar reader on any bytes (libFuzzer): what is read must come through
 * write and read with the same hash, and stay byte for byte when nothing
 * changed.
 */
#include <stdint.h>
#include <string.h>
#include "providers/ical_map.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct pool *pool = pool_new(NULL);
	const char *text = (const char *)data;
	struct event *e, *back;
	struct ical_item *items;
	struct err err = { 0 };
	char *out;
	size_t n;

	(void)!ical_split(pool, text, len, &items, &n, &err);
	(void)ical_title(pool, text, len);
	if (ical_read(pool, text, len, &e, &err)) {
		struct digest was = event_hash(pool, e), is;

		if (!ical_write(pool, e, NULL, 0, 0, &out, &n, &err) ||
		    !ical_read(pool, out, n, &back, &err))
			die("written, but not readable: %s", err.msg);
		is = event_hash(pool, back);
		if (!digest_eq(&was, &is))
			die("another hash after a round");
		if (!ical_write(pool, e, text, len, 0, &out, &n, &err) ||
		    n != len || memcmp(out, text, len) != 0)
			die("changed although nothing changed");
	}
	pool_free(pool);
	return 0;
}
