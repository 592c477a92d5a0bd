/*
 * From what a person says to an event and back: texts, times and zones. The
 * repetition is event_input_rule.c.
 */
#include "model/event_input_p.h"
#include <string.h>
#include "model/contentline.h"
#include "model/event_series.h"
#include "model/event_time.h"
#include "util/digest.h"
#include "util/str.h"
#include "util/banned.h"

#define ONCE_DIGITS 32
#define EXTRA_MAX (8 * 1024 * 1024)

static const char *text_of(const char *text)
{
	return text ? text : "";
}

static const char *zone_name(struct pool *pool, const struct event *e,
    const struct event_part *part)
{
	const char *iana;

	if (part->all_day || part->zone_kind == EVENT_ZONE_FLOATING)
		return "";
	if (part->zone_kind == EVENT_ZONE_UTC)
		return "UTC";
	iana = event_zone_iana(pool, e, part->tzid);
	return iana ? pool_strdup(pool, iana) : text_of(part->tzid);
}

/* The end as wall time in the start's zone. */
static struct wall end_here(struct pool *pool, const struct event *e,
    const struct event_part *part)
{
	const struct zone *zone = event_part_zone(pool, e, part);

	if (part->end_tzid && zone)
		return zone_from_utc(zone, event_end_utc(pool, e, part));
	return event_wall_end(part);
}

void event_input_fill(struct pool *pool, const struct event *e,
    const struct event_part *part, struct event_input *out)
{
	struct wall end = end_here(pool, e, part);

	memset(out, 0, sizeof(*out));
	out->summary = text_of(part->summary);
	out->location = text_of(part->location);
	out->description = text_of(part->description);
	out->all_day = part->all_day;
	out->start = part->start;
	out->end = part->all_day ? wall_add_days(&end, -1) : end;
	out->zone = zone_name(pool, e, part);
	out->interval = 1;
	if (part == &e->master)
		event_input_rule_read(pool, e, out);
}

static const char *changed_text(struct pool *pool, const char *was,
    const char *now)
{
	if (str_eq(text_of(was), text_of(now)))
		return was;
	return now && *now ? pool_strdup(pool, now) : NULL;
}

/* The formatted copy of a description goes stale with the description. */
static void drop_entries(struct pool *pool, struct event_part *part,
    const char *name)
{
	const char *next = part->extra, *entry;
	struct str kept;
	size_t len, name_len = strlen(name);

	if (!next || !strstr(next, name))
		return;
	str_init(&kept, pool, EXTRA_MAX);
	while (contentline_next_entry(&next, &entry, &len)) {
		if (len > name_len && strncmp(entry, name, name_len) == 0 &&
		    (entry[name_len] == ':' || entry[name_len] == ';'))
			continue;
		if (kept.len)
			str_addc(&kept, '\n');
		str_addn(&kept, entry, len);
	}
	if (str_ok(&kept))
		part->extra = kept.data;
}

static void apply_texts(struct pool *pool, struct event_part *part,
    const struct event_input *in)
{
	const char *was = part->description;

	part->summary = changed_text(pool, part->summary, in->summary);
	part->location = changed_text(pool, part->location, in->location);
	part->description = changed_text(pool, was, in->description);
	if (part->description != was)
		drop_entries(pool, part, "X-ALT-DESC");
}

static struct wall midnight(struct wall w)
{
	w.hour = w.minute = w.second = 0;
	return w;
}

/* Times in their order, ends filled in, days without a time of day. */
static bool tidy(const struct event_input *in, struct event_input *out,
    struct err *err)
{
	*out = *in;
	if (!wall_valid(&in->start))
		return err_set(err, ERR_INPUT,
		    "Start: give a day, for example 2026-11-20.");
	if (in->end.year && !wall_valid(&in->end))
		return err_set(err, ERR_INPUT,
		    "End: give a day, for example 2026-11-20.");
	if (!in->end.year)
		out->end = in->start;
	if (in->all_day) {
		out->start = midnight(out->start);
		out->end = midnight(out->end);
		out->zone = "";
	}
	if (!out->zone)
		out->zone = "";
	if (wall_cmp(&out->end, &out->start) < 0)
		return err_set(err, ERR_INPUT,
		    "End: it lies before the start. Choose a later end.");
	return true;
}

static bool same_times(const struct event_input *a,
    const struct event_input *b)
{
	return a->all_day == b->all_day && str_eq(a->zone, b->zone) &&
	    wall_cmp(&a->start, &b->start) == 0 &&
	    wall_cmp(&a->end, &b->end) == 0;
}

