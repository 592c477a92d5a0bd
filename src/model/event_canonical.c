/* The canonical form of an event: what is hashed and compared, never sent.
 * Must not know providers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "model/contentline.h"
#include "model/event.h"
#include "model/event_p.h"
#include "model/event_time.h"
#include "util/banned.h"

/* Written by servers and clients on their own, or by every save. X-ALT-DESC
 * only repeats DESCRIPTION as HTML. */
static const char *const ignored[] = {
	"ACKNOWLEDGED", "CALSCALE", "CREATED", "DTSTAMP", "LAST-MODIFIED",
	"METHOD", "PRODID", "SEQUENCE", "VERSION", "X-ALT-DESC",
	"X-LIC-ERROR", "X-MOZ-GENERATION", "X-MOZ-LASTACK", "X-RADICALE-NAME",
	"X-WR-CALNAME",
};
static const char *const ignored_params[] = {
	"ALTREP", "CHARSET", "X-VOBJ-ORIGINAL-TZID", "X-VOBJ-FLOATINGTIME-ALLOWED",
};

static bool name_is(const char *s, size_t len, const char *name)
{
	return strlen(name) == len && strncasecmp(s, name, len) == 0;
}

static bool is_ignored(const char *s, size_t len)
{
	for (size_t i = 0; i < sizeof(ignored) / sizeof(*ignored); i++)
		if (name_is(s, len, ignored[i]))
			return true;
	return len > 17 && strncasecmp(s, "X-MOZ-SNOOZE-TIME", 17) == 0;
}

struct slice { const char *text; size_t len; };

static int slice_cmp(const void *a, const void *b)
{
	const struct slice *x = a, *y = b;
	size_t len = x->len < y->len ? x->len : y->len;
	int c = memcmp(x->text, y->text, len);

	return c ? c : (x->len > y->len) - (x->len < y->len);
}

static bool is_control(char c)
{
	return (unsigned char)c < 0x20 && c != '\n' && c != '\t';
}

void event_canonical_text(struct str *out, const char *text)
{
	const char *from = text, *p = text;

	for (; *p; p++) {
		if (*p != '\\' && *p != '\n' && !is_control(*p))
			continue;
		str_addn(out, from, (size_t)(p - from));
		if (*p == '\\')
			str_add(out, "\\\\");
		else if (*p == '\n')
			str_add(out, "\\n");
		from = p + 1;
	}
	str_addn(out, from, (size_t)(p - from));
}

static void add_upper(struct str *out, const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		str_addc(out, (char)(s[i] >= 'a' && s[i] <= 'z' ?
		    s[i] - 'a' + 'A' : s[i]));
}

/* Is this parameter only the default of its property? */
static bool param_ignored(const struct contentline_param *p)
{
	for (size_t i = 0; i < sizeof(ignored_params) / sizeof(char *); i++)
		if (name_is(p->name, p->name_len, ignored_params[i]))
			return true;
	return name_is(p->name, p->name_len, "VALUE") &&
	    (name_is(p->value, p->value_len, "DATE-TIME") ||
	    name_is(p->value, p->value_len, "TEXT") ||
	    name_is(p->value, p->value_len, "DURATION") ||
	    name_is(p->value, p->value_len, "UNKNOWN"));
}

/* CN= and CN="" are left out by servers. */
static bool is_empty(const struct contentline_param *p)
{
	return !p->value_len || (p->value_len == 2 &&
	    memcmp(p->value, "\"\"", 2) == 0);
}

static void canonical_params(struct pool *pool, const struct contentline *line,
    struct str *out)
{
	struct slice list[64];
	size_t count = 0, at = line->name_len;
	struct contentline_param p;

	while (count < 64 && contentline_next_param(line, &at, &p)) {
		struct str s;

		if (param_ignored(&p) || is_empty(&p))
			continue;
		str_init(&s, pool, EVENT_TEXT_MAX);
		add_upper(&s, p.name, p.name_len);
		str_addc(&s, '=');
		for (size_t i = 0; i < p.value_len; i++)
			if (p.value[i] != '"')
				str_addc(&s, p.value[i]);
		list[count++] = (struct slice){ s.data, s.len };
	}
	qsort(list, count, sizeof(*list), slice_cmp);
	for (size_t i = 0; i < count; i++) {
		str_addc(out, ';');
		str_addn(out, list[i].text, list[i].len);
	}
}

