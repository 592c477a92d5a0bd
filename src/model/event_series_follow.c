/*
 * A series whose start, zone or rule changed takes its cancelled, added and
 * changed dates along, or the change is refused: a cancelled date must never
 * come back because it no longer fits.
 */
#include "model/event_series.h"
#include <string.h>
#include "model/contentline.h"
#include "model/event_time.h"
#include "model/recur.h"
#include "util/str.h"
#include "util/banned.h"

#define DAY (86400 * WHEN_SEC)
#define RECURRENCE_MAX (256 * 1024)
#define WINDOWS_MOST 8

struct move {
	struct pool *pool;
	const struct event *old;
	struct event *e;
	struct str lines;		/* the new recurrence */
	/* What must exist in the new series: keys, and their walls' span. */
	const char **keys;
	size_t key_count;
	struct wall first, last;
	/* What the old rule made around its cancelled dates. */
	struct recur_instance *made;
	size_t made_count;
};

static bool same_form(const struct event_part *a, const struct event_part *b)
{
	return wall_cmp(&a->start, &b->start) == 0 && a->all_day == b->all_day &&
	    a->zone_kind == b->zone_kind && str_eq(a->tzid, b->tzid);
}

static struct wall midnight(struct wall w)
{
	w.hour = w.minute = w.second = 0;
	return w;
}

/* Between two series with times by the clock; else by whole days. */
static struct wall moved(const struct move *m, const struct wall *w)
{
	const struct event_part *from = &m->old->master, *to = &m->e->master;
	struct wall a = midnight(from->start), b = midnight(to->start), out;

	if (!from->all_day && !to->all_day)
		return wall_add_secs(w, (wall_to_utc(&to->start) -
		    wall_to_utc(&from->start)) / WHEN_SEC);
	out = wall_add_days(w,
	    (int)((wall_to_utc(&b) - wall_to_utc(&a)) / DAY));
	out.hour = to->start.hour;
	out.minute = to->start.minute;
	out.second = to->start.second;
	return out;
}

static void must_exist(struct move *m, const struct wall *w)
{
	if (m->key_count == 0 || wall_cmp(w, &m->first) < 0)
		m->first = *w;
	if (m->key_count == 0 || wall_cmp(w, &m->last) > 0)
		m->last = *w;
	m->keys = pool_grow(m->pool, m->keys, m->key_count, m->key_count + 1,
	    sizeof(*m->keys));
	m->keys[m->key_count++] = event_instance_key(m->pool, &m->e->master, w);
}

/* One window after the other while the bound on dates cuts them off. */
static bool expand_on(struct pool *pool, const struct event *plain,
    struct recur_window window, struct recur_instance **out,
    size_t *count_out, struct err *err)
{
	struct recur_instance *some;
	size_t n;

	*out = NULL;
	*count_out = 0;
	for (int i = 0; i < WINDOWS_MOST; i++) {
		if (!recur_expand_within(pool, plain, &window, RECUR_WAIT_MS,
		    &some, &n, err))
			return false;
		*out = pool_grow(pool, *out, *count_out, *count_out + n + 1,
		    sizeof(**out));
		for (size_t k = 0; k < n; k++)
			(*out)[(*count_out)++] = some[k];
		if (n < RECUR_MAX_INSTANCES)
			break;
		window.from = some[n - 1].starts;
	}
	return true;
}

/* What the rule alone makes: no exceptions, no overrides. */
static bool expand_rule(struct pool *pool, const struct event *e,
    const struct wall *first, const struct wall *last,
    struct recur_instance **out, size_t *count_out, struct err *err)
{
	struct event plain = *e;
	struct event_part at = e->master;
	struct recur_window window;
	const char *next = e->master.recurrence, *entry;
	struct str lines;
	size_t len;

	str_init(&lines, pool, RECURRENCE_MAX);
	while (next && contentline_next_entry(&next, &entry, &len)) {
		if (len >= 6 && strncmp(entry, "EXDATE", 6) == 0)
			continue;
		if (lines.len)
			str_addc(&lines, '\n');
		str_addn(&lines, entry, len);
	}
	plain.master.recurrence = lines.data;
	plain.overrides = NULL;
	plain.override_count = 0;
	at.start = *first;
	window.from = event_start_utc(pool, e, &at) - DAY;
	at.start = *last;
	window.until = event_start_utc(pool, e, &at) + DAY;
	return expand_on(pool, &plain, window, out, count_out, err);
}

struct span { struct wall first, last; bool any; };

static void widen(struct span *span, const struct wall *w)
{
	if (!span->any || wall_cmp(w, &span->first) < 0)
		span->first = *w;
	if (!span->any || wall_cmp(w, &span->last) > 0)
		span->last = *w;
	span->any = true;
}

/* What the old rule makes between its first and its last cancelled date, worked
 * out once; nothing when that takes too long. */
static void expand_cancelled(struct move *m)
{
	const char *next = m->old->master.recurrence, *entry;
	struct span span = { .any = false };
	struct err ignored;
	size_t len;

	while (next && contentline_next_entry(&next, &entry, &len)) {
		struct event_dates dates;
		struct event_date date;
		int more;

		if (len < 6 || strncmp(entry, "EXDATE", 6) != 0 ||
		    !event_dates_open(m->pool, entry, len, &dates))
			continue;
		while ((more = event_dates_next(m->pool, m->old, &dates,
		    &date)) != 0)
			if (more > 0)
				widen(&span, &date.at.wall);
	}
	if (span.any && !expand_rule(m->pool, m->old, &span.first, &span.last,
	    &m->made, &m->made_count, &ignored))
		m->made_count = 0;
}

