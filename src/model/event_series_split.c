/*
 * A series cut in two at one of its dates: "this and following". The first part
 * ends before it, the second begins with it; cancelled, added and changed dates
 * go to the side they lie on. Both are expanded and held against the whole: what
 * would lose or double a date is refused. Somebody waits: all looks together have
 * SPLIT_WAIT_MS.
 */
#include "model/event_series.h"
#include <stdlib.h>
#include <string.h>
#include "model/contentline.h"
#include "model/event_input_p.h"
#include "model/event_time.h"
#include "model/recur.h"
#include "util/str.h"
#include "util/banned.h"

#define DAY (86400 * WHEN_SEC)
#define RECURRENCE_MAX (256 * 1024)
#define LOOK_BACK (400 * DAY)
#if defined(__SANITIZE_ADDRESS__)
#define SPLIT_WAIT_MS 30000	/* what watches costs ten times as much */
#else
#define SPLIT_WAIT_MS 3000
#endif
#define COUNT_MOST 9999		/* what a form takes */
#define WINDOWS_MOST 12		/* of RECUR_MAX_INSTANCES: a COUNT is at most 9999 */

struct split {
	struct pool *pool;
	const struct event *whole;
	const char *key;
	struct wall at;			/* of key */
	when_t at_utc;
	struct event *head, *tail;
	struct str head_lines, tail_lines;
	uint64_t count_before;		/* what the rule alone makes before key */
	int64_t until_ms;		/* monotonic */
};

static bool refuse(struct err *err)
{
	return err_set(err, ERR_CONFLICT, "This series cannot be divided at "
	    "this date. Change single dates, or the whole series.");
}

static bool takes_too_long(struct err *err)
{
	return err_set(err, ERR_CONFLICT, "This series takes too long to be "
	    "divided. Change single dates, or make its rule simpler.");
}

/* What the rule's COUNT says; NULL = it has none. */
static const char *count_of(const struct event *rule)
{
	const char *p = rule->master.recurrence;

	while (*(p += strcspn(p, ":;\n")) && *p != '\n')
		if (strncasecmp(++p, "COUNT=", 6) == 0)
			return p + 6;
	return NULL;
}

/* Only from the first date on can they be counted. */
static bool has_ever_so_many(const struct event *rule)
{
	const char *count = count_of(rule);

	return count && strtoul(count, NULL, 10) > COUNT_MOST;
}

static bool expand(const struct split *s, const struct event *e,
    const struct recur_window *window, struct recur_instance **out,
    size_t *count_out, struct err *err)
{
	int64_t left_ms = s->until_ms - when_mono_ms();

	if (left_ms > 0 && recur_expand_within(s->pool, e, window,
	    (int)left_ms, out, count_out, err))
		return true;
	return when_mono_ms() < s->until_ms ? false : takes_too_long(err);
}

static bool is_line(const char *entry, size_t len, const char *name)
{
	size_t n = strlen(name);

	return len > n && strncmp(entry, name, n) == 0 &&
	    (entry[n] == ':' || entry[n] == ';');
}

/* ---- what the rule alone makes ---- */

/* The one RRULE, and nothing else; false: none, or several. */
static bool rule_alone(const struct split *s, struct event *out)
{
	const char *next = s->whole->master.recurrence, *entry;
	size_t len;
	int rules = 0;

	*out = *s->whole;
	out->overrides = NULL;
	out->override_count = 0;
	while (next && contentline_next_entry(&next, &entry, &len)) {
		if (is_line(entry, len, "EXRULE"))
			return false;
		if (!is_line(entry, len, "RRULE"))
			continue;
		out->master.recurrence = pool_strndup(s->pool, entry, len);
		rules++;
	}
	return rules == 1;
}

/* Counts what lies before key, and finds whether key is among the rule's own. */
static bool count_before(struct split *s, const struct event *rule, bool *found,
    struct err *err)
{
	struct recur_window w = { .until = s->at_utc + 2 * DAY };
	struct recur_instance *all;
	size_t n, i;

	*found = false;
	w.from = event_start_utc(s->pool, rule, &rule->master) - 2 * DAY;
	if (!count_of(rule)) {
		s->count_before = 1;	/* nobody asks how many */
		w.from = s->at_utc - 2 * DAY;
	}
	do {
		if (!expand(s, rule, &w, &all, &n, err))
			return false;
		for (i = 0; i < n; i++) {
			if (all[i].starts < w.from)
				continue;
			s->count_before += all[i].starts < s->at_utc;
			*found |= str_eq(all[i].recurrence_id, s->key);
			w.from = all[i].starts + 1;
		}
	} while (n == RECUR_MAX_INSTANCES && w.from < w.until);
	return true;
}

/* ---- the rule of either part ---- */

/* The end of the day before, as people say it; a rule that makes several dates
 * a day ends a second before. */
