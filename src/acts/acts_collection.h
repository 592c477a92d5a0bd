#ifndef HAWSER_ACTS_ACTS_COLLECTION_H
#define HAWSER_ACTS_ACTS_COLLECTION_H
/*
 * Which remote calendars are tied to which local ones. Only the owner of the
 * connection sees and chooses them; to everybody else of the organisation they
 * are ERR_NOT_FOUND. Nothing here waits for a provider.
 */
#include "acts/act.h"
#include "acts/acts_calendar.h"
#include "store/store_binding.h"
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
#endif
