/* Which dates a series makes. Must not know Google: rules are worked out by the
 * model, all dates of one event at once, as each question costs a child. */
#include <string.h>
#include "model/event_series.h"
#include "model/recur.h"
#include "providers/google_map_p.h"
#include "util/banned.h"

#define DAY (86400 * WHEN_SEC)
#define ROUNDS 10

static bool instant_of(struct pool *pool, const struct event *e,
    const char *key, when_t *out)
{
	struct event_part at = e->master;

	if (!event_series_key_wall(key, &at.start))
		return false;
	*out = event_start_utc(pool, e, &at);
	return true;
}

bool google_map_dates_made(struct pool *pool, const struct event *e,
    const struct google_map_span *span, struct google_map_keys *out,
    struct err *err)
{
	struct event plain = *e;
	struct recur_window window;
	size_t count = RECUR_MAX_INSTANCES;

	plain.overrides = NULL;
	plain.override_count = 0;
	if (!instant_of(pool, e, span->first, &window.from) ||
	    !instant_of(pool, e, span->last, &window.until))
		return true;
	window.from -= DAY;
	window.until += DAY;
	for (int i = 0; i < ROUNDS && count == RECUR_MAX_INSTANCES; i++) {
		struct recur_instance *list;

		if (!recur_expand(pool, &plain, &window, &list, &count, err)) {
			err->scope = ERR_ITEM;
			return false;
		}
		for (size_t n = 0; n < count; n++)
			google_map_keys_add(pool, out, list[n].recurrence_id);
		if (count)
			window.from = list[count - 1].starts;
	}
	return count < RECUR_MAX_INSTANCES || google_map_bad(err, "The changed "
	    "and cancelled dates of this series lie too far apart for it to be "
	    "moved at Google; end it and begin a new one.");
}
