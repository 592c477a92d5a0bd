/* One VEVENT: which content line carries which field, and what it says. Must not
 * know other components of the object. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "model/event_time.h"
#include "model/recur.h"
#include "providers/ical_p.h"
#include "util/banned.h"

#define MAX_SHORT_TEXT 60000
#define MAX_TZID 250

const char *const ical_field_name[ICAL_FIELD_COUNT] = {
	"UID", "SUMMARY", "LOCATION", "DESCRIPTION", "STATUS", "TRANSP",
	"DTSTART", "DTEND", "DURATION", "RECURRENCE-ID", "X-HAWSER-KIND",
	"SEQUENCE", "DTSTAMP", "LAST-MODIFIED",
};

static bool value_in(const struct contentline *line, const char *const *words)
{
	size_t len;
	const char *v = contentline_value(line, &len);

	for (; *words; words++)
		if (strlen(*words) == len && strncasecmp(v, *words, len) == 0)
			return true;
	return len == 0;
}

enum ical_field ical_classify(const struct contentline *line, unsigned *seen)
{
	static const char *const statuses[] = { "CONFIRMED", "TENTATIVE",
	    "CANCELLED", NULL };
	static const char *const transps[] = { "OPAQUE", "TRANSPARENT", NULL };

	if (line->kind == CONTENTLINE_BEGIN)
		return ICAL_OTHER;
	if (line->kind != CONTENTLINE_PROPERTY ||
	    contentline_is(line, "X-LIC-ERROR"))
		return ICAL_NOTHING;
	for (unsigned f = 0; f < ICAL_FIELD_COUNT; f++) {
		if (!contentline_is(line, ical_field_name[f]))
			continue;
		if (f > ICAL_UID && f < ICAL_START &&
		    line->len == line->value_at)
			return ICAL_NOTHING;	/* empty is absent */
		if (*seen & 1u << f)
			return f > ICAL_UID && f < ICAL_START ? ICAL_OTHER :
			    ICAL_NOTHING;
		if ((f == ICAL_STATUS && !value_in(line, statuses)) ||
		    (f == ICAL_TRANSP && !value_in(line, transps)))
			return ICAL_OTHER;
		*seen |= 1u << f;
		return (enum ical_field)f;
	}
	if (contentline_is(line, "RRULE") || contentline_is(line, "EXRULE") ||
	    contentline_is(line, "RDATE") || contentline_is(line, "EXDATE"))
		return ICAL_RULE;
	return ICAL_OTHER;
}

void ical_add_entry(struct str *out, const struct contentline_doc *doc,
    size_t index)
{
	const struct contentline *line = &doc->lines[index];
	size_t last = line->kind == CONTENTLINE_BEGIN ? line->peer : index;

	for (size_t i = index; i <= last; i++) {
		line = &doc->lines[i];
		if (line->kind == CONTENTLINE_BLANK ||
		    line->kind == CONTENTLINE_BAD)
			continue;
		if (out->len)
			str_addc(out, '\n');
		str_addn(out, line->text, line->len);
	}
}

static bool param_is(const struct contentline_param *p, const char *name)
{
	return strlen(name) == p->name_len &&
	    strncasecmp(p->name, name, p->name_len) == 0;
}

/* A quote that is not closed would swallow what is written after it. */
static bool is_sound(const struct contentline_param *p)
{
	size_t quotes = 0;

	for (size_t i = 0; i < p->value_len; i++)
		quotes += p->value[i] == '"';
	return quotes % 2 == 0 && !memchr(p->name, '"', p->name_len);
}

bool ical_carrier(struct pool *pool, enum ical_field field,
    const struct contentline *line, char **out)
{
	struct contentline_param p;
	size_t at = line->name_len;
	struct str s;

	if (line->value_at - 1 == line->name_len)
		return false;
	str_init(&s, pool, ICAL_TEXT_MAX);
	while (contentline_next_param(line, &at, &p)) {
		if (!is_sound(&p) || param_is(&p, "VALUE") || param_is(&p, "TZID") ||
		    param_is(&p, "ALTREP") || param_is(&p, "CHARSET") ||
		    param_is(&p, "X-VOBJ-ORIGINAL-TZID"))
			continue;
		if (!s.len)
			str_add(&s, ical_field_name[field]);
		str_addc(&s, ';');
		str_addn(&s, p.name, p.name_len);
		str_addc(&s, '=');
		str_addn(&s, p.value, p.value_len);
	}
	if (!s.len)
		return false;
	str_addc(&s, ':');
	*out = s.data;
	return true;
}

struct reading {
	struct pool *pool;
	struct ical_component *c;
	struct str extra, rules;
	const struct contentline *start, *end, *rid;
};

bool ical_bad(struct err *err, const char *sentence)
{
	return err_set_scope(err, ERR_INPUT, ERR_ITEM, "%s", sentence);
}

