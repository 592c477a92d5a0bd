/* Google's recurrence array and the model's lines. Must not know the rest of an
 * event. */
#include <string.h>
#include <strings.h>
#include "model/event_time.h"
#include "providers/google_map_p.h"
#include "util/banned.h"

#define LINES_MAX 2000
#define LINE_MAX 60000

void google_map_keys_add(struct pool *pool, struct google_map_keys *to,
    const char *key)
{
	if (to->count == to->cap) {
		size_t cap = to->cap ? to->cap * 2 : 8;

		to->list = pool_grow(pool, to->list, to->count, cap,
		    sizeof(*to->list));
		to->cap = cap;
	}
	to->list[to->count++] = key;
}

bool google_map_keys_has(const struct google_map_keys *keys, const char *key)
{
	for (size_t i = 0; i < keys->count; i++)
		if (str_eq(keys->list[i], key))
			return true;
	return false;
}

static void next_line(struct str *out)
{
	if (out->len)
		str_addc(out, '\n');
}

static bool is_rule(const struct contentline *line)
{
	return contentline_is(line, "RRULE") || contentline_is(line, "EXRULE");
}

/* A rule's line, its UNTIL replaced by what turn makes of it. */
struct turning {
	const struct event *e;
	const char *zone;
	void (*turn)(const struct turning *t, struct event_stamp *s);
};

static void add_rule(struct str *out, const struct contentline *line,
    const struct turning *t)
{
	size_t len, n;
	const char *v = contentline_value(line, &len);
	struct event_stamp s;

	str_addn(out, line->text, line->name_len);
	for (size_t at = 0; at < len; at += n + 1) {
		const char *semi = memchr(v + at, ';', len - at);

		n = semi ? (size_t)(semi - v) - at : len - at;
		str_addc(out, at ? ';' : ':');
		if (n > 6 && strncasecmp(v + at, "UNTIL=", 6) == 0 &&
		    event_stamp_parse(v + at + 6, n - 6, &s)) {
			t->turn(t, &s);
			str_add(out, "UNTIL=");
			event_stamp_format(out, &s);
		} else {
			str_addn(out, v + at, n);
		}
	}
}

/* ---- reading ---- */

/* Google keeps floating times in a zone; here they float again. */
static void turn_floating(const struct turning *t, struct event_stamp *s)
{
	if (!s->is_utc)
		return;
	s->wall = google_map_time_wall(t->zone, wall_to_utc(&s->wall));
	s->is_utc = false;
}

static void add_floating_dates(struct pool *pool, struct str *out,
    const char *text, const struct event *pinned)
{
	struct event_dates dates;
	struct event_date d;
	bool any = false;
	int got;

	if (!event_dates_open(pool, text, strlen(text), &dates))
		return;
	while ((got = event_dates_next(pool, pinned, &dates, &d)) != 0) {
		if (got < 0)
			continue;
		if (!any)
			str_addn(out, dates.line.text, dates.line.name_len);
		str_addc(out, any ? ',' : ':');
		any = true;
		d.at.is_utc = false;
		event_stamp_format(out, &d.at);
		if (d.has_end) {
			d.at.wall = d.end;
			str_addc(out, '/');
			event_stamp_format(out, &d.at);
		}
	}
}

static bool add_line(struct pool *pool, struct str *out, const char *text,
    const struct turning *t, struct err *err)
{
	struct contentline line;
	bool floating = !t->e->master.all_day &&
	    t->e->master.zone_kind == EVENT_ZONE_FLOATING;
	struct event pinned = *t->e;

	if (strlen(text) > LINE_MAX || strpbrk(text, "\r\n") ||
	    !contentline_split(text, strlen(text), &line) ||
	    (!is_rule(&line) && !contentline_is(&line, "RDATE") &&
	    !contentline_is(&line, "EXDATE")))
		return google_map_bad(err, "Google's repetition \"%.60s\" "
		    "cannot be read.", text);
	if (out->len && out->data[out->len - 1] != '\n')
		str_addc(out, '\n');
	if (!floating) {
		str_add(out, text);
	} else if (is_rule(&line)) {
		add_rule(out, &line, t);
	} else {
		pinned.master.zone_kind = str_eq(t->zone, "UTC") ?
		    EVENT_ZONE_UTC : EVENT_ZONE_NAMED;
		pinned.master.tzid = t->zone;
		add_floating_dates(pool, out, text, &pinned);
	}
	return true;
}

