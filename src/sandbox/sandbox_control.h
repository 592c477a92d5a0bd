#ifndef HAWSER_SANDBOX_SANDBOX_CONTROL_H
#define HAWSER_SANDBOX_SANDBOX_CONTROL_H
/*
 * Orders of tests: POST /control/NAME with a JSON object. What is not known is
 * refused with a sentence. Nobody is asked who they are: only the loopback gets
 * here. The table at the end of sandbox_control.c lists them.
 */
#include "sandbox/sandbox_call.h"

extern const struct sandbox_routes sandbox_control_routes;

/* The body as an object with these members and no other ("" = none); an empty
 * body is {}. NULL = answered. */
json_t *sandbox_control_read(struct sandbox_call *call, const char *names);
void sandbox_control_refuse(struct sandbox_call *call, const struct err *err);
void sandbox_control_done(struct sandbox_call *call);
/* A text that must be there; NULL = answered. */
const char *sandbox_control_need(struct sandbox_call *call, const json_t *in,
    const char *name);

/* Google's own orders, sandbox_google_control.c. */
void sandbox_google_control_calendars(struct sandbox_call *call);
void sandbox_google_control_event(struct sandbox_call *call);
void sandbox_google_control_expire(struct sandbox_call *call);
void sandbox_google_control_channels(struct sandbox_call *call);
void sandbox_google_control_token(struct sandbox_call *call);
#endif