static bool rule_makes(const struct move *m, const struct wall *w)
{
	const char *key = event_instance_key(m->pool, &m->old->master, w);

	for (size_t i = 0; i < m->made_count; i++)
		if (str_eq(m->made[i].recurrence_id, key))
			return true;
	return false;
}

static void add_value(struct move *m, const char *name, const char *key)
{
	const struct event_part *to = &m->e->master;

	if (m->lines.len)
		str_addc(&m->lines, '\n');
	str_add(&m->lines, name);
	if (to->all_day)
		str_add(&m->lines, ";VALUE=DATE");
	else if (to->zone_kind == EVENT_ZONE_NAMED && to->tzid)
		contentline_add_param(&m->lines, "TZID", to->tzid);
	str_addc(&m->lines, ':');
	str_add(&m->lines, key);
}

static bool move_dates(struct move *m, const char *name, const char *entry,
    size_t len, struct err *err)
{
	struct event_dates dates;
	struct event_date date;
	bool exclude = str_eq(name, "EXDATE");
	int more;

	if (!event_dates_open(m->pool, entry, len, &dates))
		return true;
	while ((more = event_dates_next(m->pool, m->old, &dates, &date)) != 0) {
		struct wall w;

		if (more < 0)
			continue;
		if (date.has_end)
			return err_set(err, ERR_CONFLICT, "This series has "
			    "added dates of their own length and cannot be "
			    "moved as a whole. Change single dates instead.");
		w = moved(m, &date.at.wall);
		if (exclude && rule_makes(m, &date.at.wall))
			must_exist(m, &w);
		add_value(m, name, event_instance_key(m->pool, &m->e->master,
		    &w));
	}
	return true;
}

static bool move_lines(struct move *m, struct err *err)
{
	const char *next = m->e->master.recurrence, *entry;
	size_t len;

	while (next && contentline_next_entry(&next, &entry, &len)) {
		const char *name = NULL;

		if (len >= 6 && strncmp(entry, "EXDATE", 6) == 0)
			name = "EXDATE";
		else if (len >= 5 && strncmp(entry, "RDATE", 5) == 0)
			name = "RDATE";
		if (name) {
			if (!move_dates(m, name, entry, len, err))
				return false;
			continue;
		}
		if (m->lines.len)
			str_addc(&m->lines, '\n');
		str_addn(&m->lines, entry, len);
	}
	return str_ok(&m->lines) || err_set(err, ERR_INPUT,
	    "This series has too many cancelled dates.");
}

static bool move_override(struct move *m, struct event_part *part,
    struct err *err)
{
	const struct event_part *from = &m->old->master, *to = &m->e->master;
	struct wall was, now;

	if (!event_series_key_wall(part->recurrence_id, &was))
		return true;
	now = moved(m, &was);
	must_exist(m, &now);
	part->recurrence_id = event_instance_key(m->pool, to, &now);
	if (from->all_day != to->all_day)
		return err_set(err, ERR_CONFLICT, "Some dates of this series "
		    "were changed by themselves. Delete those before you "
		    "switch all-day on or off.");
	/* A date that was changed in words alone stays with its series. */
	if (part->all_day == from->all_day &&
	    part->zone_kind == from->zone_kind &&
	    str_eq(part->tzid, from->tzid) && wall_cmp(&part->start, &was) == 0) {
		if (part->end.year)
			part->end = moved(m, &part->end);
		part->start = now;
		part->zone_kind = to->zone_kind;
		part->tzid = to->tzid;
	}
	return true;
}

static bool check_exists(struct move *m, struct err *err)
{
	struct recur_instance *found;
	size_t count, i, k, missing = 0;

	if (m->key_count == 0)
		return true;
	if (!expand_rule(m->pool, m->e, &m->first, &m->last, &found, &count,
	    err))
		return false;
	for (i = 0; i < m->key_count; i++) {
		for (k = 0; k < count; k++)
			if (str_eq(found[k].recurrence_id, m->keys[i]))
				break;
		missing += k == count;
	}
	if (missing == 0)
		return true;
	return err_set(err, ERR_CONFLICT, "%zu date%s of this series %s "
	    "changed or cancelled and would not exist in the new series. Keep "
	    "the days, or end this series and begin a new one.", missing,
	    missing == 1 ? "" : "s", missing == 1 ? "was" : "were");
}

bool event_series_follow(struct pool *pool, struct event *e,
    const struct event *old, struct err *err)
{
	struct move m = { .pool = pool, .old = old, .e = e };
	bool still = same_form(&old->master, &e->master);
	size_t i;

	if (!e->has_master || !old->has_master)
		return true;
	if (still && str_eq(old->master.recurrence, e->master.recurrence))
		return true;
	str_init(&m.lines, pool, RECURRENCE_MAX);
	if (!still) {
		expand_cancelled(&m);
		if (!move_lines(&m, err))
			return false;
		e->master.recurrence = m.lines.len ? m.lines.data : NULL;
	}
	for (i = 0; i < e->override_count; i++)
		if (!move_override(&m, &e->overrides[i], err))
			return false;
	return check_exists(&m, err);
}
