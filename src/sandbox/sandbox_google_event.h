#ifndef HAWSER_SANDBOX_SANDBOX_GOOGLE_EVENT_H
#define HAWSER_SANDBOX_SANDBOX_GOOGLE_EVENT_H
/*
 * One event: what may stand in it, how it is written, what a series does.
 */
#include "sandbox/sandbox_google_calendar.h"

struct sandbox_google_wrong {		/* why an event is refused */
	int status;
	const char *reason;
	char message[240];
};
/* Puts an event there as Google itself would: of any type and organizer. */
ERR_CHECKED bool sandbox_google_plant(struct sandbox *sb, const char *account,
    const char *calendar, const json_t *event, struct err *err);
#endif
