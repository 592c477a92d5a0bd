/* One {"date"} or {"dateTime", "timeZone"} of Google's, and zones by their
 * names. Must not know events. */
#include <stdio.h>
#include <string.h>
#include "providers/google_map_p.h"
#include "util/banned.h"

bool google_map_told_is_utc(const char *zone)
{
	return str_eq(zone, "UTC") || str_eq(zone, "Etc/UTC");
}

when_t google_map_time_at(const char *zone, const struct wall *w)
{
	const struct zone *z = google_map_told_is_utc(zone) ? NULL : zone_find(zone);

	return z ? zone_to_utc(z, w) : wall_to_utc(w);
}

struct wall google_map_time_wall(const char *zone, when_t at)
{
	const struct zone *z = google_map_told_is_utc(zone) ? NULL : zone_find(zone);

	return z ? zone_from_utc(z, at) : wall_from_utc(at);
}

const char *google_map_time_home(struct pool *pool,
    const struct google_map_context *ctx)
{
	const char *zone = ctx && ctx->calendar_zone && *ctx->calendar_zone ?
	    event_zone_iana(pool, NULL, ctx->calendar_zone) : NULL;

	return zone && !google_map_told_is_utc(zone) ? zone : "UTC";
}

static bool read_date(const char *text, struct google_map_told *out)
{
	when_t t;
	char full[] = "0000-00-00T00:00:00Z";

	if (strlen(text) != 10)
		return false;
	memcpy(full, text, 10);
	if (!when_parse(full, &t))
		return false;
	out->date = wall_from_utc(t);
	out->at = t;
	return true;
}

/* With an offset it is an instant; without, a wall time in the zone. */
static bool read_date_time(struct pool *pool, const char *text,
    struct google_map_told *out)
{
	when_t t;
	struct wall w;

	if (strlen(text) > 40)
		return false;
	if (!when_parse(text, &t)) {
		if (!when_parse(pool_printf(pool, "%sZ", text), &t))
			return false;
		w = wall_from_utc(t);
		t = google_map_time_at(out->zone, &w);
	}
	w = wall_from_utc(t);	/* whole seconds */
	out->at = wall_to_utc(&w);
	return true;
}

static const char *known_zone(struct pool *pool, const char *name,
    const char *fallback)
{
	const char *zone = name ? event_zone_iana(pool, NULL, name) : NULL;

	return !zone ? fallback : google_map_told_is_utc(zone) ? "UTC" : zone;
}

bool google_map_told_read(struct pool *pool, const json_t *item,
    const char *key, struct google_map_told *out, struct err *err)
{
	const json_t *member = google_map_member(item, key);
	const char *date, *date_time, *zone, *fallback = out->zone;

	*out = (struct google_map_told){ 0 };
	if (!json_is_object(member))
		return google_map_bad(err, "Google's event has no readable "
		    "\"%s\".", key);
	if (!google_map_text(member, "date", &date, err) ||
	    !google_map_text(member, "dateTime", &date_time, err) ||
	    !google_map_text(member, "timeZone", &zone, err))
		return false;
	out->zone = known_zone(pool, zone, fallback);
	out->is_date = date != NULL;
	if (!date == !date_time || (date ? !read_date(date, out) :
	    !read_date_time(pool, date_time, out)))
		return google_map_bad(err, "The \"%s\" of Google's event, "
		    "\"%.40s\", cannot be read.", key,
		    date ? date : date_time ? date_time : "");
	return true;
}

json_t *google_map_told_date(const struct wall *w)
{
	return json_pack("{s:o}", "date", json_sprintf("%04d-%02d-%02d",
	    w->year, w->month, w->day));
}

json_t *google_map_told_time(const char *zone, when_t at)
{
	const struct zone *z = google_map_told_is_utc(zone) ? NULL : zone_find(zone);
	int offset = z ? zone_offset_secs(z, at) : 0;
	struct wall w;
	char suffix[16] = "Z";

	if (offset % 60)	/* local mean time: no such offset in RFC 3339 */
		offset = 0;
	w = wall_from_utc(at + offset * WHEN_SEC);
	if (offset) {
		int minutes = (offset < 0 ? -offset : offset) / 60;

		(void)snprintf(suffix, sizeof(suffix), "%c%02d:%02d",
		    offset < 0 ? '-' : '+', minutes / 60 % 100, minutes % 60);
	}
	return json_pack("{s:o, s:s}", "dateTime",
	    json_sprintf("%04d-%02d-%02dT%02d:%02d:%02d%s", w.year, w.month,
	    w.day, w.hour, w.minute, w.second, suffix), "timeZone", zone);
}
