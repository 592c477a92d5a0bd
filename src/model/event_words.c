/* Events in words: days, times, and versions side by side. Pure. */
#include "model/event_words.h"
#include <string.h>
#include "model/event_series.h"
#include "model/event_time.h"
#include "model/recur.h"
#include "util/str.h"
#include "util/banned.h"

static const char *const DAYS[] = { "Monday", "Tuesday", "Wednesday",
	"Thursday", "Friday", "Saturday", "Sunday" };
static const char *const MONTHS[] = { "January", "February", "March", "April",
	"May", "June", "July", "August", "September", "October", "November",
	"December" };

static const char *month_name(int month)
{
	return month >= 1 && month <= 12 ? MONTHS[month - 1] : "";
}

char *event_words_day(struct pool *pool, const struct wall *day)
{
	return pool_printf(pool, "%s %d %s %d", DAYS[wall_weekday(day)],
	    day->day, month_name(day->month), day->year);
}

char *event_words_month(struct pool *pool, int year, int month)
{
	return pool_printf(pool, "%s %d", month_name(month), year);
}

char *event_words_clock(struct pool *pool, const struct wall *w)
{
	return pool_printf(pool, "%02d:%02d", w->hour, w->minute);
}

struct event_words_span event_words_span(struct pool *pool,
    const struct event *e, const struct event_part *part,
    const struct zone *zone)
{
	struct event_words_span span = { part->start, event_wall_end(part) };

	if (part->all_day) {
		span.end = wall_add_days(&span.end, -1);
		return span;
	}
	if (part->zone_kind == EVENT_ZONE_FLOATING)
		return span;
	if (!zone)
		zone = event_part_zone(pool, e, part);
	if (zone) {
		span.start = zone_from_utc(zone, event_start_utc(pool, e,
		    part));
		span.end = zone_from_utc(zone, event_end_utc(pool, e, part));
	}
	return span;
}

char *event_words_moment(struct pool *pool, const struct wall *w, bool all_day)
{
	if (all_day)
		return event_words_day(pool, w);
	return pool_printf(pool, "%s, %s", event_words_day(pool, w),
	    event_words_clock(pool, w));
}

static bool same_day(const struct wall *a, const struct wall *b)
{
	return a->year == b->year && a->month == b->month && a->day == b->day;
}

char *event_words_when(struct pool *pool, const struct event_words_span *span,
    bool all_day)
{
	char *from = event_words_moment(pool, &span->start, all_day);

	if (wall_cmp(&span->start, &span->end) == 0)
		return from;
	if (same_day(&span->start, &span->end))
		return all_day ? from : pool_printf(pool, "%s to %s", from,
		    event_words_clock(pool, &span->end));
	return pool_printf(pool, "%s to %s", from,
	    event_words_moment(pool, &span->end, all_day));
}

/* ---- versions side by side ---- */

enum { BASE, HERE, THERE, SIDES };

struct comparison {
	struct pool *pool;
	const struct event *side[SIDES];
	const struct zone *zone;
	struct event_words_field *fields;
	size_t count;
};

static void add(struct comparison *c, const char *label,
    const char *const text[SIDES])
{
	struct event_words_field field = { .label = label };
	bool any = false;
	int i;

	for (i = 0; i < SIDES; i++)
		any |= text[i] && *text[i];
	if (!any)
		return;
	field.base = text[BASE];
	field.here = text[HERE];
	field.there = text[THERE];
	if (text[BASE]) {
		field.here_differs = !str_eq(text[HERE], text[BASE]);
		field.there_differs = !str_eq(text[THERE], text[BASE]);
	} else {
		field.here_differs = field.there_differs =
		    !str_eq(text[HERE], text[THERE]);
	}
	field.clash = field.here_differs && field.there_differs &&
	    !str_eq(text[HERE], text[THERE]);
	c->fields = pool_grow(c->pool, c->fields, c->count, c->count + 1,
	    sizeof(field));
	c->fields[c->count++] = field;
}

typedef const char *(*say_fn)(struct comparison *c, const struct event *e,
    const struct event_part *part);

static void each(struct comparison *c, const char *label, say_fn say)
{
	const char *text[SIDES] = { NULL };
	int i;

	for (i = 0; i < SIDES; i++) {
		const char *said;

		if (!c->side[i])
			continue;
		said = say(c, c->side[i], &c->side[i]->master);
		text[i] = said ? said : "";
	}
	add(c, label, text);
}

static const char *say_title(struct comparison *c, const struct event *e,
    const struct event_part *part)
{
	(void)c, (void)e;
	return part->summary;
}

