/* Expands one event: what its rules make (recur_walk.c), dates, exceptions and
 * overrides. Must not be trusted with strange rules outside a child. */
#include "model/recur.h"
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "model/event_time.h"
#include "model/recur_lib.h"
#include "model/recur_p.h"
#include "model/recur_walk.h"
#include "util/banned.h"

#define MARGIN (26 * 3600 * WHEN_SEC)	/* any two zones are nearer than that */

/* Years 1000-9999; events are checked to 1900-2200. */
const struct recur_window recur_always = {
	INT64_C(-30610224000) * WHEN_SEC, INT64_C(253402300799) * WHEN_SEC,
};

struct candidate { struct wall start, end; bool has_end; };

struct list { struct candidate *items; size_t count, cap; };

struct clock {			/* wall time of one part to instants */
	const struct zone *zone;
	icaltimezone *custom;
};

struct series {
	struct pool *pool;
	const struct event *e;
	const struct recur_window *window;
	struct clock clock;
	struct list in, not_at, not_on;	/* not_on: whole days */
	struct recur_instance *out;
	size_t count, cap;
};

static void push(struct series *s, struct list *to, const struct candidate *c)
{
	if (to->count == to->cap) {
		size_t cap = to->cap ? to->cap * 2 : 2;

		to->items = pool_grow(s->pool, to->items, to->count, cap,
		    sizeof(*to->items));
		to->cap = cap;
	}
	to->items[to->count++] = *c;
}

static int candidate_cmp(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;
	int c = wall_cmp(&x->start, &y->start);

	return c ? c : (int)y->has_end - (int)x->has_end;
}