static int line_order(const char *text)
{
	return strncasecmp(text, "RR", 2) == 0 ? 0 :
	    strncasecmp(text, "EXR", 3) == 0 ? 1 :
	    strncasecmp(text, "RD", 2) == 0 ? 2 : 3;
}

bool google_map_rules_read(struct pool *pool, const json_t *item,
    const char *zone, const struct event *e, char **out, struct err *err)
{
	const json_t *list = google_map_member(item, "recurrence");
	const struct turning t = { e, zone, turn_floating };
	struct str s;

	str_init(&s, pool, GOOGLE_MAP_TEXT_MAX);
	*out = NULL;
	if (!list)
		return true;
	if (!json_is_array(list) || json_array_size(list) > LINES_MAX)
		return google_map_bad(err, "Google's repetition cannot be "
		    "read: no list, or too long.");
	for (int order = 0; order < 4; order++)
		for (size_t i = 0; i < json_array_size(list); i++) {
			const json_t *line = json_array_get(list, i);
			const char *text = json_string_value(line);

			if (!text || strlen(text) != json_string_length(line))
				return google_map_bad(err, "Google's "
				    "repetition holds what is no text.");
			if (line_order(text) == order &&
			    !add_line(pool, &s, text, &t, err))
				return false;
		}
	if (s.len && s.data[s.len - 1] == '\n')
		s.data[--s.len] = '\0';
	*out = s.len ? s.data : NULL;
	return true;
}

/* ---- both ---- */

char *google_map_rules_split(struct pool *pool, const struct event *e,
    struct google_map_keys *exdates)
{
	const char *at = e->master.recurrence ? e->master.recurrence : "";
	const char *entry;
	struct str out;
	size_t len;

	str_init(&out, pool, GOOGLE_MAP_TEXT_MAX);
	while (contentline_next_entry(&at, &entry, &len)) {
		struct event_dates dates;
		struct event_date d;
		int got;

		if (len < 6 || strncasecmp(entry, "EXDATE", 6) != 0) {
			next_line(&out);
			str_addn(&out, entry, len);
			continue;
		}
		if (!event_dates_open(pool, entry, len, &dates))
			continue;
		while ((got = event_dates_next(pool, e, &dates, &d)) != 0) {
			struct str key;

			if (got < 0)
				continue;
			str_init(&key, pool, 20);
			event_stamp_format(&key, &d.at);
			google_map_keys_add(pool, exdates, key.data);
		}
	}
	return out.data;
}

/* "EXDATE;TZID=Europe/Berlin:" in the form of the master's times. */
static void open_dates(struct str *out, const char *name,
    const struct event_part *master, const char *tzid)
{
	next_line(out);
	str_add(out, name);
	if (master->all_day)
		str_add(out, ";VALUE=DATE");
	else if (tzid)
		contentline_add_param(out, "TZID", tzid);
	str_addc(out, ':');
}

char *google_map_rules_exdates(struct pool *pool,
    const struct event_part *master, const struct google_map_keys *keys)
{
	struct str out;

	str_init(&out, pool, GOOGLE_MAP_TEXT_MAX);
	for (size_t i = 0; i < keys->count; i++) {
		if (i)
			str_addc(&out, ',');
		else
			open_dates(&out, "EXDATE", master,
			    master->zone_kind == EVENT_ZONE_NAMED ?
			    master->tzid : NULL);
		str_add(&out, keys->list[i]);
	}
	return out.data;
}

