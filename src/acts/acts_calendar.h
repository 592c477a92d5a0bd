#ifndef HAWSER_ACTS_ACTS_CALENDAR_H
#define HAWSER_ACTS_ACTS_CALENDAR_H
/*
 * Calendars here, and which remote ones they are tied to. Seen: own and shared
 * calendars, own connections' collections. Changed: by the owner alone; what
 * one may not see is ERR_NOT_FOUND, what one sees but may not change is
 * ERR_FORBIDDEN. Nothing here waits for a provider.
 */
#include "acts/act.h"
#include "store/store_binding.h"
#include "store/store_calendar.h"
#include "store/store_collection.h"

ERR_CHECKED bool acts_collection_list(const struct act *act,
    uint64_t connection_id, struct collection_row **out, size_t *count_out,
    struct err *err);

struct collection_choice {
	enum binding_direction direction;	/* 0 = both, pull if read-only */
	enum binding_policy policy;		/* 0 = remote wins */
	uint64_t calendar_id;		/* 0 = a new one, named as the collection */
};
/* Chosen: calendar and binding are there and a sync is queued. Chosen again:
 * direction and policy change. */
ERR_CHECKED bool acts_collection_select(const struct act *act,
    uint64_t collection_id, const struct collection_choice *choice,
    uint64_t *calendar_id_out, struct err *err);
/* The binding goes (by the worker); not chosen = nothing to do. */
ERR_CHECKED bool acts_collection_unselect(const struct act *act,
    uint64_t collection_id, enum removal_choice choice, struct err *err);

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
#endif