static const char *text_of(struct pool *pool, const struct contentline *line)
{
	size_t len;
	const char *v = contentline_value(line, &len);

	return len ? contentline_unescape(pool, v, len) : NULL;
}

static const char *upper_of(struct pool *pool, const struct contentline *line)
{
	size_t len;
	const char *v = contentline_value(line, &len);
	char *out = pool_strndup(pool, v, len);

	for (char *p = out; *p; p++)
		if (*p >= 'a' && *p <= 'z')
			*p = (char)(*p - 'a' + 'A');
	return *out ? out : NULL;
}

char *ical_plain(struct pool *pool, const struct contentline *line)
{
	size_t len;
	const char *v = contentline_value(line, &len);

	return pool_strndup(pool, v, len);
}

static when_t stamp_of(const struct contentline *line)
{
	size_t len;
	const char *v = contentline_value(line, &len);
	struct event_stamp s;

	return event_stamp_parse(v, len, &s) ? wall_to_utc(&s.wall) : WHEN_NONE;
}

static const char *known_kind(struct pool *pool, const struct contentline *line)
{
	static const char *const kinds[] = { "appointment", "job", "task" };
	const char *v = ical_plain(pool, line);

	for (size_t i = 0; i < 3; i++)
		if (strcasecmp(v, kinds[i]) == 0)
			return kinds[i];
	return NULL;
}

static void take_field(struct reading *r, enum ical_field field,
    const struct contentline *line)
{
	struct event_part *part = &r->c->part;
	struct pool *pool = r->pool;

	switch (field) {
	case ICAL_UID:
		r->c->uid = ical_plain(pool, line);
		break;
	case ICAL_SUMMARY:
		part->summary = text_of(pool, line);
		break;
	case ICAL_LOCATION:
		part->location = text_of(pool, line);
		break;
	case ICAL_DESCRIPTION:
		part->description = text_of(pool, line);
		break;
	case ICAL_STATUS:
		part->status = upper_of(pool, line);
		break;
	case ICAL_TRANSP:
		part->transp = upper_of(pool, line);
		break;
	case ICAL_START:
		r->start = line;
		break;
	case ICAL_END:
		r->end = line;
		break;
	case ICAL_DURATION:
		part->duration = ical_plain(pool, line);
		break;
	case ICAL_RECURRENCE_ID:
		r->rid = line;
		r->c->has_rid = true;
		break;
	case ICAL_KIND:
		r->c->kind = known_kind(pool, line);
		break;
	case ICAL_SEQUENCE:
		r->c->sequence = strtoul(ical_plain(pool, line), NULL, 10);
		break;
	case ICAL_STAMP:
		r->c->stamp = stamp_of(line);
		break;
	default:
		break;
	}
}

const char *ical_tzid(struct pool *pool, const struct contentline *line)
{
	const char *tzid = NULL;

	if (line->value_at - 1 > line->name_len)
		tzid = contentline_param(pool, line, "TZID");
	return tzid && *tzid ? tzid : NULL;
}

static bool year_fine(const struct wall *w)
{
	return w->year >= 1900 && w->year <= 2200;
}

static bool take_start(struct reading *r, struct err *err)
{
	struct event_part *part = &r->c->part;
	struct event_stamp s;
	const char *v;
	size_t len;

	if (!r->start)
		return ical_bad(err, "The event has no start time (DTSTART).");
	v = contentline_value(r->start, &len);
	if (!event_stamp_parse(v, len, &s))
		return err_set_scope(err, ERR_INPUT, ERR_ITEM, "The start time "
		    "(DTSTART) \"%.40s\" cannot be read.",
		    pool_strndup(r->pool, v, len < 40 ? len : 40));
	if (!year_fine(&s.wall))
		return ical_bad(err, "The event starts outside the years 1900 to "
		    "2200.");
	part->start = s.wall;
	part->all_day = s.is_date;
	part->zone_kind = s.is_utc ? EVENT_ZONE_UTC : EVENT_ZONE_FLOATING;
	if (!s.is_date && !s.is_utc) {
		part->tzid = ical_tzid(r->pool, r->start);
		if (part->tzid)
			part->zone_kind = EVENT_ZONE_NAMED;
		if (part->tzid && strlen(part->tzid) > MAX_TZID)
			return ical_bad(err, "The name of the time zone is too "
			    "long.");
	}
	return true;
}

