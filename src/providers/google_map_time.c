/* Google's start, end and originalStartTime, and the model's times. Must not
 * know the other members of an event. */
#include <string.h>
#include "model/event_series.h"
#include "model/event_time.h"
#include "model/recur.h"
#include "providers/google_map_p.h"
#include "util/banned.h"

struct native {			/* without our own marks */
	struct event_part part;
	const char *zone, *end_zone;
	when_t start, end;
};

static bool exact(const char *zone, when_t at, struct wall *out)
{
	*out = google_map_time_wall(zone, at);
	return google_map_time_at(zone, out) == at;
}

static void native_all_day(struct native *n)
{
	n->part.all_day = true;
	n->part.start = wall_from_utc(n->start);
	n->part.end = wall_from_utc(n->end);
}

/* The second hour of a clock that goes back has no wall time of its own: such
 * an end is told in UTC, and such a start, unless a series hangs on it. */
static void native_timed(struct native *n, bool is_series)
{
	struct event_part *p = &n->part;
	bool same = str_eq(n->zone, n->end_zone);

	if (!exact(n->zone, n->start, &p->start) && !is_series) {
		if (same)
			n->end_zone = "UTC";
		n->zone = "UTC";
		p->start = wall_from_utc(n->start);
		same = str_eq(n->zone, n->end_zone);
	}
	if (!exact(n->end_zone, n->end, &p->end) ||
	    (same && wall_cmp(&p->end, &p->start) < 0)) {
		n->end_zone = "UTC";
		p->end = wall_from_utc(n->end);
	}
	p->zone_kind = google_map_told_is_utc(n->zone) ? EVENT_ZONE_UTC : EVENT_ZONE_NAMED;
	p->tzid = google_map_told_is_utc(n->zone) ? NULL : n->zone;
	if (!str_eq(n->zone, n->end_zone))
		p->end_tzid = n->end_zone;
}

static bool read_native(struct pool *pool, const json_t *item,
    const struct google_map_frame *frame, struct native *out, struct err *err)
{
	struct google_map_told start = { .zone = frame->zone }, end;
	bool has_end = google_map_member(item, "end") != NULL;

	*out = (struct native){ 0 };
	if (!google_map_told_read(pool, item, "start", &start, err))
		return false;
	end = start;
	if (has_end && !google_map_told_read(pool, item, "end", &end, err))
		return false;
	if (start.is_date != end.is_date)
		return google_map_bad(err, "Google's event begins with a date "
		    "and ends with a time, or the other way round.");
	if (end.at < start.at)
		return google_map_bad(err, "Google's event ends before it "
		    "starts.");
	out->zone = start.is_date ? frame->zone : start.zone;
	out->end_zone = start.is_date ? frame->zone : end.zone;
	out->start = start.at;
	out->end = end.at;
	if (start.is_date)
		native_all_day(out);
	else
		native_timed(out, frame->is_series);
	if (!has_end || google_map_flag(item, "endTimeUnspecified")) {
		out->part.end = (struct wall){ 0 };
		out->part.end_tzid = NULL;
	}
	return true;
}

/* ---- our own spelling, believed as long as Google's times are those that
 * were written with it ---- */

static void add_stamp(struct str *out, const struct wall *w, bool is_date,
    bool utc)
{
	struct event_stamp s = { *w, is_date, utc };

	event_stamp_format(out, &s);
}

static char *guard_of(struct pool *pool, const struct native *n)
{
	struct wall start = wall_from_utc(n->start), end = wall_from_utc(n->end);
	struct str out;

	str_init(&out, pool, GOOGLE_MAP_PIECE);
	add_stamp(&out, &start, false, true);
	str_addf(&out, " %s/", n->zone);
	add_stamp(&out, &end, false, true);
	str_addf(&out, " %s", n->end_zone);
	return out.data;
}