static bool apply_zone(struct pool *pool, struct event_part *part,
    const struct event_input *was, const struct event_input *in,
    struct err *err)
{
	if (was && was->all_day == in->all_day && str_eq(was->zone, in->zone))
		return true;
	part->tzid = NULL;
	part->end_tzid = NULL;
	if (in->all_day || !*in->zone) {
		part->zone_kind = EVENT_ZONE_FLOATING;
	} else if (str_eq(in->zone, "UTC")) {
		part->zone_kind = EVENT_ZONE_UTC;
	} else if (zone_find(in->zone)) {
		part->zone_kind = EVENT_ZONE_NAMED;
		part->tzid = pool_strdup(pool, in->zone);
	} else {
		return err_set(err, ERR_INPUT, "Time zone: \"%.60s\" is not "
		    "known. Choose one by its city, for example "
		    "Europe/Berlin.", in->zone);
	}
	return true;
}

static int64_t span_secs(const struct event_input *in)
{
	return (wall_to_utc(&in->end) - wall_to_utc(&in->start)) / WHEN_SEC;
}

/* Start and end; how the length was spelled stays when the length stays. */
static void apply_span(struct event_part *part, const struct event_input *was,
    const struct event_input *in)
{
	bool same_length = was && was->all_day == in->all_day &&
	    span_secs(was) == span_secs(in);

	part->all_day = in->all_day;
	part->start = in->start;
	if (same_length && !part->end.year)
		return;		/* DURATION, or the default length */
	part->duration = NULL;
	part->end_tzid = NULL;
	part->end = in->all_day ? wall_add_days(&in->end, 1) : in->end;
}

static bool apply_times(struct pool *pool, struct event_part *part,
    const struct event_input *was, const struct event_input *in,
    struct err *err)
{
	if (was && same_times(was, in))
		return true;
	if (!apply_zone(pool, part, was, in, err))
		return false;
	apply_span(part, was, in);
	return true;
}

/* A weekly series that moves to another day takes its days along, unless the
 * person named other days. */
static void turn_weekdays(const struct event_input *was,
    struct event_input *in)
{
	int from = wall_weekday(&was->start), to = wall_weekday(&in->start);
	unsigned turned = 0;
	int i;

	if (in->repeat != EVENT_REPEAT_WEEKLY || !in->weekdays ||
	    in->weekdays != was->weekdays || in->weekdays & 1u << to)
		return;
	for (i = 0; i < 7; i++)
		if (in->weekdays & 1u << i)
			turned |= 1u << (i + 7 + to - from) % 7;
	in->weekdays = turned;
}

static bool apply_rule(struct pool *pool, struct event *e,
    const struct event_input *was, struct event_input *in, struct err *err)
{
	bool until_moves = in->until.year && !same_times(was, in);

	turn_weekdays(was, in);
	if (event_input_rule_same(was, in) && !until_moves)
		return true;
	return event_input_rule_write(pool, e, in, err);
}

bool event_input_apply(struct pool *pool, struct event *e,
    struct event_part *part, const struct event_input *in, struct err *err)
{
	struct event *old = event_copy(pool, e);
	struct event_input was, now;

	event_input_fill(pool, e, part, &was);
	if (!tidy(in, &now, err))
		return false;
	apply_texts(pool, part, &now);
	if (!apply_times(pool, part, &was, &now, err))
		return false;
	if (part != &e->master)
		return true;
	return apply_rule(pool, e, &was, &now, err) &&
	    event_series_follow(pool, e, old, err);
}

const char *event_input_once(struct pool *pool)
{
	uint8_t id[16];

	digest_random(id, sizeof(id));
	return digest_hex(pool, id, sizeof(id));
}

const char *event_input_uid(struct pool *pool, const char *once)
{
	if (!once || strlen(once) != ONCE_DIGITS ||
	    strspn(once, "0123456789abcdef") != ONCE_DIGITS)
		once = event_input_once(pool);
	return pool_printf(pool, "%s@hawser", once);
}

bool event_input_make(struct pool *pool, const struct event_input *in,
    struct event **out, struct err *err)
{
	struct event *e = POOL_NEW(pool, struct event);
	struct event_input now;

	e->uid = event_input_uid(pool, in->once);
	e->kind = "event";
	e->zones = "";
	e->has_master = true;
	e->master.extra = "";
	if (!tidy(in, &now, err))
		return false;
	apply_texts(pool, &e->master, &now);
	if (!apply_times(pool, &e->master, NULL, &now, err))
		return false;
	if (now.repeat != EVENT_REPEAT_NONE && now.repeat != EVENT_REPEAT_OTHER
	    && !event_input_rule_write(pool, e, &now, err))
		return false;
	*out = e;
	return true;
}
