#ifndef HAWSER_MODEL_EVENT_INPUT_P_H
#define HAWSER_MODEL_EVENT_INPUT_P_H
/* Shared by the event_input files: the repetition as a rule's text. */
#include "model/event_input.h"

/* repeat, interval, weekdays, until and count from the master's recurrence. */
void event_input_rule_read(struct pool *pool, const struct event *e,
    struct event_input *out);
bool event_input_rule_same(const struct event_input *a,
    const struct event_input *b);
/* Brings the master's recurrence to what in says; start, zone and all-day of
 * the master are already the new ones. */
ERR_CHECKED bool event_input_rule_write(struct pool *pool, struct event *e,
    const struct event_input *in, struct err *err);
#endif
