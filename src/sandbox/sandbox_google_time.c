/* Times of Google's events: read, checked, shown. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "sandbox/sandbox_google_event.h"
#include "util/str.h"
#include "util/banned.h"

bool
sandbox_google_wrong(struct sandbox_google_wrong *w, int status,
    const char *reason, const char *fmt, ...)
{
	va_list ap;

	w->status = status;
	w->reason = reason;
	va_start(ap, fmt);
	vsnprintf(w->message, sizeof(w->message), fmt, ap);
	va_end(ap);
	return false;
}

const struct zone *
sandbox_google_zone(const struct sandbox_google_where *at)
{
	const struct zone *zone = zone_find(sandbox_text(
	    sandbox_google_calendar(at->sb, at->calendar), "timeZone"));

	return zone ? zone : zone_find("UTC");
}

bool
sandbox_google_time_parse(const char *text, const struct zone *zone,
    when_t *out)
{
	char whole[48];
	struct wall w;

	if (when_parse(text, out))
		return true;
	if (!zone || strlen(text) + 2 > sizeof(whole))
		return false;
	snprintf(whole, sizeof(whole), "%sZ", text);
	if (!when_parse(whole, out))
		return false;
	w = wall_from_utc(*out);
	*out = zone_to_utc(zone, &w);
	return true;
}

char *
sandbox_google_time_format(struct pool *pool, const struct zone *zone,
    when_t t)
{
	struct wall w = zone_from_utc(zone, t);
	int offset = zone_offset_secs(zone, t) / 60, size;
	char sign = offset < 0 ? '-' : '+';

	size = offset < 0 ? -offset : offset;
	return pool_printf(pool, offset == 0 ? "%04d-%02d-%02dT%02d:%02d:%02dZ" :
	    "%04d-%02d-%02dT%02d:%02d:%02d%c%02d:%02d", w.year, w.month, w.day,
	    w.hour, w.minute, w.second, sign, size / 60, size % 60);
}

static bool
date_parse(const char *text, struct wall *out)
{
	char whole[24];
	when_t t;

	if (strlen(text) != 10)
		return false;
	snprintf(whole, sizeof(whole), "%sT00:00:00Z", text);
	if (!when_parse(whole, &t))
		return false;
	*out = wall_from_utc(t);
	return true;
}

bool
sandbox_google_time_check(const struct sandbox_google_where *at, json_t *time,
    const char *which, struct sandbox_google_wrong *w)
{
	json_t *date = json_object_get(time, "date");
	json_t *moment = json_object_get(time, "dateTime");
	const char *name = json_string_value(json_object_get(time, "timeZone"));
	const struct zone *zone = name ? zone_find(name) : sandbox_google_zone(at);
	struct wall day;
	when_t t;

	if (!date && !moment)
		return sandbox_google_wrong(w, 400, "required", "Missing %s time.",
		    which);
	if (name && !zone)
		return sandbox_google_wrong(w, 400, "invalid",
		    "Invalid time zone definition for %s time.", which);
	if ((date && moment) || (date && !(json_is_string(date) &&
	    date_parse(json_string_value(date), &day))) || (moment &&
	    !(json_is_string(moment) && sandbox_google_time_parse(
	    json_string_value(moment), zone, &t))))
		return sandbox_google_wrong(w, 400, "invalid", "Invalid %s time.",
		    which);
	if (date) {
		json_object_del(time, "timeZone");
		return true;
	}
	t -= ((t % WHEN_SEC) + WHEN_SEC) % WHEN_SEC;
	json_object_set_new(time, "dateTime",
	    json_string(when_format(at->pool, t)));
	return true;
}

static struct wall
read_wall(const json_t *time, const struct zone *zone)
{
	struct wall w = { 1970, 1, 1, 0, 0, 0 };
	when_t t = 0;

	if (json_object_get(time, "date"))
		(void)date_parse(sandbox_text(time, "date"), &w);
	else if (when_parse(sandbox_text(time, "dateTime"), &t))
		w = zone_from_utc(zone, t);
	return w;
}

static when_t
read_when(const json_t *time, const struct zone *zone)
{
	struct wall w = read_wall(time, zone);
	when_t t;

	if (json_object_get(time, "date") ||
	    !when_parse(sandbox_text(time, "dateTime"), &t))
		return zone_to_utc(zone, &w);
	return t;
}

struct sandbox_google_span
sandbox_google_span(const struct sandbox_google_where *at, const json_t *event)
{
	const json_t *start = json_object_get(event, "start");
	const json_t *end = json_object_get(event, "end");
	const char *name = json_string_value(json_object_get(start, "timeZone"));
	struct sandbox_google_span s = { .all_day =
	    json_object_get(start, "date") != NULL };

	s.zone = name ? zone_find(name) : NULL;
	if (!s.zone)
		s.zone = sandbox_google_zone(at);
	s.start = read_wall(start, s.zone);
	s.end = read_wall(end, s.zone);
	s.from = read_when(start, s.zone);
	s.until = read_when(end, s.zone);
	return s;
}

json_t *
sandbox_google_time_show(struct pool *pool, const struct zone *zone,
    const json_t *time)
{
	json_t *out = json_copy((json_t *)(uintptr_t)time);
	when_t t;

	if (when_parse(sandbox_text(time, "dateTime"), &t))
		json_object_set_new(out, "dateTime",
		    json_string(sandbox_google_time_format(pool, zone, t)));
	return out;
}
