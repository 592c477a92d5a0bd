/* Spellings of time and the master's own form. Must not know about objects
 * beyond one line. */
#include "model/event_time.h"
#include <string.h>
#include <strings.h>
#include "util/banned.h"

static bool digits(const char *s, size_t n, int *out)
{
	int value = 0;

	for (size_t i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9')
			return false;
		value = value * 10 + (s[i] - '0');
	}
	*out = value;
	return true;
}

bool event_stamp_parse(const char *text, size_t len, struct event_stamp *out)
{
	struct event_stamp s = { 0 };
	struct wall *w = &s.wall;

	while (len && (*text == ' ' || *text == '\t')) {
		text++;
		len--;
	}
	while (len && (text[len - 1] == ' ' || text[len - 1] == '\t'))
		len--;
	if (len != 8 && len != 15 && len != 16)
		return false;
	if (!digits(text, 4, &w->year) || !digits(text + 4, 2, &w->month) ||
	    !digits(text + 6, 2, &w->day))
		return false;
	s.is_date = len == 8;
	if (!s.is_date) {
		if ((text[8] != 'T' && text[8] != 't') ||
		    !digits(text + 9, 2, &w->hour) ||
		    !digits(text + 11, 2, &w->minute) ||
		    !digits(text + 13, 2, &w->second))
			return false;
		if (len == 16 && text[15] != 'Z' && text[15] != 'z')
			return false;
		s.is_utc = len == 16;
		if (w->second == 60)	/* a leap second */
			w->second = 59;
	}
	if (!wall_valid(w))
		return false;
	*out = s;
	return true;
}

static void put_digits(char *at, int value, int count)
{
	while (count-- > 0) {
		at[count] = (char)('0' + value % 10);
		value /= 10;
	}
}

void event_stamp_format(struct str *out, const struct event_stamp *s)
{
	char text[16];
	const struct wall *w = &s->wall;

	put_digits(text, w->year, 4);
	put_digits(text + 4, w->month, 2);
	put_digits(text + 6, w->day, 2);
	text[8] = 'T';
	put_digits(text + 9, w->hour, 2);
	put_digits(text + 11, w->minute, 2);
	put_digits(text + 13, w->second, 2);
	text[15] = 'Z';
	str_addn(out, text, s->is_date ? 8 : s->is_utc ? 16 : 15);
}

static bool span_unit(char c, int64_t n, struct event_span *s)
{
	switch (c) {
	case 'W': case 'w':
		s->days += n * 7;
		return true;
	case 'D': case 'd':
		s->days += n;
		return true;
	case 'H': case 'h':
		s->secs += n * 3600;
		return true;
	case 'M': case 'm':
		s->secs += n * 60;
		return true;
	case 'S': case 's':
		s->secs += n;
		return true;
	default:
		return false;
	}
}

bool event_span_parse(const char *text, size_t len, struct event_span *out)
{
	struct event_span s = { .sign = 1 };
	size_t i = 0;
	bool any = false;

	if (i < len && (text[i] == '+' || text[i] == '-'))
		s.sign = text[i++] == '-' ? -1 : 1;
	if (i == len || (text[i] != 'P' && text[i] != 'p'))
		return false;
	for (i++; i < len; ) {
		int64_t n = 0;
		size_t from = i;

		if (text[i] == 'T' || text[i] == 't') {
			i++;
			continue;
		}
		for (; i < len && text[i] >= '0' && text[i] <= '9'; i++)
			if ((n = n * 10 + (text[i] - '0')) > 100000000)
				return false;
		if (i == from || i == len || !span_unit(text[i], n, &s))
			return false;
		any = true;
		i++;
	}
	if (s.days > 73000 || s.secs > INT64_C(6400000000))
		return false;
	*out = s;
	return any;
}

const struct zone *event_part_zone(struct pool *pool, const struct event *e,
    const struct event_part *part)
{
	const char *name;

	if (part->zone_kind != EVENT_ZONE_NAMED || part->all_day)
		return NULL;
	name = event_zone_iana(pool, e, part->tzid);
	return name ? zone_find(name) : NULL;
}

struct wall event_wall_end(const struct event_part *part)
{
	struct event_span s;
	struct wall end = part->start;

