/*
 * Google's events on any JSON, {"master":..,"exceptions":[..]} (libFuzzer): what
 * is read is nothing to change, is kept with the same hash, and is written anew
 * and over another event, where it is not refused, with the same hash.
 */
#include <stdint.h>
#include <string.h>
#include "providers/google_map.h"
#include "util/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const struct google_map_context ctx = { "Europe/Berlin" };
static const char other[] = "{\"master\":{\"id\":\"o1\",\"iCalUID\":\"o\","
    "\"start\":{\"date\":\"2026-01-05\"},\"end\":{\"date\":\"2026-01-06\"},"
    "\"location\":\"L\",\"visibility\":\"private\",\"extendedProperties\":"
    "{\"private\":{\"hawserX0\":\"X-A:1\",\"hawserX1\":\"2\"}}}}";

static void same(struct pool *pool, const struct google_map_parts *parts,
    const struct event *e, const char *what)
{
	struct err err = { 0 };
	struct event *back;

	if (!google_map_read(pool, &ctx, parts, &back, &err))
		die("%s: unreadable: %s", what, err.msg);
	if (!str_eq(event_canonical(pool, e), event_canonical(pool, back)))
		die("%s: another event", what);
}

static void check_kept(struct pool *pool, const struct google_map_parts *parts,
    const struct event *e)
{
	struct google_map_parts back;
	struct err err = { 0 };
	size_t len;
	char *text = google_map_pack(pool, parts, &len);

	(void)google_map_version(pool, parts);
	if (!google_map_unpack(pool, text, len, &back, &err))
		die("kept, but not readable: %s", err.msg);
	same(pool, &back, e, "kept");
}

static void check_written(struct pool *pool,
    const struct google_map_parts *parts, const struct event *e)
{
	static const uint8_t op[16] = { 1 };
	struct google_map_changes changes;
	struct google_map_parts made = { 0 };
	struct err err = { 0 };

	if (!google_map_patch(pool, &ctx, parts, e, &changes, &err))
		die("read, and refused: %s", err.msg);
	if (changes.master || changes.count)
		die("changed although nothing changed");
	if (google_map_insert(pool, &ctx, op, e, &changes, &err)) {
		made.master = changes.master;
		if (!changes.count)
			same(pool, &made, e, "inserted");
	} else if (!*err.msg || !str_utf8_valid(err.msg, strlen(err.msg))) {
		die("refused without a readable reason");
	}
	if (!google_map_unpack(pool, other, sizeof(other) - 1, &made, &err))
		die("no other event: %s", err.msg);
	(void)!google_map_patch(pool, &ctx, &made, e, &changes, &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct pool *pool = pool_new(NULL);
	struct google_map_parts parts;
	struct err err = { 0 };
	struct event *e;

	if (google_map_unpack(pool, (const char *)data, len, &parts, &err)) {
		(void)google_map_use(parts.master);
		if (google_map_read(pool, &ctx, &parts, &e, &err)) {
			check_kept(pool, &parts, e);
			check_written(pool, &parts, e);
		} else if (!*err.msg ||
		    !str_utf8_valid(err.msg, strlen(err.msg))) {
			die("refused without a readable reason");
		}
	}
	pool_free(pool);
	return 0;
}