/* Servers escape what was not escaped: one spelling for both. In lists an
 * escaped comma stays another thing than a separator. */
static void canonical_value(struct str *out, const char *v, size_t len,
    bool is_list)
{
	for (size_t i = 0; i < len; i++) {
		char c = v[i], next = i + 1 < len ? v[i + 1] : '\0';

		if (c == '\\' && (next == 'n' || next == 'N')) {
			str_add(out, "\\n");
			i++;
		} else if (c == '\\' && next == ',' && is_list) {
			str_add(out, "\\,");
			i++;
		} else if (c == '\\' && next &&
		    (next == ';' || next == ',' || next == '\\')) {
			if (next == '\\')
				str_addc(out, '\\');
			str_addc(out, next);
			i++;
		} else if (c == '\\') {
			str_add(out, "\\\\");
		} else if (!is_control(c)) {
			str_addc(out, c);
		}
	}
}

/* Alarms: -PT1080M and -PT18H are one span, servers write either. */
static bool canonical_span(struct str *out, const struct contentline *line)
{
	struct event_span span;
	const char *value;
	size_t len;

	if (!contentline_is(line, "TRIGGER") &&
	    !contentline_is(line, "DURATION"))
		return false;
	value = contentline_value(line, &len);
	if (!event_span_parse(value, len, &span))
		return false;
	str_addf(out, ":%lld", (long long)
	    (span.sign * (span.days * 86400 + span.secs)));
	return true;
}

/* Without a value: an empty property is as good as none, and parameters kept
 * for a field ("SUMMARY;LANGUAGE=de:") mean nothing by themselves. */
static bool says_nothing(const struct contentline *line)
{
	static const char *const fields[] = { "SUMMARY", "LOCATION",
	    "DESCRIPTION", "STATUS", "TRANSP", "DTSTART", "DTEND", "DURATION",
	    "RECURRENCE-ID", "UID" };

	if (line->value_at - 1 == line->name_len)
		return true;
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
		if (name_is(line->text, line->name_len, fields[i]))
			return true;
	return false;
}

static bool canonical_line(struct pool *pool, const char *text, size_t len,
    struct str *out)
{
	struct contentline line;
	const char *value;
	size_t value_len;
	bool is_list;

	if (!contentline_split(text, len, &line))
		return false;
	if (is_ignored(line.text, line.name_len))
		return false;
	value = contentline_value(&line, &value_len);
	if (!value_len && says_nothing(&line))
		return false;
	is_list = name_is(line.text, line.name_len, "CATEGORIES") ||
	    name_is(line.text, line.name_len, "RESOURCES");
	add_upper(out, line.text, line.name_len);
	if (line.value_at - 1 > line.name_len)
		canonical_params(pool, &line, out);
	if (canonical_span(out, &line))
		return true;
	str_addc(out, ':');
	canonical_value(out, value, value_len, is_list);
	return true;
}

static void sort_into(struct str *out, struct slice *list, size_t count)
{
	qsort(list, count, sizeof(*list), slice_cmp);
	for (size_t i = 0; i < count; i++) {
		str_addn(out, list[i].text, list[i].len);
		str_addc(out, '\n');
	}
}

static size_t count_lines(const char *text, size_t len)
{
	size_t count = 1;

	for (size_t i = 0; i < len; i++)
		count += text[i] == '\n';
	return count;
}

/* Entries of text, canonical and sorted. */
static void canonical_entries(struct pool *pool, const char *text, size_t len,
    struct str *out)
{
	const char *at = text, *entry;
	size_t entry_len, count = 0;
	struct slice *list;

	if (!len)
		return;
	list = pool_array(pool, count_lines(text, len), sizeof(*list));
	while (contentline_next_entry(&at, &entry, &entry_len)) {
		struct str s;

		str_init(&s, pool, EVENT_TEXT_MAX);
		if (event_canonical_entry(pool, entry, entry_len, &s))
			list[count++] = (struct slice){ s.data, s.len };
	}
	sort_into(out, list, count);
}

