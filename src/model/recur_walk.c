/*
 * The dates that one rule makes, by libical, in wall time. libical walks from
 * the start; a series that began long ago is entered a little before the dates
 * that are wanted. Must not be trusted with strange rules outside a child.
 */
#include "model/recur_walk.h"
#include "model/event_time.h"
#include "model/recur_lib.h"
#include "model/recur_rule.h"
#include "util/str.h"
#include "util/banned.h"

icaltimetype recur_walk_time(const struct wall *w, bool is_date)
{
	icaltimetype t = { 0 };

	t.year = w->year;
	t.month = w->month;
	t.day = w->day;
	t.hour = w->hour;
	t.minute = w->minute;
	t.second = w->second;
	t.is_date = is_date;
	return t;
}

/* How far apart the periods of the rule are; 0 = not always equally far. */
static when_t period(const struct recur_rule *rule)
{
	static const when_t secs[] = { [RECUR_MINUTELY] = 60,
	    [RECUR_HOURLY] = 3600, [RECUR_DAILY] = 86400,
	    [RECUR_WEEKLY] = 7 * 86400, [RECUR_MONTHLY] = 0,
	    [RECUR_YEARLY] = 0 };

	return secs[rule->freq] * rule->interval * WHEN_SEC;
}

/* One date in each period, the start's time of day and day of the week? */
static bool is_plain(const struct recur_rule *rule)
{
	for (int by = 0; by < RECUR_BY_COUNT; by++)
		if (rule->by_count[by])
			return false;
	return rule->day_count == 0;
}

/*
 * How many whole periods after the start the walk may begin. A start moved by
 * whole periods makes the same dates from there on; only their number is lost,
 * unless there is one in each. libical's own way of setting a start forgets
 * the phase of hours and minutes.
 */
static int64_t periods_to_skip(const struct recur_walk *walk,
    const struct recur_rule *rule)
{
	const struct event_part *m = &walk->event->master;
	when_t step = period(rule), ahead = walk->from - wall_to_utc(&m->start);

	if (step == 0 || ahead < 3 * step || (rule->count && !is_plain(rule)) ||
	    (m->all_day && rule->freq < RECUR_DAILY))
		return 0;
	return ahead / step - 2;
}

static icalrecur_iterator *start_rule(struct pool *pool,
    const struct recur_rule *rule, const struct wall *start, bool all_day)
{
	const struct recur_lib *ical = recur_lib_get();
	struct icalrecurrencetype parsed;
	struct str text;

	str_init(&text, pool, 4096);
	recur_rule_format(&text, rule);
	parsed = ical->icalrecurrencetype_from_string(text.data);
	if (parsed.freq == ICAL_NO_RECURRENCE)
		return NULL;
	return ical->icalrecur_iterator_new(parsed,
	    recur_walk_time(start, all_day));
}

/* UNTIL as the master's wall time; a date means the whole of that day. */
static struct wall last_wall(struct pool *pool, const struct event *e,
    const struct recur_rule *rule)
{
	struct event_stamp until = rule->until;

	if (until.is_date && !e->master.all_day) {
		until.wall.hour = 23;
		until.wall.minute = until.wall.second = 59;
		return until.wall;
	}
	return event_stamp_in_master(pool, e, &until, e->master.tzid).wall;
}

struct state {
	const struct recur_walk *walk;
	const struct recur_rule *rule;
	struct wall last;		/* with UNTIL */
	int64_t count;			/* dates so far */
};

/* False: that was the last one. */
static bool take(struct state *s, icaltimetype t)
{
	const struct event_part *m = &s->walk->event->master;
	struct wall at = { t.year, t.month, t.day, t.hour, t.minute, t.second };

	if (t.year == 0 || wall_to_utc(&at) > s->walk->until)
		return false;
	if (m->all_day)
		at.hour = at.minute = at.second = 0;
	if (s->walk->counts_start && wall_cmp(&at, &m->start) <= 0)
		return true;
	if ((s->rule->has_until && wall_cmp(&at, &s->last) > 0) ||
	    (s->rule->count && ++s->count > s->rule->count))
		return false;
	return wall_to_utc(&at) < s->walk->from ||
	    s->walk->take(s->walk->arg, &at);
}

bool recur_walk_rule(struct pool *pool, const struct recur_walk *walk,
    struct err *err)
{
	const struct event_part *m = &walk->event->master;
	struct recur_rule rule;
	struct state s = { .walk = walk, .rule = &rule };
	const struct recur_lib *ical = recur_lib_get();
	icalrecur_iterator *it;
	struct wall start;
	int64_t skip;

	if (!recur_rule_parse(walk->rule, &rule, err))
		return false;
	if (rule.has_until)
		s.last = last_wall(pool, walk->event, &rule);
	skip = periods_to_skip(walk, &rule);
	start = skip ? wall_add_secs(&m->start,
	    skip * (period(&rule) / WHEN_SEC)) : m->start;
	it = start_rule(pool, &rule, &start, m->all_day);
	if (!it)
		return err_set_scope(err, ERR_INPUT, ERR_ITEM,
		    "The repetition rule cannot be worked out.");
	/* DTSTART counts, matching or not. */
	s.count = skip ? skip : walk->counts_start;
	while (take(&s, ical->icalrecur_iterator_next(it)))
		;
	ical->icalrecur_iterator_free(it);
	return true;
}
