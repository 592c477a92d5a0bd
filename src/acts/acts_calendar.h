#ifndef HAWSER_ACTS_ACTS_CALENDAR_H
#define HAWSER_ACTS_ACTS_CALENDAR_H
/*
 * Calendars here; the remote ones they are tied to are in acts_collection.h.
 * Seen: own and shared ones. Changed: by the owner alone; what one may not see
 * is ERR_NOT_FOUND, what one sees but may not change is ERR_FORBIDDEN.
 */
#include "acts/act.h"
#include "store/store_calendar.h"

struct calendar_form {
	uint64_t user_id;		/* add, for the operator: whose it becomes */
	const char *name;		/* edit: NULL = as before */
	const char *color;		/* "#rrggbb"; NULL = one is picked, or as before */
	int shared;			/* 0 no, 1 yes, -1 = no, or as before */
};
ERR_CHECKED bool acts_calendar_list(const struct act *act,
    struct calendar_row **out, size_t *count_out, struct err *err);
ERR_CHECKED bool acts_calendar_get(const struct act *act, uint64_t id,
    struct calendar_row *out, struct err *err);
ERR_CHECKED bool acts_calendar_add(const struct act *act,
    const struct calendar_form *form, uint64_t *id_out, struct err *err);
/* Rename, colour, share. */
ERR_CHECKED bool acts_calendar_edit(const struct act *act, uint64_t id,
    const struct calendar_form *form, struct err *err);
/* With its events; ERR_CONFLICT while it is tied to a remote one. */
ERR_CHECKED bool acts_calendar_remove(const struct act *act, uint64_t id,
    struct err *err);

/* The wish in lower case, or one of the palette for the number-th calendar. */
const char *acts_calendar_color(const struct act *act, const char *wish,
    size_t number);
#endif
