/* iCalendar objects to events: one UID, a master and its overrides. Must not
 * know WebDAV or the database. */
#include "providers/ical_map.h"
#include <stdlib.h>
#include <string.h>
#include "model/event_time.h"
#include "providers/ical_p.h"
#include "util/banned.h"

#define MAX_OVERRIDES 500
#define MAX_UID 1000

static const char *component_uid(struct pool *pool,
    const struct contentline_doc *doc, size_t begin)
{
	for (size_t i = begin + 1; i < doc->lines[begin].peer; i++) {
		if (doc->lines[i].kind == CONTENTLINE_BEGIN) {
			i = doc->lines[i].peer;
		} else if (contentline_is(&doc->lines[i], "UID")) {
			char *uid = ical_plain(pool, &doc->lines[i]);

			return *uid ? uid : NULL;
		}
	}
	return NULL;
}

bool ical_scan(struct pool *pool, const char *text, size_t len,
    const struct contentline_limits *limits, struct ical_doc *out,
    struct err *err)
{
	struct ical_doc d = { 0 };
	size_t count = 0;

	if (!contentline_scan(pool, text, len, limits, &d.doc, err))
		return false;
	for (size_t i = 0; i < d.doc.count; i++)
		count += d.doc.lines[i].kind == CONTENTLINE_BEGIN;
	d.events = pool_array(pool, count + 1, sizeof(*d.events));
	d.zones = pool_array(pool, count + 1, sizeof(*d.zones));
	for (size_t i = 0; i < d.doc.count; i++) {
		const struct contentline *line = &d.doc.lines[i];

		if (line->kind != CONTENTLINE_BEGIN ||
		    contentline_begins(line, "VCALENDAR"))
			continue;
		if (contentline_begins(line, "VEVENT")) {
			d.events[d.event_count].begin = i;
			d.events[d.event_count++].uid =
			    component_uid(pool, &d.doc, i);
		} else if (contentline_begins(line, "VTIMEZONE")) {
			d.zones[d.zone_count++] = i;
		} else {
			d.other = ical_plain(pool, line);
		}
		i = line->peer;
	}
	*out = d;
	return true;
}

/* Does any line of the members name this zone? */
static bool zone_used(struct pool *pool, const struct ical_doc *d,
    const size_t *members, size_t count, const char *tzid)
{
	for (size_t m = 0; m < count; m++) {
		size_t begin = d->events[members[m]].begin;

		for (size_t i = begin; i < d->doc.lines[begin].peer; i++) {
			const struct contentline *line = &d->doc.lines[i];

			if (line->kind == CONTENTLINE_PROPERTY &&
			    str_eq(ical_tzid(pool, line), tzid))
				return true;
		}
	}
	return false;
}

static const char *zones_of(struct pool *pool, const struct ical_doc *d,
    const size_t *members, size_t count)
{
	struct str out;

	str_init(&out, pool, ICAL_TEXT_MAX);
	for (size_t z = 0; z < d->zone_count; z++) {
		size_t begin = d->zones[z];
		const char *tzid = NULL;
		struct event probe = { .zones = "" };

		for (size_t i = begin; i < d->doc.lines[begin].peer && !tzid; i++)
			if (contentline_is(&d->doc.lines[i], "TZID"))
				tzid = ical_plain(pool, &d->doc.lines[i]);
		if (tzid && !event_zone_iana(pool, &probe, tzid) &&
		    zone_used(pool, d, members, count, tzid))
			ical_add_entry(&out, &d->doc, begin);
	}
	return out.data;
}

int ical_newer(const struct ical_component *a,
    const struct ical_component *b)
{
	if (a->sequence != b->sequence)
		return a->sequence > b->sequence ? 1 : -1;
	if (a->stamp != b->stamp)
		return a->stamp > b->stamp ? 1 : -1;
	return a->begin > b->begin ? 1 : -1;
}

static int by_key(const void *a, const void *b)
{
	const struct ical_component *x = *(struct ical_component *const *)a;
	const struct ical_component *y = *(struct ical_component *const *)b;
	int c = strcmp(x->key, y->key);

	return c ? c : -ical_newer(x, y);
}

