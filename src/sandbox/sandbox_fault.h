#ifndef HAWSER_SANDBOX_SANDBOX_FAULT_H
#define HAWSER_SANDBOX_SANDBOX_FAULT_H
/*
 * What was ordered to go wrong. A fault:
 *
 *	{ "match": { "operation": "events.insert", "account"?, "calendar"? },
 *	  "after": 0, "times": 1 (-1 = for ever),
 *	  "action": "status" | "delay" | "cut" | "garbage" | "lose_answer",
 *	  "status"?, "reason"?, "retry_after"?, "delay_ms"? }
 *
 * "after" calls that match pass first. "status" answers before anything is
 * done, the others spoil the answer of what has been done.
 */
#include "sandbox/sandbox_call.h"

/* Adds the call to what GET /control/requests tells. */
void sandbox_fault_count(struct sandbox_call *call);
/* Does what was ordered. False = it is answered. */
bool sandbox_fault_pass(struct sandbox_call *call);
/* Requests of an account within a minute; false = answered with the limit. */
bool sandbox_fault_limit(struct sandbox_call *call);
#endif
