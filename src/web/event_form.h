#ifndef HAWSER_WEB_EVENT_FORM_H
#define HAWSER_WEB_EVENT_FORM_H
/* The fields of an event's form, and the way from there to an event_input and
 * back. Knows no page. */
#include "model/event_input.h"
#include "web/web.h"

#define EVENT_FORM_NOTES_MOST 20000

struct event_form {
	const char *summary, *location, *description, *zone, *date,
	    *once, *scope;
	uint64_t calendar, rev;
	bool all_day;
	struct wall start_day, end_day, until;
	int start_time, end_time, repeat;
	int64_t interval, count;
	bool mo, tu, we, th, fr, sa, su;
};

extern const struct form event_form;
/* Values of repeat, by enum event_repeat; names of the days' boxes. */
extern const char *const event_form_repeats[];
extern const char *const event_form_days[7];

/* A fresh form that says what in says. */
void event_form_put(struct web *web, struct form_state *state,
    const struct event_input *in);
/* False: a field is missing, and state says which. */
ERR_CHECKED bool event_form_take(const struct event_form *f,
    struct form_state *state, struct event_input *out);
/* Seconds are not in the form: what it shows unchanged stays as it was. */
void event_form_keep_seconds(const struct event_input *was,
    struct event_input *in);
/* An error of the act, beside the field that it names. */
void event_form_complain(struct form_state *state, const struct err *err);
#endif
