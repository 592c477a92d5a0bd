/* Bounds for events that people and host applications send. Must not know
 * where they are stored. */
#include <string.h>
#include <strings.h>
#include "model/contentline.h"
#include "model/event.h"
#include "model/event_time.h"
#include "model/recur.h"
#include "util/banned.h"

#define MAX_OVERRIDES 500
#define MAX_BYTES (768 * 1024)	/* so that the object stays under 1 MB */

static bool text_fits(const char *field, const char *text, size_t most,
    struct err *err)
{
	size_t len = text ? strlen(text) : 0;

	if (len > most)
		return err_set_scope(err, ERR_INPUT, ERR_ITEM, "The %s is "
		    "longer than %zu bytes; shorten it.", field, most);
	if (!str_utf8_valid(text ? text : "", len))
		return err_set_scope(err, ERR_INPUT, ERR_ITEM,
		    "The %s is not valid UTF-8.", field);
	return true;
}

static bool bad(struct err *err, const char *sentence)
{
	return err_set_scope(err, ERR_INPUT, ERR_ITEM, "%s", sentence);
}

static bool word_in(const char *word, const char *const *words)
{
	for (; *words; words++)
		if (str_eq(word, *words))
			return true;
	return !word || !*word;
}

static bool wall_fits(const struct wall *w)
{
	return wall_valid(w) && w->year >= 1900 && w->year <= 2200;
}

static bool check_zone(struct pool *pool, const struct event *e,
    const struct event_part *part, struct err *err)
{
	if (part->zone_kind != EVENT_ZONE_NAMED)
		return true;
	if (!part->tzid || !*part->tzid)
		return bad(err, "The time zone is missing; choose one.");
	if (!text_fits("time zone", part->tzid, 250, err) ||
	    !text_fits("time zone of the end", part->end_tzid, 250, err))
		return false;
	if (strpbrk(part->tzid, "\r\n\""))
		return bad(err, "The time zone's name holds characters that "
		    "are not allowed.");
	if (!event_zone_iana(pool, e, part->tzid) && (!e->zones || !*e->zones))
		return err_set_scope(err, ERR_INPUT, ERR_ITEM, "The time zone "
		    "\"%.60s\" is neither known nor described; choose one "
		    "such as Europe/Berlin.",
		    part->tzid);
	return true;
}

static bool check_time(struct pool *pool, const struct event *e,
    const struct event_part *part, struct err *err)
{
	struct event_span span;

	if (!wall_fits(&part->start))
		return bad(err, "The start is not a date between 1900 and "
		    "2200.");
	if (part->end.year && !wall_fits(&part->end))
		return bad(err, "The end is not a date between 1900 and 2200.");
	if (!check_zone(pool, e, part, err))
		return false;
	if (part->end.year && !part->end_tzid &&
	    wall_cmp(&part->end, &part->start) < 0)
		return bad(err, "The end lies before the start; move it after "
		    "the start.");
	if (part->duration && (strlen(part->duration) > 30 ||
	    !event_span_parse(part->duration, strlen(part->duration), &span)))
		return bad(err, "The duration cannot be read.");
	return true;
}

/* Components in it are whole, or what is written would not be. */
static bool check_extra(struct pool *pool, const struct event_part *part,
    struct err *err)
{
	static const struct contentline_limits limits = { MAX_BYTES, 5000, 5 };
	struct contentline_doc doc;
	const char *extra = part->extra ? part->extra : "";

	return contentline_scan(pool, extra, strlen(extra), &limits, &doc, err)
	    || err_add(err, "Further properties");
}

static bool check_part(struct pool *pool, const struct event *e,
    const struct event_part *part, struct err *err)
{
	static const char *const statuses[] = { "CONFIRMED", "TENTATIVE",
	    "CANCELLED", NULL };
	static const char *const transps[] = { "OPAQUE", "TRANSPARENT", NULL };

	if (!text_fits("title", part->summary, 60000, err) ||
	    !text_fits("place", part->location, 60000, err) ||
	    !text_fits("description", part->description, 500000, err) ||
	    !text_fits("list of repetitions", part->recurrence, 60000, err) ||
	    !text_fits("set of further properties", part->extra, MAX_BYTES,
	    err))
		return false;
	if (!word_in(part->status, statuses))
		return bad(err, "The status must be confirmed, tentative or "
		    "cancelled.");
	if (!word_in(part->transp, transps))
		return bad(err, "The availability must be busy or free.");
	return check_extra(pool, part, err) && check_time(pool, e, part, err);
}

static bool check_rules(struct pool *pool, const struct event *e,
    struct err *err)
{
	const char *at = e->master.recurrence ? e->master.recurrence : "";
	const char *entry, *v;
	size_t len, value_len;

	while (contentline_next_entry(&at, &entry, &len)) {
		struct contentline line;

		if (!contentline_split(entry, len, &line))
			return bad(err, "The repetition cannot be read.");
		v = contentline_value(&line, &value_len);
		if (contentline_is(&line, "RRULE") ||
		    contentline_is(&line, "EXRULE")) {
			if (!recur_check_rule(pool_strndup(pool, v, value_len),
			    err))
				return false;
		} else if (!contentline_is(&line, "RDATE") &&
		    !contentline_is(&line, "EXDATE")) {
			return bad(err, "The repetition holds a line that is "
			    "no rule.");
		}
	}
	return true;
}

static size_t part_bytes(const struct event_part *p)
{
	const char *const texts[] = { p->recurrence_id, p->summary, p->location,
	    p->description, p->status, p->transp, p->duration, p->tzid,
	    p->end_tzid, p->recurrence, p->extra };
	size_t sum = 1000;	/* names and times */

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		sum += texts[i] ? strlen(texts[i]) : 0;
	return sum;
}

/* At least what the canonical form can take: escapes double a text at most. */
static size_t rough_bytes(const struct event *e)
{
	size_t sum = strlen(e->uid) + (e->zones ? strlen(e->zones) : 0) +
	    part_bytes(&e->master);

	for (size_t i = 0; i < e->override_count; i++)
		sum += part_bytes(&e->overrides[i]);
	return 4 * sum;
}

bool event_check(struct pool *pool, const struct event *e, struct err *err)
{
	static const char *const kinds[] = { "event", "appointment", "job",
	    "task", NULL };
	size_t total;

	if (!e->uid || !*e->uid)
		return bad(err, "The event has no UID.");
	if (!text_fits("UID", e->uid, 1000, err))
		return false;
	if (strpbrk(e->uid, "\r\n"))
		return bad(err, "The UID holds a line break.");
	if (!word_in(e->kind, kinds))
		return bad(err, "The kind must be event, appointment, job or "
		    "task.");
	if (e->override_count > MAX_OVERRIDES)
		return bad(err, "The series has more than 500 changed "
		    "occurrences; begin a new series.");
	if (!check_part(pool, e, &e->master, err) || !check_rules(pool, e, err))
		return false;
	/* What is far below the bound need not be written out. */
	total = rough_bytes(e);
	if (total > MAX_BYTES)
		total = strlen(event_canonical(pool, e));
	for (size_t i = 0; i < e->override_count; i++)
		if (!check_part(pool, e, &e->overrides[i], err))
			return err_add(err, "Changed occurrence %s",
			    e->overrides[i].recurrence_id);
	if (total > MAX_BYTES)
		return bad(err, "The event is too large; shorten its texts.");
	return true;
}
