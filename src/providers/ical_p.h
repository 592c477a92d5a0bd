#ifndef HAWSER_PROVIDERS_ICAL_P_H
#define HAWSER_PROVIDERS_ICAL_P_H
/* Shared by the ical_*.c files: which content line carries which field. */
#include "model/contentline.h"
#include "model/event.h"
#include "util/str.h"

enum ical_field {
	ICAL_UID, ICAL_SUMMARY, ICAL_LOCATION, ICAL_DESCRIPTION, ICAL_STATUS,
	ICAL_TRANSP, ICAL_START, ICAL_END, ICAL_DURATION, ICAL_RECURRENCE_ID,
	ICAL_KIND,
	ICAL_SEQUENCE, ICAL_STAMP, ICAL_MODIFIED,	/* ours at every write */
	ICAL_FIELD_COUNT,
	ICAL_RULE = ICAL_FIELD_COUNT,	/* RRULE EXRULE RDATE EXDATE */
	ICAL_OTHER,			/* goes to extra */
	ICAL_NOTHING,			/* bad, blank, X-LIC-ERROR */
};
extern const char *const ical_field_name[ICAL_FIELD_COUNT];

/* The first line of a name is the field; a second one is ICAL_OTHER. */
enum ical_field ical_classify(const struct contentline *line, unsigned *seen);

/* A VEVENT of a scanned document. */
struct ical_component {
	size_t begin;			/* index of its BEGIN */
	const char *uid;		/* NULL = none */
	bool has_rid;
	const char *key;		/* instance key, once the master is known */
	uint64_t sequence;
	when_t stamp;
	struct event_part part;
	const char *kind;
};

struct ical_doc {
	struct contentline_doc doc;
	struct ical_component *events;
	size_t event_count;
	size_t *zones, zone_count;	/* indices of BEGIN:VTIMEZONE */
	const char *other;		/* name of a component that is no event */
};

ERR_CHECKED bool ical_scan(struct pool *pool, const char *text, size_t len,
    const struct contentline_limits *limits, struct ical_doc *out,
    struct err *err);
ERR_CHECKED bool ical_read_component(struct pool *pool,
    const struct contentline_doc *doc, struct ical_component *c,
    const struct contentline **rid_out, struct err *err);
/* ERR_INPUT, scope ITEM. */
bool ical_bad(struct err *err, const char *sentence);
/* The value as it stands; the TZID parameter, NULL = none. */
char *ical_plain(struct pool *pool, const struct contentline *line);
const char *ical_tzid(struct pool *pool, const struct contentline *line);
/* Reads the parts of one UID; members are indices of doc->events. */
ERR_CHECKED bool ical_read_members(struct pool *pool, struct ical_doc *doc,
    const size_t *members, size_t count, const char *uid, struct event **out,
    struct err *err);
ERR_CHECKED bool ical_read_doc(struct pool *pool, struct ical_doc *doc,
    struct event **out, struct err *err);

/* > 0: a counts, not b: by SEQUENCE, DTSTAMP, place in the file. */
int ical_newer(const struct ical_component *a, const struct ical_component *b);

/* The line as it stands in extra: unfolded, a component as a block. */
void ical_add_entry(struct str *out, const struct contentline_doc *doc,
    size_t index);
/* "SUMMARY;LANGUAGE=de:": a field's parameters, kept as an entry of extra. */
bool ical_carrier(struct pool *pool, enum ical_field field,
    const struct contentline *line, char **out);

/* VTIMEZONE of an IANA zone from its rules, unfolded lines with \n, for events
 * from a year on. */
char *ical_zone_text(struct pool *pool, const struct zone *zone,
    const char *tzid, int first_year, int this_year);

#define ICAL_TEXT_MAX (8 * 1024 * 1024)
#endif