static bool take_end(struct reading *r, struct err *err)
{
	struct event_part *part = &r->c->part;
	struct event_stamp s;
	struct event_span span;
	const char *v, *tzid;
	size_t len;

	if (r->end && (v = contentline_value(r->end, &len)) &&
	    event_stamp_parse(v, len, &s)) {
		if (!year_fine(&s.wall))
			return ical_bad(err, "The event ends outside the years 1900 "
			    "to 2200.");
		part->duration = NULL;	/* both given: the end counts */
		part->end = s.wall;
		if (part->all_day) {
			part->end.hour = part->end.minute = part->end.second = 0;
			return true;
		}
		tzid = s.is_date ? part->tzid : s.is_utc ? "UTC" :
		    ical_tzid(r->pool, r->end);
		if (tzid && strlen(tzid) > MAX_TZID)
			return ical_bad(err, "The name of the time zone is too "
			    "long.");
		if (tzid && !str_eq(tzid, part->zone_kind == EVENT_ZONE_UTC ?
		    "UTC" : part->tzid))
			part->end_tzid = tzid;
		return true;
	}
	if (part->duration && (strlen(part->duration) > 30 ||
	    !event_span_parse(part->duration, strlen(part->duration), &span)))
		part->duration = NULL;
	return true;
}

static bool texts_fit(const struct event_part *part, struct err *err)
{
	if (part->summary && strlen(part->summary) > MAX_SHORT_TEXT)
		return ical_bad(err, "The title is longer than 60,000 bytes.");
	if (part->location && strlen(part->location) > MAX_SHORT_TEXT)
		return ical_bad(err, "The place is longer than 60,000 bytes.");
	if (part->recurrence && strlen(part->recurrence) > MAX_SHORT_TEXT)
		return ical_bad(err, "The list of repetitions is longer than 60,000 "
		    "bytes.");
	return true;
}

static int rule_order(const char *s)
{
	return strncasecmp(s, "RR", 2) == 0 ? 0 : strncasecmp(s, "EXR", 3) == 0 ?
	    1 : strncasecmp(s, "RD", 2) == 0 ? 2 : 3;
}

/* Rules first, then the dates, else as received. */
static char *ordered_rules(struct pool *pool, const char *rules)
{
	struct str out;

	if (!*rules)
		return NULL;
	str_init(&out, pool, ICAL_TEXT_MAX);
	for (int order = 0; order < 4; order++) {
		const char *at = rules, *entry;
		size_t len;

		while (contentline_next_entry(&at, &entry, &len)) {
			if (rule_order(entry) != order)
				continue;
			if (out.len)
				str_addc(&out, '\n');
			str_addn(&out, entry, len);
		}
	}
	return out.data;
}

static bool take_rule(struct reading *r, const struct contentline_doc *doc,
    size_t index, bool is_override, struct err *err)
{
	const struct contentline *line = &doc->lines[index];

	if (is_override) {
		ical_add_entry(&r->extra, doc, index);
		return true;
	}
	if ((contentline_is(line, "RRULE") || contentline_is(line, "EXRULE")) &&
	    !recur_check_rule(ical_plain(r->pool, line), err)) {
		err->scope = ERR_ITEM;
		return false;
	}
	ical_add_entry(&r->rules, doc, index);
	return true;
}

static bool is_override(const struct contentline_doc *doc, size_t begin)
{
	for (size_t i = begin + 1; i < doc->lines[begin].peer; i++) {
		if (doc->lines[i].kind == CONTENTLINE_BEGIN)
			i = doc->lines[i].peer;
		else if (contentline_is(&doc->lines[i], "RECURRENCE-ID"))
			return true;
	}
	return false;
}

bool ical_read_component(struct pool *pool, const struct contentline_doc *doc,
    struct ical_component *c, const struct contentline **rid_out,
    struct err *err)
{
	struct reading r = { .pool = pool, .c = c };
	bool override = is_override(doc, c->begin);
	unsigned seen = 0;
	char *carrier;

	str_init(&r.extra, pool, ICAL_TEXT_MAX);
	str_init(&r.rules, pool, ICAL_TEXT_MAX);
	for (size_t i = c->begin + 1; i < doc->lines[c->begin].peer; i++) {
		const struct contentline *line = &doc->lines[i];
		enum ical_field field = ical_classify(line, &seen);

		if (field == ICAL_RULE) {
			if (!take_rule(&r, doc, i, override, err))
				return false;
		} else if (field == ICAL_OTHER) {
			ical_add_entry(&r.extra, doc, i);
		} else if (field < ICAL_FIELD_COUNT) {
			take_field(&r, field, line);
			if (field < ICAL_KIND &&
			    ical_carrier(pool, field, line, &carrier)) {
				if (r.extra.len)
					str_addc(&r.extra, '\n');
				str_add(&r.extra, carrier);
			}
		}
		if (line->kind == CONTENTLINE_BEGIN)
			i = line->peer;
	}
	c->part.extra = r.extra.data;
	c->part.recurrence = ordered_rules(pool, r.rules.data);
	*rid_out = r.rid;
	return take_start(&r, err) && take_end(&r, err) &&
	    texts_fit(&c->part, err);
}