static const char *say_place(struct comparison *c, const struct event *e,
    const struct event_part *part)
{
	(void)c, (void)e;
	return part->location;
}

static const char *say_notes(struct comparison *c, const struct event *e,
    const struct event_part *part)
{
	(void)c, (void)e;
	return part->description;
}

static const char *say_start(struct comparison *c, const struct event *e,
    const struct event_part *part)
{
	struct event_words_span span;

	if (!wall_valid(&part->start))
		return NULL;
	span = event_words_span(c->pool, e, part, c->zone);
	return event_words_moment(c->pool, &span.start, part->all_day);
}

static const char *say_end(struct comparison *c, const struct event *e,
    const struct event_part *part)
{
	struct event_words_span span;

	if (!wall_valid(&part->start))
		return NULL;
	span = event_words_span(c->pool, e, part, c->zone);
	return event_words_moment(c->pool, &span.end, part->all_day);
}

static const char *say_repeats(struct comparison *c, const struct event *e,
    const struct event_part *part)
{
	return part->recurrence && *part->recurrence ?
	    recur_words(c->pool, e) : NULL;
}

static const char *say_status(struct comparison *c, const struct event *e,
    const struct event_part *part)
{
	(void)c, (void)e;
	if (str_eq(part->status, "CANCELLED"))
		return "cancelled";
	if (str_eq(part->status, "TENTATIVE"))
		return "tentative";
	return NULL;
}

static const struct event_part *date_of(const struct event *e, const char *key)
{
	size_t i;

	for (i = 0; e && i < e->override_count; i++)
		if (str_eq(e->overrides[i].recurrence_id, key))
			return &e->overrides[i];
	return NULL;
}

/* One date of a series: what it says where it was changed by itself. */
static void add_date(struct comparison *c, const char *key)
{
	const char *text[SIDES] = { NULL };
	struct wall day;
	int i;

	if (!event_series_key_wall(key, &day))
		return;
	for (i = 0; i < SIDES; i++) {
		const struct event_part *part = date_of(c->side[i], key);
		struct event_words_span span;

		if (!c->side[i])
			continue;
		text[i] = "as the series";
		if (!part)
			continue;
		span = event_words_span(c->pool, c->side[i], part, c->zone);
		text[i] = pool_printf(c->pool, "%s, %s%s%s", part->summary ?
		    part->summary : "No title", event_words_when(c->pool,
		    &span, part->all_day), part->location ? ", " : "",
		    part->location ? part->location : "");
	}
	add(c, event_words_day(c->pool, &day), text);
}

static void add_dates(struct comparison *c)
{
	int i, k;
	size_t n;

	for (i = 0; i < SIDES; i++)
		for (n = 0; c->side[i] && n < c->side[i]->override_count; n++) {
			const char *key =
			    c->side[i]->overrides[n].recurrence_id;

			for (k = 0; k < i; k++)
				if (date_of(c->side[k], key))
					break;
			if (k == i)
				add_date(c, key);
		}
}

/* What has no line of its own here: reminders, guests, properties of others. */
static bool other_differs(struct comparison *c, const struct event *a,
    const struct event *b)
{
	struct event left, right;

	if (!a || !b)
		return false;
	left = *a;
	right = *b;
	left.master = right.master;
	left.master.extra = a->master.extra;
	left.overrides = right.overrides = NULL;
	left.override_count = right.override_count = 0;
	return event_diff(c->pool, &left, &right).count > 0;
}

static void add_other(struct comparison *c)
{
	const struct event *base = c->side[BASE];
	bool here = other_differs(c, base, c->side[HERE]);
	bool there = other_differs(c, base, c->side[THERE]);
	const char *text[SIDES] = { NULL };

	if (!here && !there)
		return;
	text[BASE] = "as agreed";
	text[HERE] = !c->side[HERE] ? NULL : here ? "changed here" :
	    text[BASE];
	text[THERE] = !c->side[THERE] ? NULL : there ? "changed there" :
	    text[BASE];
	add(c, "Other details", text);
}

void event_words_compare(struct pool *pool, const struct event *base,
    const struct event *here, const struct event *there,
    const struct zone *zone, struct event_words_field **out,
    size_t *count_out)
{
	struct comparison c = { .pool = pool, .side = { base, here, there },
	    .zone = zone };

	each(&c, "Title", say_title);
	each(&c, "Starts", say_start);
	each(&c, "Ends", say_end);
	each(&c, "Place", say_place);
	each(&c, "Repeats", say_repeats);
	each(&c, "Status", say_status);
	each(&c, "Notes", say_notes);
	add_dates(&c);
	add_other(&c);
	*out = c.fields;
	*count_out = c.count;
}
