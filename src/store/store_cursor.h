#ifndef HAWSER_STORE_STORE_CURSOR_H
#define HAWSER_STORE_STORE_CURSOR_H
/*
 * How far the reading of each binding has come, and which local changes it has
 * not taken up. cursor_value moves only with its data: page_cursor and
 * next_cursor belong to the run under way; planned_run_id names the run whose
 * plan for this binding is complete. For the engine, in its transactions.
 */
#include "store/stmt.h"
#include "store/store_types.h"

struct cursor_row {
	uint64_t binding_id, calendar_id, collection_id;
	int direction, policy, generation;
	const char *cursor_value, *page_cursor, *next_cursor;	/* NULL = none */
	bool listing, paused, read_only;
	when_t listed_at, missing_since;
	uint64_t planned_run_id;
	const char *remote_id, *collection_name, *calendar_name;
};

/* Bindings of a connection that are not being removed, by id. */
ERR_CHECKED bool store_cursor_list(struct db *db, struct pool *pool,
    uint64_t org, uint64_t connection_id, struct cursor_row **out,
    size_t *count_out, struct err *err);
/* A listing or delta starts: page and next cursor empty; a listing gets the
 * next generation. */
ERR_CHECKED bool store_cursor_start(struct db *db, uint64_t org,
    uint64_t binding_id, bool listing, struct err *err);
ERR_CHECKED bool store_cursor_put_page(struct db *db, uint64_t org,
    uint64_t binding_id, const char *page_cursor, struct err *err);
ERR_CHECKED bool store_cursor_put_planned(struct db *db, uint64_t org,
    uint64_t binding_id, uint64_t run_id, const char *next_cursor,
    struct err *err);
/* cursor_value = next_cursor, the others empty; after a listing listed_at is
 * now. Nothing when it has moved already. */
ERR_CHECKED bool store_cursor_commit(struct db *db, uint64_t org,
    uint64_t binding_id, struct err *err);
/* The provider says there is no such collection: since now, unless noted
 * before; false clears. */
ERR_CHECKED bool store_cursor_put_missing(struct db *db, uint64_t org,
    uint64_t collection_id, bool missing, struct err *err);
ERR_CHECKED bool store_cursor_pause(struct db *db, uint64_t org,
    uint64_t binding_id, struct err *err);

/* ---- pending: local changes a binding has not taken up ---- */
struct pending_row { uint64_t event_id, rev; when_t since; };
ERR_CHECKED bool store_pending_list(struct db *db, struct pool *pool,
    uint64_t org, uint64_t binding_id, uint64_t after_event_id, size_t most,
    struct pending_row **out, size_t *count_out, struct err *err);
/* Which of these events (at most 100) are pending. */
ERR_CHECKED bool store_pending_list_of(struct db *db, struct pool *pool,
    uint64_t org, uint64_t binding_id, const uint64_t *event_ids, size_t count,
    struct pending_row **out, size_t *count_out, struct err *err);
ERR_CHECKED bool store_pending_add(struct db *db, uint64_t org,
    uint64_t binding_id, uint64_t event_id, uint64_t rev, struct err *err);
/* Settled up to rev; a later change stays pending. */
ERR_CHECKED bool store_pending_remove(struct db *db, uint64_t org,
    uint64_t binding_id, uint64_t event_id, uint64_t rev, struct err *err);
ERR_CHECKED bool store_pending_remove_many(struct db *db, struct pool *pool,
    uint64_t org, uint64_t binding_id, const struct pending_row *rows,
    size_t count, struct err *err);
#endif
