#ifndef HAWSER_STORE_STORE_BINDING_H
#define HAWSER_STORE_STORE_BINDING_H
/*
 * A binding ties a calendar to a collection: which way, who wins, how far the
 * reading has come. A collection has at most one, a calendar may have several.
 * A binding that is being removed is only seen by the disconnect job.
 */
#include "store/stmt.h"
#include "store/store_types.h"

struct binding_row {
	uint64_t id, calendar_id, collection_id, connection_id;
	int direction, policy;		/* enum binding_direction, binding_policy */
	bool paused, read_only;		/* read_only: the collection takes no writes */
	when_t listed_at, missing_since;
	const char *collection_name, *calendar_name, *connection_name;
};

struct binding_new {
	uint64_t calendar_id, collection_id, connection_id;
	enum binding_direction direction;
	enum binding_policy policy;
};

/* The engine reads its own view of bindings: store_cursor.h. */
/* 1 / 0 / -1 */
ERR_CHECKED int store_binding_find(struct db *db, struct pool *pool,
    uint64_t org, uint64_t id, struct binding_row *out, struct err *err);
/* In a transaction. Events that lie in the calendar already become pending, so
 * that they are sent too. ERR_CONFLICT: the collection is bound already. */
ERR_CHECKED bool store_binding_add(struct db *db, uint64_t org,
    const struct binding_new *b, uint64_t *id_out, struct err *err);
/* In a transaction. Chosen again, it is paused no more. From pull to both or
 * push: the calendar's own events become pending. */
ERR_CHECKED bool store_binding_put(struct db *db, struct pool *pool,
    uint64_t org, uint64_t id, enum binding_direction direction,
    enum binding_policy policy, struct err *err);
/* Begins the end, and raises the fence as store_connection_set_removing. */
ERR_CHECKED bool store_binding_set_removing(struct db *db, uint64_t org,
    uint64_t connection_id, uint64_t id, enum removal_choice choice,
    struct err *err);
#endif