bool event_canonical_entry(struct pool *pool, const char *entry, size_t len,
    struct str *out)
{
	const char *first, *last;

	if (len < 6 || strncasecmp(entry, "BEGIN:", 6) != 0)
		return canonical_line(pool, entry, len, out);
	first = memchr(entry, '\n', len);
	last = memrchr(entry, '\n', len);
	add_upper(out, entry, first ? (size_t)(first - entry) : len);
	str_addc(out, '\n');
	if (first && last > first) {
		size_t inner = (size_t)(last - first - 1);

		canonical_entries(pool, pool_strndup(pool, first + 1, inner),
		    inner, out);
	}
	str_add(out, "END");
	return true;
}

static void add_field(struct str *out, const char *name, const char *text)
{
	if (!text || !*text)
		return;
	str_add(out, name);
	event_canonical_text(out, text);
	str_addc(out, '\n');
}

static void add_zone(struct str *out, const char *tzid)
{
	const char *known = tzid ? event_zone_known(tzid) : NULL;

	str_addc(out, ' ');
	event_canonical_text(out, known ? known : tzid ? tzid : "");
}

static bool same_zone(const char *a, const char *b)
{
	char name[128];
	const char *known = a ? event_zone_known(a) : NULL;

	if (!known)
		return false;
	(void)snprintf(name, sizeof(name), "%s", known);
	known = event_zone_known(b);
	return known && strcmp(known, name) == 0;
}

void event_canonical_time(struct str *out, const struct event_part *part)
{
	struct event_stamp s = { part->start, part->all_day,
	    part->zone_kind == EVENT_ZONE_UTC };

	event_stamp_format(out, &s);
	if (part->zone_kind == EVENT_ZONE_NAMED && !part->all_day)
		add_zone(out, part->tzid);
	str_addc(out, '/');
	s.wall = event_wall_end(part);
	event_stamp_format(out, &s);
	if (part->end_tzid && part->end.year && !part->all_day &&
	    !same_zone(part->tzid, part->end_tzid))
		add_zone(out, part->end_tzid);
}

/* UNTIL in the master's own form: DATE means the end of that day. */
static void canonical_until(struct str *out, struct pool *pool,
    const struct event *e, const char *text, size_t len)
{
	struct event_stamp s;

	if (!event_stamp_parse(text, len, &s)) {
		add_upper(out, text, len);
		return;
	}
	if (s.is_date && !e->master.all_day) {
		s.wall.hour = 23;
		s.wall.minute = s.wall.second = 59;
		s.is_date = false;
		s.is_utc = e->master.zone_kind == EVENT_ZONE_UTC;
	}
	if (!s.is_utc && e->master.zone_kind == EVENT_ZONE_UTC)
		s.is_utc = true;
	s = event_stamp_in_master(pool, e, &s,
	    s.is_utc ? NULL : e->master.tzid);
	event_stamp_format(out, &s);
}

static void canonical_rule(struct str *out, struct pool *pool,
    const struct event *e, const struct contentline *line)
{
	size_t len, count = 0;
	const char *v = contentline_value(line, &len);
	struct slice list[32];

	add_upper(out, line->text, line->name_len);
	for (size_t at = 0; at < len && count < 32; ) {
		const char *semi = memchr(v + at, ';', len - at);
		size_t n = semi ? (size_t)(semi - v) - at : len - at;
		struct str s;

		str_init(&s, pool, EVENT_TEXT_MAX);
		if (n > 6 && strncasecmp(v + at, "UNTIL=", 6) == 0) {
			str_add(&s, "UNTIL=");
			canonical_until(&s, pool, e, v + at + 6, n - 6);
		} else {
			add_upper(&s, v + at, n);
		}
		if (n && !str_eq(s.data, "INTERVAL=1") &&
		    !str_eq(s.data, "WKST=MO"))
			list[count++] = (struct slice){ s.data, s.len };
		at += n + 1;
	}
	qsort(list, count, sizeof(*list), slice_cmp);
	for (size_t i = 0; i < count; i++) {
		str_addc(out, i ? ';' : ':');
		str_addn(out, list[i].text, list[i].len);
	}
	str_addc(out, '\n');
}