static bool add_until(struct split *s, const struct event *rule, struct err *err)
{
	const struct event_part *m = &s->whole->master;
	const struct zone *zone = event_part_zone(s->pool, s->whole, m);
	struct event_stamp until = { .wall = wall_add_days(&s->at, -1) };
	struct wall midnight = { s->at.year, s->at.month, s->at.day, 0, 0, 0 };
	struct recur_window w = { .until = s->at_utc };
	struct recur_instance *found;
	struct event_part part = *m;
	size_t n, i;

	part.start = midnight;
	w.from = event_start_utc(s->pool, s->whole, &part);
	until.is_date = m->all_day;
	if (!m->all_day) {
		if (!expand(s, rule, &w, &found, &n, err))
			return false;
		until.wall = wall_add_secs(&midnight, -1);
		for (i = 0; i < n; i++)
			if (found[i].starts >= w.from &&
			    found[i].starts < s->at_utc)
				until.wall = wall_add_secs(&s->at, -1);
		until.is_utc = m->zone_kind != EVENT_ZONE_FLOATING;
		if (zone)
			until.wall = wall_from_utc(zone_to_utc(zone,
			    &until.wall));
	}
	str_add(&s->head_lines, ";UNTIL=");
	event_stamp_format(&s->head_lines, &until);
	return true;
}

static bool add_count(struct split *s, const char *value)
{
	unsigned long long all;

	if (!str_to_u64(value, &all) || all <= s->count_before)
		return false;
	str_addf(&s->tail_lines, ";COUNT=%llu", all - s->count_before);
	return true;
}

static bool divide_rule(struct split *s, const struct event *rule,
    struct err *err)
{
	char *text = pool_strdup(s->pool, rule->master.recurrence);
	char *colon = strchr(text, ':'), *part, *next;

	if (!colon)
		return refuse(err);
	str_addn(&s->head_lines, text, (size_t)(colon + 1 - text));
	str_addn(&s->tail_lines, text, (size_t)(colon + 1 - text));
	for (part = colon + 1; part; part = next) {
		next = strchr(part, ';');
		if (next)
			*next++ = '\0';
		if (strncasecmp(part, "COUNT=", 6) == 0) {
			if (!add_count(s, part + 6))
				return refuse(err);
			continue;
		}
		str_addf(&s->tail_lines, "%s%s", part == colon + 1 ? "" : ";",
		    part);
		if (strncasecmp(part, "UNTIL=", 6) != 0)
			str_addf(&s->head_lines, "%s%s",
			    part == colon + 1 ? "" : ";", part);
	}
	return add_until(s, rule, err);
}

/* ---- cancelled, added and changed dates ---- */

static void add_value(struct split *s, const char *name,
    const struct event_stamp *at)
{
	const struct event_part *m = &s->whole->master;
	struct str *to = wall_cmp(&at->wall, &s->at) < 0 ? &s->head_lines :
	    &s->tail_lines;

	str_addc(to, '\n');
	str_add(to, name);
	if (m->all_day)
		str_add(to, ";VALUE=DATE");
	else if (m->zone_kind == EVENT_ZONE_NAMED && m->tzid)
		contentline_add_param(to, "TZID", m->tzid);
	str_addc(to, ':');
	str_add(to, event_instance_key(s->pool, m, &at->wall));
}

static bool divide_dates(struct split *s, const char *name, const char *entry,
    size_t len, struct err *err)
{
	struct event_dates dates;
	struct event_date date;
	int more;

	if (!event_dates_open(s->pool, entry, len, &dates))
		return refuse(err);
	while ((more = event_dates_next(s->pool, s->whole, &dates, &date)) != 0) {
		if (more < 0 || date.has_end)
			return refuse(err);
		add_value(s, name, &date.at);
	}
	return true;
}

static bool divide_lines(struct split *s, struct err *err)
{
	const char *next = s->whole->master.recurrence, *entry;
	size_t len;

	while (next && contentline_next_entry(&next, &entry, &len)) {
		if (is_line(entry, len, "EXDATE")) {
			if (!divide_dates(s, "EXDATE", entry, len, err))
				return false;
		} else if (is_line(entry, len, "RDATE")) {
			if (!divide_dates(s, "RDATE", entry, len, err))
				return false;
		} else if (!is_line(entry, len, "RRULE")) {
			return refuse(err);
		}
	}
	if (!str_ok(&s->head_lines) || !str_ok(&s->tail_lines))
		return refuse(err);
	s->head->master.recurrence = s->head_lines.data;
	s->tail->master.recurrence = s->tail_lines.data;
	return true;
}

/* Of both copies: one keeps what lies before, the other the rest. */
static bool divide_overrides(struct split *s, struct err *err)
{
	struct event *head = s->head, *tail = s->tail;
	size_t i;

	head->override_count = tail->override_count = 0;
	for (i = 0; i < s->whole->override_count; i++) {
		struct wall w;

		if (!event_series_key_wall(
		    s->whole->overrides[i].recurrence_id, &w))
			return refuse(err);
		if (wall_cmp(&w, &s->at) < 0)
			head->overrides[head->override_count++] =
			    head->overrides[i];
		else
			tail->overrides[tail->override_count++] =
			    tail->overrides[i];
	}
	return true;
}