static char *spell(struct pool *pool, const struct native *n,
    const struct event_part *part)
{
	struct str out;

	str_init(&out, pool, GOOGLE_MAP_PIECE);
	str_addf(&out, "%s|", guard_of(pool, n));
	add_stamp(&out, &part->start, false,
	    part->zone_kind == EVENT_ZONE_UTC);
	str_addf(&out, "|%s|", part->zone_kind == EVENT_ZONE_NAMED ?
	    part->tzid : "");
	if (part->end.year)
		add_stamp(&out, &part->end, false, false);
	str_addf(&out, "|%s|%s", part->end_tzid ? part->end_tzid : "",
	    part->duration && !part->end.year ? part->duration : "");
	return str_ok(&out) ? out.data : NULL;
}

static bool zone_is_told(struct pool *pool, const json_t *item,
    const struct google_map_frame *frame, const char *tzid)
{
	return !*tzid || event_zone_iana(pool, NULL, tzid) ||
	    (!frame->is_series && !frame->master &&
	    *google_map_pieces(pool, item, "hawserZ"));
}

static bool unspell(struct pool *pool, const json_t *item,
    const struct google_map_frame *frame, const struct native *n,
    struct event_part *out)
{
	const char *text = google_map_private(item, "hawserTime");
	const char *field[6];
	struct event_stamp start, end = { 0 };

	if (!text || n->part.all_day)
		return false;
	for (int i = 0; i < 6; i++) {
		size_t len = strcspn(text, "|");

		field[i] = pool_strndup(pool, text, len);
		if (!text[len] != (i == 5))
			return false;
		text += len + 1;
	}
	if (!str_eq(field[0], guard_of(pool, n)) ||
	    !event_stamp_parse(field[1], strlen(field[1]), &start) ||
	    start.is_date || (*field[3] && (end.is_date ||
	    !event_stamp_parse(field[3], strlen(field[3]), &end))) ||
	    !zone_is_told(pool, item, frame, field[2]) ||
	    !zone_is_told(pool, item, frame, field[4]))
		return false;
	*out = (struct event_part){ .start = start.wall, .end = end.wall };
	out->zone_kind = start.is_utc ? EVENT_ZONE_UTC :
	    *field[2] ? EVENT_ZONE_NAMED : EVENT_ZONE_FLOATING;
	out->tzid = start.is_utc || !*field[2] ? NULL : field[2];
	out->end_tzid = *field[4] ? field[4] : NULL;
	out->duration = *field[5] ? field[5] : NULL;
	return true;
}

static void unpin(const json_t *item, const struct native *n,
    struct event_part *out)
{
	const char *zone = google_map_private(item, "hawserFloating");

	if (out->all_day || out->end_tzid || !zone || !str_eq(zone, n->zone))
		return;
	out->zone_kind = EVENT_ZONE_FLOATING;
	out->tzid = NULL;
}

bool google_map_time_read(struct pool *pool, const json_t *item,
    struct google_map_frame *frame, struct event_part *out, struct err *err)
{
	struct native n;
	struct event_part spelled;

	if (!read_native(pool, item, frame, &n, err))
		return false;
	unpin(item, &n, &n.part);
	event_time_take(out, unspell(pool, item, frame, &n, &spelled) ? &spelled :
	    &n.part);
	frame->zone = n.zone;
	return true;
}

/* ---- dates of a series ---- */

static const char *key_zone(struct pool *pool,
    const struct google_map_frame *frame)
{
	const struct event_part *m = frame->master;
	const char *zone = m && m->zone_kind == EVENT_ZONE_NAMED ?
	    event_zone_iana(pool, NULL, m->tzid) : NULL;

	return m && m->zone_kind == EVENT_ZONE_UTC ? "UTC" :
	    zone ? zone : frame->zone;
}

/* Where the clock leaves the series' own hour out, Google names the hour after:
 * the key is the series' own, all the same. */
static struct wall key_wall(const char *zone, const struct event_part *master,
    when_t at)
{
	struct wall w = google_map_time_wall(zone, at), own = w;

	own.hour = master->start.hour;
	own.minute = master->start.minute;
	own.second = master->start.second;
	return google_map_time_at(zone, &own) == at ? own : w;
}