bool google_map_rules_same(struct pool *pool, const struct event_part *master,
    const char *a, const char *b)
{
	struct event x = { .uid = "", .zones = "", .has_master = true,
	    .master = *master }, y;

	x.master.extra = "";
	y = x;
	x.master.recurrence = a;
	y.master.recurrence = b;
	return str_eq(event_canonical(pool, &x), event_canonical(pool, &y));
}

/* ---- writing ---- */

/* RFC 5545 3.3.10: in UTC where the start has a time, else a date. */
static void turn_utc(const struct turning *t, struct event_stamp *s)
{
	if (t->e->master.all_day) {
		s->is_date = true;
		s->is_utc = false;
		return;
	}
	if (s->is_date) {
		s->wall.hour = 23;
		s->wall.minute = s->wall.second = 59;
	}
	if (!s->is_utc)
		s->wall = wall_from_utc(google_map_time_at(t->zone, &s->wall));
	s->is_date = false;
	s->is_utc = true;
}

static bool add_rdates(struct pool *pool, struct str *out,
    const struct event *e, const char *tzid, const char *entry, size_t len,
    struct err *err)
{
	struct event_dates dates;
	struct event_date d;
	bool any = false;
	int got;

	if (!event_dates_open(pool, entry, len, &dates))
		return true;
	while ((got = event_dates_next(pool, e, &dates, &d)) != 0) {
		if (got < 0)
			continue;
		if (d.has_end)
			return google_map_bad(err, "An extra date of the "
			    "series (RDATE) has an end of its own, which "
			    "Google cannot hold; make it a changed date.");
		if (any)
			str_addc(out, ',');
		else
			open_dates(out, "RDATE", &e->master, tzid);
		any = true;
		event_stamp_format(out, &d.at);
	}
	return true;
}

static const char *write_tzid(struct pool *pool, const struct event *e,
    const char *zone)
{
	const struct event_part *m = &e->master;
	const char *known;

	if (m->all_day || m->zone_kind == EVENT_ZONE_UTC)
		return NULL;
	known = m->zone_kind == EVENT_ZONE_NAMED ?
	    event_zone_iana(pool, e, m->tzid) : NULL;
	return known ? known : zone;
}

static json_t *array_of(struct pool *pool, const char *lines)
{
	json_t *out = json_array();
	size_t len;
	const char *entry;

	while (contentline_next_entry(&lines, &entry, &len))
		if (json_array_append_new(out, google_map_string(
		    pool_strndup(pool, entry, len))) != 0)
			die("no memory for JSON");
	return out;
}

bool google_map_rules_write(struct pool *pool, const struct event *e,
    const char *zone, const struct google_map_keys *exdates, json_t **out,
    struct err *err)
{
	const char *at = e->master.recurrence ? e->master.recurrence : "";
	const char *tzid = write_tzid(pool, e, zone), *entry;
	const struct turning t = { e, tzid ? tzid : "UTC", turn_utc };
	struct str s;
	size_t len;

	str_init(&s, pool, GOOGLE_MAP_TEXT_MAX);
	while (contentline_next_entry(&at, &entry, &len)) {
		struct contentline line;

		if (!contentline_split(entry, len, &line) ||
		    contentline_is(&line, "EXDATE"))
			continue;
		if (is_rule(&line)) {
			next_line(&s);
			add_rule(&s, &line, &t);
		} else if (!add_rdates(pool, &s, e, tzid, entry, len, err)) {
			return false;
		}
	}
	for (size_t i = 0; i < exdates->count; i++) {
		if (i)
			str_addc(&s, ',');
		else
			open_dates(&s, "EXDATE", &e->master, tzid);
		str_add(&s, exdates->list[i]);
	}
	*out = s.len ? array_of(pool, s.data) : NULL;
	return true;
}