static void begin_tail(struct split *s)
{
	struct event_part *m = &s->tail->master;

	if (m->end.year)
		m->end = wall_add_secs(&m->end, (wall_to_utc(&s->at) -
		    wall_to_utc(&m->start)) / WHEN_SEC);
	m->start = s->at;
	s->tail->uid = event_input_uid(s->pool, NULL);
}

/* ---- held against the whole ---- */

static int by_key(const void *a, const void *b)
{
	const struct recur_instance *x = a, *y = b;

	return strcmp(x->recurrence_id, y->recurrence_id);
}

/* Up to the last that all three have to show. */
static bool same_dates(const struct recur_instance *whole, size_t count,
    struct recur_instance *parts, size_t part_count, when_t last)
{
	size_t i, n = 0;

	for (i = 0; i < part_count; i++)
		if (parts[i].starts <= last)
			parts[n++] = parts[i];
	if (n != count)
		return false;
	qsort(parts, n, sizeof(*parts), by_key);
	for (i = 0; i < n; i++)
		if (!str_eq(whole[i].recurrence_id, parts[i].recurrence_id) ||
		    whole[i].starts != parts[i].starts ||
		    whole[i].ends != parts[i].ends ||
		    (whole[i].override_index < 0) !=
		    (parts[i].override_index < 0))
			return false;
	return true;
}

static bool compare(struct split *s, struct recur_window *w, bool *more,
    struct err *err)
{
	struct recur_instance *whole, *head, *tail, *parts;
	size_t whole_n, head_n, tail_n;
	when_t last = WHEN_NEVER;

	if (!expand(s, s->whole, w, &whole, &whole_n, err) ||
	    !expand(s, s->head, w, &head, &head_n, err) ||
	    !expand(s, s->tail, w, &tail, &tail_n, err))
		return false;
	*more = whole_n == RECUR_MAX_INSTANCES;
	if (*more) {		/* the last start may have fellows outside */
		last = whole[whole_n - 1].starts - 1;
		while (whole_n > 0 && whole[whole_n - 1].starts > last)
			whole_n--;
		w->from = last + 1;
	}
	parts = pool_array(s->pool, head_n + tail_n + 1, sizeof(*parts));
	if (head_n)
		memcpy(parts, head, head_n * sizeof(*parts));
	if (tail_n)
		memcpy(parts + head_n, tail, tail_n * sizeof(*parts));
	qsort(whole, whole_n, sizeof(*whole), by_key);
	return same_dates(whole, whole_n, parts, head_n + tail_n, last) ||
	    refuse(err);
}

static bool nothing_lost(struct split *s, struct err *err)
{
	struct recur_window w = { s->at_utc - LOOK_BACK, recur_always.until };
	bool more = true;
	int i;

	for (i = 0; more && i < WINDOWS_MOST; i++)
		if (!compare(s, &w, &more, err))
			return false;
	return true;
}

static bool is_empty(struct split *s, bool *empty, struct err *err)
{
	struct recur_window w = recur_always;
	struct recur_instance *found;
	size_t n;

	*empty = s->count_before == 0;
	if (*empty)
		return true;
	w.until = s->at_utc + DAY;
	if (!expand(s, s->head, &w, &found, &n, err))
		return false;
	*empty = n == 0;
	return true;
}

bool event_series_split(struct pool *pool, struct event *e, const char *key,
    struct event_series_parts *out, struct err *err)
{
	struct split s = { .pool = pool, .whole = event_copy(pool, e),
	    .key = key, .head = event_copy(pool, e),
	    .tail = event_copy(pool, e),
	    .until_ms = when_mono_ms() + SPLIT_WAIT_MS };
	struct event_part at = e->master;
	struct event rule;
	bool found;

	if (!e->has_master || !event_series_key_wall(key, &s.at))
		return err_set(err, ERR_NOT_FOUND,
		    "The series has no such date. Look at it again.");
	if (!rule_alone(&s, &rule))
		return refuse(err);
	if (has_ever_so_many(&rule))
		return takes_too_long(err);
	at.start = s.at;
	s.at_utc = event_start_utc(pool, e, &at);
	if (!count_before(&s, &rule, &found, err))
		return false;
	if (!found)
		return err_set(err, ERR_CONFLICT, "This date was added to the "
		    "series by itself. Change it alone, or choose one of the "
		    "regular dates.");
	str_init(&s.head_lines, pool, RECURRENCE_MAX);
	str_init(&s.tail_lines, pool, RECURRENCE_MAX);
	begin_tail(&s);
	if (!divide_rule(&s, &rule, err) || !divide_lines(&s, err) ||
	    !divide_overrides(&s, err) || !is_empty(&s, &out->all, err) ||
	    (!out->all && !nothing_lost(&s, err)))
		return false;
	out->tail = s.tail;
	*e = *s.head;
	return true;
}