/* RECURRENCE-IDs in the master's form; of two for one date the newer counts. */
static bool take_overrides(struct pool *pool, struct event *e,
    struct ical_component **list, const struct contentline **rids, size_t count,
    struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		struct event_stamp s, in;
		struct str key;
		size_t len;
		const char *v = contentline_value(rids[i], &len);

		if (!event_stamp_parse(v, len, &s))
			return ical_bad(err, "A changed occurrence has an unreadable "
			    "RECURRENCE-ID.");
		in = event_stamp_in_master(pool, e, &s, ical_tzid(pool, rids[i]));
		str_init(&key, pool, 16);
		event_stamp_format(&key, &in);
		list[i]->key = list[i]->part.recurrence_id = key.data;
	}
	qsort(list, count, sizeof(*list), by_key);
	e->overrides = pool_array(pool, count + 1, sizeof(*e->overrides));
	for (size_t i = 0; i < count; i++)
		if (i == 0 || strcmp(list[i]->key, list[i - 1]->key) != 0)
			e->overrides[e->override_count++] = list[i]->part;
	if (e->override_count > MAX_OVERRIDES)
		return ical_bad(err, "The series has more than 500 changed "
		    "occurrences.");
	return true;
}

/* Times of the first override stand in for a missing master's, in the form of
 * its RECURRENCE-ID: the keys are written in it. */
static void stand_in_master(struct pool *pool, struct event *e,
    const struct event_part *first, const struct contentline *rid)
{
	const char *tzid = ical_tzid(pool, rid);
	struct event_part *m = &e->master;
	enum event_zone_kind kind;
	struct event_stamp s;
	size_t len;
	const char *v = contentline_value(rid, &len);

	*m = (struct event_part){
		.start = first->start, .end = first->end,
		.duration = first->duration, .all_day = first->all_day,
		.zone_kind = first->zone_kind, .tzid = first->tzid,
		.end_tzid = first->end_tzid, .extra = "",
	};
	if (!event_stamp_parse(v, len, &s))
		return;
	kind = s.is_date ? EVENT_ZONE_FLOATING : s.is_utc ? EVENT_ZONE_UTC :
	    tzid ? EVENT_ZONE_NAMED : EVENT_ZONE_FLOATING;
	if (s.is_date == m->all_day && kind == m->zone_kind &&
	    (kind != EVENT_ZONE_NAMED || str_eq(tzid, m->tzid)))
		return;
	*m = (struct event_part){
		.start = s.wall, .all_day = s.is_date, .zone_kind = kind,
		.tzid = kind == EVENT_ZONE_NAMED ? tzid : NULL, .extra = "",
	};
}

bool ical_read_members(struct pool *pool, struct ical_doc *d,
    const size_t *members, size_t count, const char *uid, struct event **out,
    struct err *err)
{
	struct event *e = POOL_NEW(pool, struct event);
	struct ical_component **overrides =
	    pool_array(pool, count + 1, sizeof(*overrides)), *master = NULL;
	const struct contentline **rids =
	    pool_array(pool, count + 1, sizeof(*rids)), *rid;
	size_t n = 0;

	if (strlen(uid) > MAX_UID)
		return ical_bad(err, "The UID is longer than 1,000 bytes.");
	for (size_t i = 0; i < count; i++) {
		struct ical_component *c = &d->events[members[i]];

		if (!ical_read_component(pool, &d->doc, c, &rid, err))
			return false;
		if (rid) {
			rids[n] = rid;
			overrides[n++] = c;
		} else if (!master || ical_newer(c, master) > 0) {
			master = c;
		}
	}
	e->uid = uid;
	e->kind = "event";
	e->zones = zones_of(pool, d, members, count);
	e->has_master = master != NULL;
	if (master) {
		e->master = master->part;
		e->kind = master->kind ? master->kind : "event";
	} else {
		stand_in_master(pool, e, &overrides[0]->part, rids[0]);
	}
	if (!take_overrides(pool, e, overrides, rids, n, err))
		return false;
	*out = e;
	return true;
}

bool ical_read_doc(struct pool *pool, struct ical_doc *d, struct event **out,
    struct err *err)
{
	size_t *members;

	if (!d->event_count && d->other)
		return err_set_scope(err, ERR_INPUT, ERR_ITEM,
		    "The calendar data holds %.30s and no event.", d->other);
	if (!d->event_count)
		return ical_bad(err, "The calendar data holds no event.");
	members = pool_array(pool, d->event_count, sizeof(*members));
	for (size_t i = 0; i < d->event_count; i++) {
		members[i] = i;
		if (!d->events[i].uid)
			return ical_bad(err, "The event has no UID.");
		if (!str_eq(d->events[i].uid, d->events[0].uid))
			return ical_bad(err, "The calendar data holds several events "
			    "(two UIDs) where one is expected.");
	}
	return ical_read_members(pool, d, members, d->event_count,
	    d->events[0].uid, out, err);
}

bool ical_read(struct pool *pool, const char *text, size_t len,
    struct event **out, struct err *err)
{
	static const struct contentline_limits limits = { ICAL_MAX_BYTES,
	    ICAL_MAX_PROPERTIES, 5 };
	struct ical_doc doc;

	if (!ical_scan(pool, text, len, &limits, &doc, err))
		return false;
	return ical_read_doc(pool, &doc, out, err);
}
