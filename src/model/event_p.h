#ifndef HAWSER_MODEL_EVENT_P_H
#define HAWSER_MODEL_EVENT_P_H
/* Shared by the event files: the canonical spelling of single fields, so that
 * hash, difference and merge agree on what is equal. */
#include "model/event.h"
#include "util/str.h"

/* IANA name of a TZID by its name alone: itself, without a known prefix, or by
 * the table of Windows names. NULL = none. Good until the next call. */
const char *event_zone_known(const char *tzid);

void event_canonical_text(struct str *out, const char *text);
void event_canonical_time(struct str *out, const struct event_part *part);
void event_canonical_recurrence(struct str *out, struct pool *pool,
    const struct event *e);
/* One entry of extra; false = left out of the canonical form. */
bool event_canonical_entry(struct pool *pool, const char *entry, size_t len,
    struct str *out);
void event_canonical_part(struct str *out, struct pool *pool,
    const struct event *e, const struct event_part *part);

#define EVENT_TEXT_MAX (8 * 1024 * 1024)
#endif