bool google_map_time_original(struct pool *pool, const json_t *item,
    const struct google_map_frame *frame, const char **key_out,
    const char **told_out, struct err *err)
{
	const char *zone = key_zone(pool, frame);
	const struct event_part *m = frame->master;
	struct google_map_told told = { .zone = zone };
	struct wall w;
	struct str out;

	if (!google_map_told_read(pool, item, "originalStartTime", &told, err))
		return err_add(err, "A changed date of the series");
	str_init(&out, pool, 20);
	w = wall_from_utc(told.at);
	add_stamp(&out, &w, told.is_date, true);
	*told_out = out.data;
	if (m->all_day)
		w = told.is_date ? told.date :
		    google_map_time_wall(told.zone, told.at);
	else if (!told.is_date)
		w = key_wall(zone, m, told.at);
	else {
		w.hour = m->start.hour;
		w.minute = m->start.minute;
		w.second = m->start.second;
	}
	*key_out = event_instance_key(pool, m, &w);
	return true;
}

char *google_map_time_told(struct pool *pool,
    const struct google_map_frame *frame, const char *key)
{
	struct event_stamp s;
	struct str out;

	if (!key || !event_stamp_parse(key, strlen(key), &s))
		return NULL;
	str_init(&out, pool, 20);
	if (!s.is_date && !s.is_utc)
		s.wall = wall_from_utc(google_map_time_at(
		    key_zone(pool, frame), &s.wall));
	add_stamp(&out, &s.wall, s.is_date, true);
	return out.data;
}

static struct wall shifted(const struct wall *w, const struct wall *from,
    const struct wall *to)
{
	return wall_add_secs(w,
	    (wall_to_utc(to) - wall_to_utc(from)) / WHEN_SEC);
}

bool google_map_time_made(struct pool *pool, const struct event_part *master,
    const char *key, struct event_part *out)
{
	struct wall wall;

	if (!event_series_key_wall(key, &wall))
		return false;
	*out = *master;
	out->recurrence = NULL;
	out->recurrence_id = pool_strdup(pool, key);
	if (out->end.year)
		out->end = shifted(&out->end, &out->start, &wall);
	out->start = wall;
	return true;
}

bool google_map_time_same(struct pool *pool, const struct event_part *a,
    const struct event_part *b)
{
	struct event x = { .uid = "", .zones = "", .has_master = true,
	    .master = { .extra = "" } }, y = x;

	event_time_take(&x.master, a);
	event_time_take(&y.master, b);
	return str_eq(event_canonical(pool, &x), event_canonical(pool, &y));
}

/* ---- writing ---- */

/* What the other kind of time has there becomes null. */
static void put_told(struct google_map_edit *edit, const char *key,
    json_t *value)
{
	static const char *const names[] = { "date", "dateTime", "timeZone" };
	const json_t *now = json_object_get(edit->now, key);

	for (size_t i = 0; i < 3; i++)
		if (!json_object_get(value, names[i]) &&
		    (edit->all || json_object_get(now, names[i])))
			google_map_set(value, names[i], NULL);
	google_map_set(edit->body, key, value);
}

/* A zone that only its own VTIMEZONE describes: as instants, once. */
static bool write_custom(struct pool *pool, const struct event *e,
    struct native *n, struct err *err)
{
	struct recur_instance *list;
	size_t count;

	if (event_series_is(e))
		return google_map_bad(err, "The time zone \"%.60s\" of this "
		    "series is one of its own, which Google does not know; "
		    "choose one such as Europe/Berlin.", e->master.tzid);
	if (!recur_expand(pool, e, &recur_always, &list, &count, err))
		return false;
	if (!count)
		return google_map_bad(err, "The time of the event cannot be "
		    "worked out in its own time zone.");
	n->start = list[0].starts;
	n->end = list[0].ends < list[0].starts ? list[0].starts : list[0].ends;
	n->zone = n->end_zone = "UTC";
	return true;
}