	if (part->end.year) {
		end = part->end;
	} else if (part->duration && event_span_parse(part->duration,
	    strlen(part->duration), &s)) {
		if (s.sign > 0) {
			end = wall_add_days(&end, (int)s.days);
			end = wall_add_secs(&end, s.secs);
		}
	}
	if (part->all_day) {
		end.hour = end.minute = end.second = 0;
		if (wall_cmp(&end, &part->start) <= 0)
			end = wall_add_days(&part->start, 1);
	} else if (!part->end_tzid && wall_cmp(&end, &part->start) < 0) {
		end = part->start;
	}
	return end;
}

struct event_stamp event_stamp_in_master(struct pool *pool,
    const struct event *e, const struct event_stamp *value, const char *tzid)
{
	const struct event_part *m = &e->master;
	struct event_stamp out = { .wall = value->wall };
	const struct zone *to, *from = NULL;

	out.is_date = m->all_day;
	out.is_utc = !m->all_day && m->zone_kind == EVENT_ZONE_UTC;
	if (m->all_day) {
		out.wall.hour = out.wall.minute = out.wall.second = 0;
		return out;
	}
	if (value->is_date) {
		out.wall.hour = m->start.hour;
		out.wall.minute = m->start.minute;
		out.wall.second = m->start.second;
		return out;
	}
	if (value->is_utc == out.is_utc && (value->is_utc ||
	    (m->zone_kind == EVENT_ZONE_NAMED && str_eq(tzid, m->tzid)) ||
	    (m->zone_kind == EVENT_ZONE_FLOATING && !tzid)))
		return out;
	if (!value->is_utc) {
		const char *name = tzid ? event_zone_iana(pool, e, tzid) : NULL;

		from = name ? zone_find(name) : NULL;
		if (!from)
			return out;
	}
	to = event_part_zone(pool, e, m);
	if (!to && !out.is_utc) {
		out.is_utc = value->is_utc;	/* no way to tell: as it is */
		return out;
	}
	when_t t = from ? zone_to_utc(from, &value->wall) :
	    wall_to_utc(&value->wall);
	out.wall = out.is_utc ? wall_from_utc(t) : zone_from_utc(to, t);
	return out;
}

bool event_dates_open(struct pool *pool, const char *entry, size_t len,
    struct event_dates *out)
{
	*out = (struct event_dates){ 0 };
	if (!contentline_split(entry, len, &out->line))
		return false;
	if (out->line.value_at - 1 > out->line.name_len)
		out->tzid = contentline_param(pool, &out->line, "TZID");
	return true;
}

/* "start/end" or "start/duration": the end. */
static bool period_end(struct pool *pool, const struct event *e,
    const struct event_dates *d, const char *text, size_t len,
    struct event_date *out)
{
	struct event_stamp end;
	struct event_span s;

	if (event_stamp_parse(text, len, &end)) {
		out->end = event_stamp_in_master(pool, e, &end, d->tzid).wall;
	} else if (event_span_parse(text, len, &s) && s.sign > 0) {
		out->end = wall_add_days(&out->at.wall, (int)s.days);
		out->end = wall_add_secs(&out->end, s.secs);
	} else {
		return false;
	}
	out->has_end = true;
	return true;
}

int event_dates_next(struct pool *pool, const struct event *e,
    struct event_dates *dates, struct event_date *out)
{
	size_t total, len;
	const char *value = contentline_value(&dates->line, &total), *comma;
	const char *text, *slash;
	struct event_stamp stamp;

	do {
		if (dates->at >= total)
			return 0;
		text = value + dates->at;
		comma = memchr(text, ',', total - dates->at);
		len = comma ? (size_t)(comma - text) : total - dates->at;
		dates->at += len + 1;
	} while (len == 0);
	*out = (struct event_date){ 0 };
	slash = memchr(text, '/', len);
	if (!event_stamp_parse(text, slash ? (size_t)(slash - text) : len,
	    &stamp))
		return -1;
	out->was_date = stamp.is_date && !e->master.all_day;
	out->at = event_stamp_in_master(pool, e, &stamp, dates->tzid);
	if (slash && !period_end(pool, e, dates, slash + 1,
	    len - (size_t)(slash - text) - 1, out))
		return -1;
	return 1;
}

void event_time_take(struct event_part *to, const struct event_part *from)
{
	to->start = from->start;
	to->end = from->end;
	to->duration = from->duration;
	to->all_day = from->all_day;
	to->zone_kind = from->zone_kind;
	to->tzid = from->tzid;
	to->end_tzid = from->end_tzid;
}
