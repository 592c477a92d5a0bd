/* Spelling of events as content lines. Must not know objects already there. */
#include "providers/ical_out.h"
#include <string.h>
#include <strings.h>
#include "model/event_time.h"
#include "util/banned.h"

void ical_out_line(struct ical_out *o, const char *line)
{
	contentline_fold(&o->text, line, strlen(line));
}

void ical_out_stamp(struct ical_out *o, const char *name)
{
	struct event_stamp s = { wall_from_utc(o->now), false, true };

	str_addf(&o->text, "%s:", name);
	event_stamp_format(&o->text, &s);
	str_add(&o->text, "\r\n");
}

void ical_out_head(struct ical_out *o)
{
	str_add(&o->text, "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n"
	    "PRODID:-//Hawser//Hawser//EN\r\n");
}

/* "SUMMARY;LANGUAGE=de:" */
static bool is_field_entry(const char *entry, size_t len, const char *name)
{
	size_t n = strlen(name);

	return len > n + 1 && entry[n] == ';' && entry[len - 1] == ':' &&
	    strncasecmp(entry, name, n) == 0;
}

bool ical_out_is_carrier(const char *entry, size_t len)
{
	for (unsigned f = 0; f < ICAL_KIND; f++)
		if (is_field_entry(entry, len, ical_field_name[f])) {
			struct contentline line;

			return contentline_split(entry, len, &line) &&
			    line.value_at == len;
		}
	return false;
}

static void add_carried(struct str *out, const struct event_part *part,
    enum ical_field field)
{
	const char *name = ical_field_name[field], *at = part->extra, *entry;
	size_t len, n = strlen(name);

	while (contentline_next_entry(&at, &entry, &len))
		if (is_field_entry(entry, len, name) &&
		    ical_out_is_carrier(entry, len)) {
			str_addn(out, entry + n, len - n - 1);
			return;
		}
}

static void add_time(struct str *out, const struct wall *w, bool all_day,
    const char *tzid, bool utc)
{
	struct event_stamp s = { *w, all_day, utc };

	if (all_day)
		str_add(out, ";VALUE=DATE");
	else if (tzid && !utc)
		contentline_add_param(out, "TZID", tzid);
	str_addc(out, ':');
	event_stamp_format(out, &s);
}

static bool is_utc(const struct event_part *part)
{
	return part->zone_kind == EVENT_ZONE_UTC;
}

static const char *zone_of(const struct event_part *part)
{
	return part->zone_kind == EVENT_ZONE_NAMED ? part->tzid : NULL;
}

static bool add_end(struct str *out, const struct event_part *part)
{
	const char *tzid = part->end_tzid ? part->end_tzid : zone_of(part);

	if (!part->end.year)
		return false;
	add_time(out, &part->end, part->all_day, tzid,
	    part->end_tzid ? str_eq(tzid, "UTC") : is_utc(part));
	return true;
}

static bool add_rid(struct str *out, const struct event *e, const char *key)
{
	struct event_stamp s;

	if (!key || !event_stamp_parse(key, strlen(key), &s))
		return false;
	add_time(out, &s.wall, s.is_date, zone_of(&e->master), s.is_utc);
	return true;
}

static bool add_text(struct str *out, const char *text)
{
	if (!text || !*text)
		return false;
	str_addc(out, ':');
	contentline_escape(out, text);
	return true;
}

static bool add_plain(struct str *out, const char *text)
{
	if (!text || !*text)
		return false;
	str_addf(out, ":%s", text);
	return true;
}

static bool add_value(struct ical_out *o, struct str *out,
    const struct event_part *part, enum ical_field field)
{
	switch (field) {
	case ICAL_UID:
		return add_plain(out, o->e->uid);
	case ICAL_SUMMARY:
		return add_text(out, part->summary);
	case ICAL_LOCATION:
		return add_text(out, part->location);
	case ICAL_DESCRIPTION:
		return add_text(out, part->description);
	case ICAL_STATUS:
		return add_plain(out, part->status);
	case ICAL_TRANSP:
		return add_plain(out, part->transp);
	case ICAL_START:
		add_time(out, &part->start, part->all_day, zone_of(part),
		    is_utc(part));
		return true;
	case ICAL_END:
		return add_end(out, part);
	case ICAL_DURATION:
		return !part->end.year && add_plain(out, part->duration);
	case ICAL_RECURRENCE_ID:
		return add_rid(out, o->e, part->recurrence_id);
	case ICAL_KIND:
		return !part->recurrence_id && !str_eq(o->e->kind, "event") &&
		    add_plain(out, o->e->kind);
	default:
		return false;
	}
}

char *ical_out_field(struct ical_out *o, const struct event_part *part,
    enum ical_field field)
{
	struct str out;

	str_init(&out, o->pool, ICAL_TEXT_MAX);
	str_add(&out, ical_field_name[field]);
	add_carried(&out, part, field);
	return add_value(o, &out, part, field) ? out.data : NULL;
}

/* UNTIL is a date for dates and UTC for the rest, unless floating. */
static void add_until(struct ical_out *o, struct str *out, const char *text,
    size_t len)
{
	const struct event_part *m = &o->e->master;
	const struct zone *zone = event_part_zone(o->pool, o->e, m);
	struct event_stamp s;

	if (!event_stamp_parse(text, len, &s) || m->all_day == s.is_date) {
		if (!event_stamp_parse(text, len, &s) || s.is_date ||
		    s.is_utc == (zone || is_utc(m))) {
			str_addn(out, text, len);
			return;
		}
	}
	if (m->all_day) {
		s.is_date = true;
	} else {
		if (s.is_date) {
			s.wall.hour = 23;
			s.wall.minute = s.wall.second = 59;
		}
		if (!s.is_utc && zone)
			s.wall = wall_from_utc(zone_to_utc(zone, &s.wall));
		s.is_date = false;
		s.is_utc = s.is_utc || zone || is_utc(m);
	}
	event_stamp_format(out, &s);
}