static bool listed(const struct list *list, struct wall at)
{
	struct candidate key = { .start = at };

	for (size_t lo = 0, hi = list->count; lo < hi; ) {
		size_t mid = lo + (hi - lo) / 2;
		int c = wall_cmp(&list->items[mid].start, &key.start);

		if (c == 0)
			return true;
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return false;
}

/* ---- zones ---- */

static void zone_gone(void *zone)
{
	recur_lib_get()->icaltimezone_free(zone, 1);
}

static icaltimezone *custom_zone(struct pool *pool, const struct event *e,
    const char *tzid)
{
	const char *at = e->zones ? e->zones : "", *block;
	size_t len, n = tzid ? strlen(tzid) : 0;

	while (tzid && contentline_next_entry(&at, &block, &len)) {
		char *text = pool_strndup(pool, block, len);
		const char *name = strstr(text, "\nTZID:");
		const struct recur_lib *ical;
		icalcomponent *comp;
		icaltimezone *zone;

		if (!name || strncmp(name + 6, tzid, n) != 0 ||
		    (name[6 + n] != '\n' && name[6 + n] != '\0'))
			continue;
		ical = recur_lib_get();
		comp = ical->icalcomponent_new_from_string(text);
		if (!comp)
			continue;
		zone = ical->icaltimezone_new();
		if (!ical->icaltimezone_set_component(zone, comp)) {
			ical->icaltimezone_free(zone, 1);
			ical->icalcomponent_free(comp);
			continue;
		}
		pool_adopt(pool, zone, zone_gone);
		return zone;
	}
	return NULL;
}

static struct clock clock_of(struct pool *pool, const struct event *e,
    const struct event_part *part)
{
	struct clock c = { event_part_zone(pool, e, part), NULL };

	if (!c.zone && !part->all_day && part->zone_kind == EVENT_ZONE_NAMED)
		c.custom = custom_zone(pool, e, part->tzid);
	return c;
}

static when_t instant(const struct clock *c, const struct wall *w)
{
	if (c->custom)
		return (when_t)recur_lib_get()->icaltime_as_timet_with_zone(
		    recur_walk_time(w, false), c->custom) * WHEN_SEC;
	return c->zone ? zone_to_utc(c->zone, w) : wall_to_utc(w);
}

/* ---- candidates ---- */

/* How long before the window an occurrence may start and still reach into it. */
static when_t longest(const struct event_part *m)
{
	struct wall end = event_wall_end(m);

	return wall_to_utc(&end) - wall_to_utc(&m->start) + MARGIN;
}

struct wanted { struct series *s; struct list *to; };

static bool take_walked(void *arg, const struct wall *at)
{
	struct wanted *w = arg;
	struct candidate c = { .start = *at };

	push(w->s, w->to, &c);
	return w->to->count <= RECUR_MAX_INSTANCES * 10;
}

static bool expand_rule(struct series *s, const char *text, struct list *to,
    bool counts_start, struct err *err)
{
	struct wanted wanted = { s, to };
	const struct recur_walk walk = { s->e, text, counts_start,
	    s->window->from - longest(&s->e->master),
	    s->window->until + MARGIN, take_walked, &wanted };

	return recur_walk_rule(s->pool, &walk, err);
}

static void take_dates(struct series *s, const char *entry, size_t len,
    bool excluded)
{
	struct event_dates dates;
	struct event_date d;
	int got;

	if (!event_dates_open(s->pool, entry, len, &dates))
		return;
	while ((got = event_dates_next(s->pool, s->e, &dates, &d)) != 0) {
		struct candidate c = { d.at.wall, d.end, d.has_end };

		if (got < 0)
			continue;
		if (excluded && d.was_date) {
			c.start.hour = c.start.minute = c.start.second = 0;
			push(s, &s->not_on, &c);
		} else {
			push(s, excluded ? &s->not_at : &s->in, &c);
		}
	}
}

static bool collect(struct series *s, struct err *err)
{
	const struct event_part *m = &s->e->master;
	const char *at = m->recurrence ? m->recurrence : "", *entry;
	struct candidate first = { .start = m->start };
	size_t len;

	push(s, &s->in, &first);
	while (contentline_next_entry(&at, &entry, &len)) {
		struct contentline line;
		bool rule, excluded = strncasecmp(entry, "EX", 2) == 0;
		size_t value_len;
		const char *v;

		if (!contentline_split(entry, len, &line))
			continue;
		rule = contentline_is(&line, "RRULE") ||
		    contentline_is(&line, "EXRULE");
		v = contentline_value(&line, &value_len);
		if (!rule)
			take_dates(s, entry, len, excluded);
		else if (!expand_rule(s, pool_strndup(s->pool, v, value_len),
		    excluded ? &s->not_at : &s->in, !excluded, err))
			return false;
	}
	qsort(s->in.items, s->in.count, sizeof(*s->in.items), candidate_cmp);
	if (s->not_at.count)
		qsort(s->not_at.items, s->not_at.count,
		    sizeof(*s->not_at.items), candidate_cmp);
	if (s->not_on.count)
		qsort(s->not_on.items, s->not_on.count,
		    sizeof(*s->not_on.items), candidate_cmp);
	return true;
}

/* ---- instances ---- */

static bool in_window(const struct series *s, when_t starts, when_t ends)
{
	return starts < s->window->until && (ends > s->window->from ||
	    (starts == ends && starts >= s->window->from));
}

static void emit(struct series *s, const struct recur_instance *i)
{
	if (!in_window(s, i->starts, i->ends))
		return;
	if (s->count == s->cap) {
		size_t cap = s->cap ? s->cap * 2 : 2;	/* most are single */

		s->out = pool_grow(s->pool, s->out, s->count, cap,
		    sizeof(*s->out));
		s->cap = cap;
	}
	s->out[s->count++] = *i;
}

static const struct event_part *override_of(const struct event *e,
    const char *key)
{
	for (size_t lo = 0, hi = e->override_count; lo < hi; ) {
		size_t mid = lo + (hi - lo) / 2;
		int c = strcmp(e->overrides[mid].recurrence_id, key);

		if (c == 0)
			return &e->overrides[mid];
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

/* Overrides of a series in a zone we cannot name may keep UTC keys. */
static bool overridden_at(const struct series *s, when_t starts)
{
	const struct event *e = s->e;

	if (!s->clock.custom)
		return false;
	for (size_t i = 0; i < e->override_count; i++) {
		const char *key = e->overrides[i].recurrence_id;
		struct event_stamp at;

		if (event_stamp_parse(key, strlen(key), &at) && at.is_utc &&
		    wall_to_utc(&at.wall) == starts)
			return true;
	}
	return false;
}

static void set_end(const struct series *s, const struct candidate *c,
    struct recur_instance *i)
{
	const struct event_part *m = &s->e->master;
	struct wall end = event_wall_end(m);
	struct event_span span;
	int64_t length = (wall_to_utc(&end) - wall_to_utc(&m->start)) / WHEN_SEC;

	i->end = c->has_end ? c->end : wall_add_secs(&c->start, length);
	if (!c->has_end && m->end_tzid && m->end.year && !m->all_day) {
		i->ends = i->starts + event_end_utc(s->pool, s->e, m) -
		    event_start_utc(s->pool, s->e, m);
	} else if (!c->has_end && m->duration && !m->end.year && !m->all_day &&
	    event_span_parse(m->duration, strlen(m->duration), &span)) {
		struct wall w = wall_add_days(&c->start,
		    span.sign > 0 ? (int)span.days : 0);

		i->ends = instant(&s->clock, &w) +
		    (span.sign > 0 ? span.secs : 0) * WHEN_SEC;
		if (s->clock.zone)
			i->end = zone_from_utc(s->clock.zone, i->ends);
	} else {
		i->ends = instant(&s->clock, &i->end);
	}
	if (i->ends < i->starts)
		i->ends = i->starts;
}

static void emit_candidate(struct series *s, const struct candidate *c)
{
	const struct event_part *m = &s->e->master;
	struct wall day = c->start;
	struct recur_instance i = { .start = c->start, .all_day = m->all_day,
	    .override_index = -1 };

	day.hour = day.minute = day.second = 0;
	if (listed(&s->not_at, c->start) || listed(&s->not_on, day))
		return;
	i.recurrence_id = event_instance_key(s->pool, m, &c->start);
	if (override_of(s->e, i.recurrence_id))
		return;
	i.starts = instant(&s->clock, &c->start);
	if (overridden_at(s, i.starts))
		return;
	set_end(s, c, &i);
	emit(s, &i);
}

static void emit_override(struct series *s, size_t index)
{
	const struct event_part *part = &s->e->overrides[index];
	struct clock clock = clock_of(s->pool, s->e, part);
	struct recur_instance i = { .recurrence_id = part->recurrence_id,
	    .start = part->start, .end = event_wall_end(part),
	    .all_day = part->all_day, .override_index = (int)index };

	if (str_eq(part->status, "CANCELLED"))
		return;
	i.starts = instant(&clock, &part->start);
	i.ends = clock.custom ? instant(&clock, &i.end) :
	    event_end_utc(s->pool, s->e, part);
	if (i.ends < i.starts)
		i.ends = i.starts;
	emit(s, &i);
}

static int by_start(const void *a, const void *b)
{
	const struct recur_instance *x = a, *y = b;

	if (x->starts != y->starts)
		return x->starts < y->starts ? -1 : 1;
	return strcmp(x->recurrence_id, y->recurrence_id);
}

bool recur_series(struct pool *pool, const struct event *e,
    const struct recur_window *window, struct recur_instance **out,
    size_t *count_out, struct err *err)
{
	struct series s = { .pool = pool, .e = e, .window = window };

	if (e->has_master) {
		s.clock = clock_of(pool, e, &e->master);
		if (!collect(&s, err))
			return false;
		for (size_t i = 0; i < s.in.count &&
		    s.count < RECUR_MAX_INSTANCES; i++)
			if (i == 0 || wall_cmp(&s.in.items[i].start,
			    &s.in.items[i - 1].start) != 0)
				emit_candidate(&s, &s.in.items[i]);
	}
	for (size_t i = 0; i < e->override_count; i++)
		emit_override(&s, i);
	if (s.count)
		qsort(s.out, s.count, sizeof(*s.out), by_start);
	*out = s.out;
	*count_out = s.count < RECUR_MAX_INSTANCES ? s.count :
	    RECUR_MAX_INSTANCES;
	return true;
}

static bool zone_needs_child(struct pool *pool, const struct event *e,
    const struct event_part *part)
{
	return part->zone_kind == EVENT_ZONE_NAMED && !part->all_day &&
	    e->zones && *e->zones && !event_zone_iana(pool, e, part->tzid);
}

bool recur_needs_child(struct pool *pool, const struct event *e)
{
	const char *at = e->master.recurrence, *entry;
	size_t len;

	while (at && contentline_next_entry(&at, &entry, &len))
		if (strncasecmp(entry, "RRULE", 5) == 0 ||
		    strncasecmp(entry, "EXRULE", 6) == 0)
			return true;
	if (zone_needs_child(pool, e, &e->master))
		return true;
	for (size_t i = 0; i < e->override_count; i++)
		if (zone_needs_child(pool, e, &e->overrides[i]))
			return true;
	return false;
}

struct recur_instance *recur_as_written(struct pool *pool, const struct event *e)
{
	struct recur_instance *one = POOL_NEW(pool, struct recur_instance);

	*one = (struct recur_instance){
		.recurrence_id = event_instance_key(pool, &e->master,
		    &e->master.start),
		.starts = event_start_utc(pool, e, &e->master),
		.ends = event_end_utc(pool, e, &e->master),
		.start = e->master.start,
		.end = e->master.end.year ? e->master.end : e->master.start,
		.all_day = e->master.all_day, .override_index = -1,
	};
	return one;
}

const char *
recur_library_version(struct err *err)
{
	return recur_lib_load(err) ? ICAL_VERSION : NULL;
}
