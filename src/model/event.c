/* Events: instance keys, instants, copies. Must not know providers. */
#include "model/event.h"
#include <string.h>
#include "model/event_p.h"
#include "model/event_time.h"
#include "util/banned.h"

char *event_instance_key(struct pool *pool, const struct event_part *master,
    const struct wall *original_start)
{
	struct event_stamp s = { *original_start, master->all_day,
	    !master->all_day && master->zone_kind == EVENT_ZONE_UTC };
	struct str out;

	str_init(&out, pool, 16);
	event_stamp_format(&out, &s);
	return out.data;
}

static when_t in_zone(const struct zone *zone, const struct wall *w)
{
	return zone ? zone_to_utc(zone, w) : wall_to_utc(w);
}

when_t event_start_utc(struct pool *pool, const struct event *e,
    const struct event_part *part)
{
	return in_zone(event_part_zone(pool, e, part), &part->start);
}

static when_t end_by_duration(const struct zone *zone,
    const struct event_part *part, when_t start)
{
	struct event_span s;
	struct wall w;

	if (!event_span_parse(part->duration, strlen(part->duration), &s) ||
	    s.sign < 0)
		return start;
	w = wall_add_days(&part->start, (int)s.days);
	return in_zone(zone, &w) + s.secs * WHEN_SEC;
}

when_t event_end_utc(struct pool *pool, const struct event *e,
    const struct event_part *part)
{
	const struct zone *zone = event_part_zone(pool, e, part);
	when_t start = in_zone(zone, &part->start), end;
	struct wall w = event_wall_end(part);

	if (part->all_day)
		return wall_to_utc(&w);
	if (!part->end.year && part->duration)
		return end_by_duration(zone, part, start);
	if (part->end.year && part->end_tzid) {
		const char *name = event_zone_iana(pool, e, part->end_tzid);

		zone = name ? zone_find(name) : NULL;
	}
	end = in_zone(zone, &w);
	return end < start ? start : end;
}

static void copy_part(struct pool *pool, struct event_part *to,
    const struct event_part *from)
{
	*to = *from;
	to->recurrence_id = pool_strdup(pool, from->recurrence_id);
	to->summary = pool_strdup(pool, from->summary);
	to->location = pool_strdup(pool, from->location);
	to->description = pool_strdup(pool, from->description);
	to->status = pool_strdup(pool, from->status);
	to->transp = pool_strdup(pool, from->transp);
	to->duration = pool_strdup(pool, from->duration);
	to->tzid = pool_strdup(pool, from->tzid);
	to->end_tzid = pool_strdup(pool, from->end_tzid);
	to->recurrence = pool_strdup(pool, from->recurrence);
	to->extra = pool_strdup(pool, from->extra ? from->extra : "");
}

struct event *event_copy(struct pool *pool, const struct event *e)
{
	struct event *out = POOL_NEW(pool, struct event);

	*out = *e;
	out->uid = pool_strdup(pool, e->uid);
	out->kind = pool_strdup(pool, e->kind);
	out->zones = pool_strdup(pool, e->zones ? e->zones : "");
	copy_part(pool, &out->master, &e->master);
	out->overrides = NULL;
	if (e->override_count)
		out->overrides = pool_array(pool, e->override_count,
		    sizeof(*out->overrides));
	for (size_t i = 0; i < e->override_count; i++)
		copy_part(pool, &out->overrides[i], &e->overrides[i]);
	return out;
}