struct slices { struct slice *list; size_t count, cap; };

static void push_slice(struct pool *pool, struct slices *to, struct str *s)
{
	if (to->count == to->cap) {
		size_t cap = to->cap ? to->cap * 2 : 16;

		to->list = pool_grow(pool, to->list, to->count, cap,
		    sizeof(*to->list));
		to->cap = cap;
	}
	to->list[to->count++] = (struct slice){ s->data, s->len };
}

static void canonical_dates(struct pool *pool, const struct event *e,
    const char *entry, size_t len, struct slices *to)
{
	struct event_dates dates;
	struct event_date d;
	int got;

	if (!event_dates_open(pool, entry, len, &dates))
		return;
	while ((got = event_dates_next(pool, e, &dates, &d)) != 0) {
		struct str s;

		if (got < 0)
			continue;
		str_init(&s, pool, EVENT_TEXT_MAX);
		add_upper(&s, dates.line.text, dates.line.name_len);
		str_addc(&s, ':');
		event_stamp_format(&s, &d.at);
		if (d.has_end) {
			struct event_stamp end = d.at;

			end.wall = d.end;
			str_addc(&s, '/');
			event_stamp_format(&s, &end);
		}
		push_slice(pool, to, &s);
	}
}

void event_canonical_recurrence(struct str *out, struct pool *pool,
    const struct event *e)
{
	const char *at = e->master.recurrence, *entry;
	struct slices dates = { 0 };
	size_t len;

	if (!at || !*at)
		return;
	while (contentline_next_entry(&at, &entry, &len)) {
		struct contentline line;

		if (!contentline_split(entry, len, &line))
			continue;
		if (contentline_is(&line, "RRULE") ||
		    contentline_is(&line, "EXRULE"))
			canonical_rule(out, pool, e, &line);
		else
			canonical_dates(pool, e, entry, len, &dates);
	}
	if (!dates.count)
		return;
	qsort(dates.list, dates.count, sizeof(*dates.list), slice_cmp);
	for (size_t i = 0; i < dates.count; i++) {
		if (i && slice_cmp(&dates.list[i - 1], &dates.list[i]) == 0)
			continue;
		str_addn(out, dates.list[i].text, dates.list[i].len);
		str_addc(out, '\n');
	}
}

void event_canonical_part(struct str *out, struct pool *pool,
    const struct event *e, const struct event_part *part)
{
	add_field(out, "RECURRENCE-ID:", part->recurrence_id);
	str_add(out, "TIME:");
	event_canonical_time(out, part);
	str_addc(out, '\n');
	add_field(out, "SUMMARY:", part->summary);
	add_field(out, "LOCATION:", part->location);
	add_field(out, "DESCRIPTION:", part->description);
	add_field(out, "STATUS:", part->status);
	add_field(out, "TRANSP:", part->transp);
	if (!part->recurrence_id)
		event_canonical_recurrence(out, pool, e);
	canonical_entries(pool, part->extra, strlen(part->extra), out);
}

char *event_canonical(struct pool *pool, const struct event *e)
{
	struct str out;

	str_init(&out, pool, EVENT_TEXT_MAX * 2);
	str_addf(&out, "%d\n", EVENT_CANONICAL_VERSION);
	add_field(&out, "UID:", e->uid);
	if (e->kind && !str_eq(e->kind, "event"))
		add_field(&out, "KIND:", e->kind);
	if (e->has_master)
		event_canonical_part(&out, pool, e, &e->master);
	for (size_t i = 0; i < e->override_count; i++)
		event_canonical_part(&out, pool, e, &e->overrides[i]);
	if (!str_ok(&out))
		die("canonical form of an event over %d bytes",
		    EVENT_TEXT_MAX * 2);
	return out.data;
}

struct digest event_hash(struct pool *pool, const struct event *e)
{
	struct pool *scratch = pool_new(pool);
	const char *text = event_canonical(scratch, e);
	struct digest d = digest_sha256(text, strlen(text));

	pool_free(scratch);
	return d;
}