static bool instants(struct pool *pool, const struct google_map_frame *frame,
    const struct event *e, struct native *n, struct err *err)
{
	struct event_part *p = &n->part;
	const char *zone;

	n->zone = n->end_zone = "UTC";
	if (p->zone_kind == EVENT_ZONE_FLOATING) {
		n->zone = n->end_zone = frame->zone;
		p->zone_kind = google_map_told_is_utc(frame->zone) ? EVENT_ZONE_UTC :
		    EVENT_ZONE_NAMED;
		p->tzid = frame->zone;
	} else if (p->zone_kind == EVENT_ZONE_NAMED) {
		zone = event_zone_iana(pool, e, p->tzid);
		if (!zone)
			return write_custom(pool, e, n, err);
		n->zone = n->end_zone = google_map_told_is_utc(zone) ? "UTC" : zone;
	}
	if (p->end_tzid) {
		zone = event_zone_iana(pool, e, p->end_tzid);
		if (!zone)
			return write_custom(pool, e, n, err);
		n->end_zone = google_map_told_is_utc(zone) ? "UTC" : zone;
	}
	n->start = event_start_utc(pool, e, p);
	n->end = event_end_utc(pool, e, p);
	return true;
}

/* Is what was put together read as this time? Else our own spelling is. */
static bool write_marks(struct google_map_edit *edit,
    const struct google_map_frame *frame, const struct event *e,
    const struct event_part *part, struct err *err)
{
	struct google_map_frame again = *frame;
	struct native n;
	const char *spelled = NULL;
	bool floating = part->zone_kind == EVENT_ZONE_FLOATING &&
	    !part->all_day;

	if (!read_native(edit->pool, edit->body, &again, &n, err))
		return false;
	if (floating && !n.part.all_day && !n.part.end_tzid) {
		n.part.zone_kind = EVENT_ZONE_FLOATING;
		n.part.tzid = NULL;
	}
	if (!google_map_time_same(edit->pool, &n.part, part)) {
		spelled = spell(edit->pool, &n, part);
		if (!spelled)
			return google_map_bad(err, "The name of the time zone "
			    "is too long for Google.");
	}
	google_map_edit_private(edit, "hawserFloating", floating ? n.zone : NULL);
	google_map_edit_private(edit, "hawserTime", spelled);
	google_map_edit_pieces(edit, "hawserZ", spelled && e->zones &&
	    !event_zone_iana(edit->pool, NULL, part->tzid) ? e->zones : "");
	return true;
}

bool google_map_time_write(struct google_map_edit *edit,
    struct google_map_frame *frame, const struct event *e,
    const struct event_part *part, struct err *err)
{
	struct native n = { .part = *part };

	if (part->all_day) {
		struct wall end = event_wall_end(part);

		put_told(edit, "start", google_map_told_date(&part->start));
		put_told(edit, "end", google_map_told_date(&end));
	} else {
		if (!instants(edit->pool, frame, e, &n, err))
			return false;
		put_told(edit, "start", google_map_told_time(n.zone, n.start));
		put_told(edit, "end", google_map_told_time(n.end_zone, n.end));
	}
	if (google_map_flag(edit->now, "endTimeUnspecified"))
		google_map_set(edit->body, "endTimeUnspecified", json_false());
	return write_marks(edit, frame, e, part, err);
}

json_t *google_map_time_instance(struct pool *pool, const json_t *master,
    const struct google_map_frame *frame, const char *key)
{
	static const char *const own[] = { "recurrence", "etag", "iCalUID",
	    "endTimeUnspecified" };
	struct google_map_frame at = { .zone = frame->zone, .is_series = true };
	json_t *out = google_map_merge(pool, master, NULL);
	struct native n;
	struct err ignored;
	struct wall w, end;

	if (!event_series_key_wall(key, &w) ||
	    !read_native(pool, master, &at, &n, &ignored))
		return NULL;
	end = shifted(n.part.end.year ? &n.part.end : &n.part.start,
	    &n.part.start, &w);
	for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++)
		(void)json_object_del(out, own[i]);
	google_map_set(out, "start", n.part.all_day ? google_map_told_date(&w) :
	    google_map_told_time(n.zone, google_map_time_at(n.zone, &w)));
	google_map_set(out, "end", n.part.all_day ? google_map_told_date(&end) :
	    google_map_told_time(n.end_zone, google_map_time_at(n.end_zone, &end)));
	google_map_set(out, "originalStartTime",
	    json_deep_copy(json_object_get(out, "start")));
	return out;
}