const char *ical_out_spelt(struct ical_out *o, const char *entry, size_t len,
    size_t *len_out)
{
	struct str line;

	*len_out = len;
	if (o->is_override || len <= 6 ||
	    strncasecmp(entry, "RRULE:", 6) != 0)
		return entry;
	str_init(&line, o->pool, ICAL_TEXT_MAX);
	str_addn(&line, entry, 6);
	for (const char *p = entry + 6, *end = entry + len; p < end; ) {
		const char *semi = memchr(p, ';', (size_t)(end - p));
		size_t n = (size_t)((semi ? semi : end) - p);

		if (n > 6 && strncasecmp(p, "UNTIL=", 6) == 0) {
			str_addn(&line, p, 6);
			add_until(o, &line, p + 6, n - 6);
		} else {
			str_addn(&line, p, n);
		}
		if (semi)
			str_addc(&line, ';');
		p += n + 1;
	}
	*len_out = line.len;
	return line.data;
}

void ical_out_entry(struct ical_out *o, const char *entry, size_t len)
{
	size_t n;

	if (len >= 4 && strncasecmp(entry, "END:", 4) == 0)
		return;		/* would close what it did not open */
	entry = ical_out_spelt(o, entry, len, &len);
	for (const char *p = entry, *end = entry + len; p < end; ) {
		const char *lf = memchr(p, '\n', (size_t)(end - p));

		n = lf ? (size_t)(lf - p) : (size_t)(end - p);
		contentline_fold(&o->text, p, n);
		p += n + 1;
	}
}

static void add_entries(struct ical_out *o, const char *list)
{
	const char *at = list ? list : "", *entry;
	size_t len;

	while (contentline_next_entry(&at, &entry, &len))
		if (!ical_out_is_carrier(entry, len))
			ical_out_entry(o, entry, len);
}

void ical_out_component(struct ical_out *o, const struct event_part *part)
{
	o->is_override = part->recurrence_id != NULL;
	str_add(&o->text, "BEGIN:VEVENT\r\n");
	for (unsigned f = ICAL_UID; f <= ICAL_KIND; f++) {
		char *line = ical_out_field(o, part, (enum ical_field)f);

		if (line)
			ical_out_line(o, line);
		if (f == ICAL_UID)
			ical_out_stamp(o, "DTSTAMP");
	}
	if (!part->recurrence_id)
		add_entries(o, part->recurrence);
	add_entries(o, part->extra);
	str_add(&o->text, "END:VEVENT\r\n");
}

/* ---- zones ---- */

static bool has_line(const struct str *list, const char *line)
{
	size_t n = strlen(line);

	for (const char *p = list->data; (p = strstr(p, line)) != NULL; p += n)
		if ((p == list->data || p[-1] == '\n') && p[n] == '\n')
			return true;
	return false;
}

static bool names_zone(const char *block, size_t len, const char *tzid)
{
	for (const char *p = block, *end = block + len; p < end; ) {
		const char *lf = memchr(p, '\n', (size_t)(end - p));
		size_t n = lf ? (size_t)(lf - p) : (size_t)(end - p);

		if (n == strlen(tzid) + 5 && strncasecmp(p, "TZID:", 5) == 0 &&
		    strncmp(p + 5, tzid, n - 5) == 0)
			return true;
		p += n + 1;
	}
	return false;
}

static void add_zone(struct ical_out *o, struct str *have, const char *tzid)
{
	const char *at = o->e->zones ? o->e->zones : "", *block, *iana;
	struct wall now = wall_from_utc(o->now);
	const struct zone *zone;
	size_t len;
	char *text;

	if (!tzid || str_eq(tzid, "UTC") || has_line(have, tzid))
		return;
	str_addf(have, "%s\n", tzid);
	while (contentline_next_entry(&at, &block, &len))
		if (names_zone(block, len, tzid)) {
			ical_out_entry(o, block, len);
			return;
		}
	iana = event_zone_iana(o->pool, o->e, tzid);
	zone = iana ? zone_find(iana) : NULL;
	if (!zone)
		return;
	text = ical_zone_text(o->pool, zone, tzid, o->first_year ?
	    o->first_year : o->e->master.start.year, now.year);
	ical_out_entry(o, text, strlen(text));
}

static void add_listed_zones(struct ical_out *o, struct str *have,
    const char *list)
{
	const char *at = list ? list : "", *entry;
	struct contentline line;
	size_t len;

	while (contentline_next_entry(&at, &entry, &len))
		if (contentline_split(entry, len, &line))
			add_zone(o, have, ical_tzid(o->pool, &line));
}

void ical_out_zones(struct ical_out *o, struct str *have)
{
	const struct event *e = o->e;

	add_zone(o, have, zone_of(&e->master));
	add_zone(o, have, e->master.end_tzid);
	add_listed_zones(o, have, e->master.recurrence);
	for (size_t i = 0; i < e->override_count; i++) {
		add_zone(o, have, zone_of(&e->overrides[i]));
		add_zone(o, have, e->overrides[i].end_tzid);
		add_listed_zones(o, have, e->overrides[i].extra);
	}
	add_listed_zones(o, have, e->master.extra);
}
