/*
 * Single dates of a series: changed, taken out, and moved along when the whole
 * series moves. Knows no form and no store.
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

bool event_series_is(const struct event *e)
{
	return !e->has_master || e->override_count > 0 ||
	    (e->master.recurrence && *e->master.recurrence);
}

bool event_series_key_wall(const char *key, struct wall *out)
{
	struct event_stamp stamp;

	if (!key || !event_stamp_parse(key, strlen(key), &stamp))
		return false;
	*out = stamp.wall;
	return true;
}

static struct event_part *override_of(const struct event *e, const char *key)
{
	size_t i;

	for (i = 0; i < e->override_count; i++)
		if (str_eq(e->overrides[i].recurrence_id, key))
			return &e->overrides[i];
	return NULL;
}

bool event_series_has_own(const struct event *e, const char *key)
{
	return override_of(e, key) != NULL;
}

/* The instances of the master's rule alone, between two walls of its own. */
static bool expand_plain(struct pool *pool, const struct event *e,
    const struct wall *first, const struct wall *last,
    struct recur_instance **out, size_t *count_out, struct err *err)
{
	struct event plain = *e;
	struct event_part at = e->master;
	struct recur_window window;

	plain.overrides = NULL;
	plain.override_count = 0;
	at.start = *first;
	window.from = event_start_utc(pool, e, &at) - DAY;
	at.start = *last;
	window.until = event_start_utc(pool, e, &at) + DAY;
	return recur_expand_within(pool, &plain, &window, RECUR_WAIT_MS, out,
	    count_out, err);
}

static bool among(const struct recur_instance *instances, size_t count,
    const char *key)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (str_eq(instances[i].recurrence_id, key))
			return true;
	return false;
}

static bool no_such_date(struct err *err)
{
	return err_set(err, ERR_NOT_FOUND,
	    "The series has no such date. Look at it again.");
}

static bool date_exists(struct pool *pool, const struct event *e,
    const struct event_series_date *date, struct wall *wall_out,
    struct err *err)
{
	struct recur_instance *instances;
	size_t count;

	if (!e->has_master || !event_series_key_wall(date->key, wall_out))
		return no_such_date(err);
	if (date->known)
		return true;
	if (!expand_plain(pool, e, wall_out, wall_out, &instances, &count, err))
		return false;
	return among(instances, count, date->key) || no_such_date(err);
}

static struct wall shifted(const struct wall *w, const struct wall *from,
    const struct wall *to)
{
	return wall_add_secs(w,
	    (wall_to_utc(to) - wall_to_utc(from)) / WHEN_SEC);
}

bool event_series_peek(struct pool *pool, const struct event *e,
    const struct event_series_date *date, struct event_part *out,
    struct err *err)
{
	const struct event_part *known = override_of(e, date->key);
	struct wall wall;

	if (known) {
		*out = *known;
		return true;
	}
	if (!date_exists(pool, e, date, &wall, err))
		return false;
	*out = e->master;
	out->recurrence = NULL;
	out->recurrence_id = pool_strdup(pool, date->key);
	if (out->end.year)
		out->end = shifted(&out->end, &out->start, &wall);
	out->start = wall;
	return true;
}

bool event_series_occurrence(struct pool *pool, struct event *e,
    const struct event_series_date *date, struct event_part **out,
    struct err *err)
{
	struct event_part part, *grown;
	size_t at;

	*out = override_of(e, date->key);
	if (*out)
		return true;
	if (!event_series_peek(pool, e, date, &part, err))
		return false;
	grown = pool_grow(pool, e->overrides, e->override_count,
	    e->override_count + 1, sizeof(*grown));
	for (at = e->override_count; at > 0 &&
	    strcmp(grown[at - 1].recurrence_id, date->key) > 0; at--)
		grown[at] = grown[at - 1];
	grown[at] = part;
	e->overrides = grown;
	e->override_count++;
	*out = &grown[at];
	return true;
}

static void drop_override(struct event *e, const char *key)
{
	struct event_part *part = override_of(e, key);
	size_t at;

	if (!part)
		return;
	at = (size_t)(part - e->overrides);
	memmove(part, part + 1,
	    (e->override_count - at - 1) * sizeof(*part));
	e->override_count--;
}

/* "EXDATE" with the parameters that the master's own form asks for. */
static void start_line(struct str *out, const char *name,
    const struct event_part *master)
{
	if (out->len)
		str_addc(out, '\n');
	str_add(out, name);
	if (master->all_day)
		str_add(out, ";VALUE=DATE");
	else if (master->zone_kind == EVENT_ZONE_NAMED && master->tzid)
		contentline_add_param(out, "TZID", master->tzid);
	str_addc(out, ':');
}

bool event_series_exclude(struct pool *pool, struct event *e,
    const struct event_series_date *date, struct err *err)
{
	struct str lines;
	struct wall wall;

	if (!override_of(e, date->key) &&
	    !date_exists(pool, e, date, &wall, err))
		return false;
	drop_override(e, date->key);
	if (!e->has_master)
		return true;
	str_init(&lines, pool, RECURRENCE_MAX);
	if (e->master.recurrence)
		str_add(&lines, e->master.recurrence);
	start_line(&lines, "EXDATE", &e->master);
	str_add(&lines, date->key);
	if (!str_ok(&lines))
		return err_set(err, ERR_INPUT,
		    "This series has too many cancelled dates.");
	e->master.recurrence = lines.data;
	return true;
}

/* The EXDATE line without this one date; found: it was among them. */
static void keep_others(struct pool *pool, const struct event *e,
    const char *entry, size_t len, const char *key, struct str *lines,
    bool *found)
{
	struct event_dates dates;
	struct event_date date;
	int more;

	if (!event_dates_open(pool, entry, len, &dates))
		return;
	while ((more = event_dates_next(pool, e, &dates, &date)) != 0) {
		const char *own;

		if (more < 0)
			continue;
		own = event_instance_key(pool, &e->master, &date.at.wall);
		if (str_eq(own, key)) {
			*found = true;
			continue;
		}
		start_line(lines, "EXDATE", &e->master);
		str_add(lines, own);
	}
}

static void put_override(struct pool *pool, struct event *e,
    const struct event_part *part)
{
	struct event_part *grown = pool_grow(pool, e->overrides,
	    e->override_count, e->override_count + 1, sizeof(*grown));
	size_t at;

	for (at = e->override_count; at > 0 && strcmp(
	    grown[at - 1].recurrence_id, part->recurrence_id) > 0; at--)
		grown[at] = grown[at - 1];
	grown[at] = *part;
	e->overrides = grown;
	e->override_count++;
}

bool event_series_include(struct pool *pool, struct event *e, const char *key,
    const struct event *before, struct err *err)
{
	const char *next = e->master.recurrence, *entry;
	const struct event_part *changed;
	struct str lines;
	bool found = false;
	size_t len;

	str_init(&lines, pool, RECURRENCE_MAX);
	while (e->has_master && next &&
	    contentline_next_entry(&next, &entry, &len)) {
		if (len >= 6 && strncmp(entry, "EXDATE", 6) == 0) {
			keep_others(pool, e, entry, len, key, &lines, &found);
			continue;
		}
		if (lines.len)
			str_addc(&lines, '\n');
		str_addn(&lines, entry, len);
	}
	if (!found || override_of(e, key))
		return err_set(err, ERR_CONFLICT, "The series has changed since: "
		    "this date is not among its cancelled ones any more. Look "
		    "at the series, or make a new event for that day.");
	e->master.recurrence = lines.data;
	changed = before ? override_of(before, key) : NULL;
	if (changed)
		put_override(pool, e, changed);
	return true;
}
