#ifndef HAWSER_PROVIDERS_ICAL_MAP_H
#define HAWSER_PROVIDERS_ICAL_MAP_H
/*
 * iCalendar objects (RFC 5545) <-> struct event. Raw objects are kept and
 * edited in place at the property level: unchanged properties stay byte for
 * byte, order, parameter quoting and unknown components included. Lines end
 * CRLF, folded at 75 octets, never inside a UTF-8 sequence. Pure, no I/O.
 */
#include "model/event.h"

#define ICAL_MAX_BYTES (1024 * 1024)
#define ICAL_MAX_PROPERTIES 5000
/* A file to import holds many objects. */
#define ICAL_FILE_MAX_BYTES (32 * 1024 * 1024)
#define ICAL_FILE_MAX_PROPERTIES 500000

/* One object with one UID. Refused with a reason (ERR_INPUT, scope ITEM): no
 * VEVENT, VTODO/VJOURNAL/VFREEBUSY only, two UIDs, over a limit, unreadable
 * DTSTART, a rule recur refuses, bad UTF-8. METHOD is dropped. */
ERR_CHECKED bool ical_read(struct pool *pool, const char *text, size_t len,
    struct event **out, struct err *err);

/* base NULL: a new object (VTIMEZONE generated for IANA zones). Else base is
 * edited so that ical_read of the result hashes like e. SEQUENCE rises when
 * time, recurrence or place changed; DTSTAMP and LAST-MODIFIED become now.
 * Nothing changed = base as it is. X-ALT-DESC goes when DESCRIPTION changes. */
ERR_CHECKED bool ical_write(struct pool *pool, const struct event *e,
    const char *base, size_t base_len, when_t now,
    char **out, size_t *len_out, struct err *err);

/* A whole file (import): one item per UID, overrides with their master, each
 * with the VTIMEZONEs it uses; missing UIDs are made from the content's hash.
 * Items that are refused carry reason instead of event. */
struct ical_item {
	const char *uid;
	struct event *event;	/* NULL: see reason */
	const char *reason;
};
ERR_CHECKED bool ical_split(struct pool *pool, const char *text, size_t len,
    struct ical_item **out, size_t *count_out, struct err *err);
/* The same in portions, so that what was read of a large file can go again: the
 * text and what was scanned stay in pool, an item's event is in the portion's. */
struct ical_file;
ERR_CHECKED bool ical_file_open(struct pool *pool, const char *text, size_t len,
    struct ical_file **out, struct err *err);
size_t ical_file_count(const struct ical_file *file);	/* items */
void ical_file_read(struct ical_file *file, struct pool *pool, size_t from,
    size_t count, struct ical_item *out);
/* What a text that cannot be read calls itself: its first SUMMARY that can be
 * made out, at most 200 bytes; NULL = none. */
char *ical_title(struct pool *pool, const char *text, size_t len);
/* One VCALENDAR with many events (export). */
ERR_CHECKED bool ical_join(struct pool *pool, const struct event *const *events,
    size_t count, when_t now, char **out, size_t *len_out, struct err *err);
#endif
