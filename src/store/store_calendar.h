#ifndef HAWSER_STORE_STORE_CALENDAR_H
#define HAWSER_STORE_STORE_CALENDAR_H
/*
 * Local calendars. A person sees the own ones and those shared with the
 * organisation; only the owner changes one. viewer 0 sees all.
 */
#include "store/stmt.h"
#include "store/store_types.h"

struct calendar_row {
	uint64_t id, user_id;
	const char *name, *color;	/* "#rrggbb" */
	bool shared, mine;		/* mine: the viewer owns it */
	const char *owner_name;
	uint64_t events, bindings;
	when_t created_at;
};

/* Those that are not deleted, own ones first, by name. */
ERR_CHECKED bool store_calendar_list(struct db *db, struct pool *pool,
    uint64_t org, uint64_t viewer, struct calendar_row **out,
    size_t *count_out, struct err *err);
/* 1 / 0 / -1 */
ERR_CHECKED int store_calendar_find(struct db *db, struct pool *pool,
    uint64_t org, uint64_t viewer, uint64_t id, struct calendar_row *out,
    struct err *err);
ERR_CHECKED bool store_calendar_add(struct db *db, uint64_t org,
    uint64_t user_id, const char *name, const char *color, bool shared,
    uint64_t *id_out, struct err *err);
ERR_CHECKED bool store_calendar_put(struct db *db, uint64_t org, uint64_t id,
    const char *name, const char *color, bool shared, struct err *err);
/* In a transaction: one at a time from here on. */
ERR_CHECKED bool store_calendar_lock(struct db *db, uint64_t org, uint64_t id,
    struct err *err);
/* In a transaction. Soft, and its events with it; ERR_CONFLICT while something is bound to it. */
ERR_CHECKED bool store_calendar_remove(struct db *db, uint64_t org,
    uint64_t id, struct err *err);
#endif
