#ifndef HAWSER_STORE_STORE_COLLECTION_H
#define HAWSER_STORE_STORE_COLLECTION_H
/*
 * Remote calendars of a connection, as the provider last listed them, with
 * what each is bound to. Their names are private to the connection's owner:
 * viewer 0 (the worker, the operator) sees all.
 */
#include "store/stmt.h"
#include "store/store_types.h"

struct collection_row {
	uint64_t id, connection_id;
	const char *remote_id, *name;
	const char *color;	/* here, else there; NULL = none given */
	bool read_only;
	when_t missing_since;		/* WHEN_NONE = still there */
	uint64_t binding_id, calendar_id;	/* 0 = not chosen */
	int direction, policy;
	bool paused;
	int removing;			/* enum removal_choice of the binding */
	const char *calendar_name;
	when_t listed_at;
};

struct collection_found {
	const char *remote_id, *name, *color;
	bool read_only;
};

ERR_CHECKED bool store_collection_list(struct db *db, struct pool *pool,
    uint64_t org, uint64_t viewer, uint64_t connection_id,
    struct collection_row **out, size_t *count_out, struct err *err);
/* 1 / 0 / -1 */
ERR_CHECKED int store_collection_find(struct db *db, struct pool *pool,
    uint64_t org, uint64_t viewer, uint64_t id, struct collection_row *out,
    struct err *err);
/* Takes up a complete listing: new ones are added, known ones renamed, absent
 * ones marked missing (nothing is removed). In a transaction. */
ERR_CHECKED bool store_collection_take(struct db *db, struct pool *pool,
    uint64_t org, uint64_t connection_id, const struct collection_found *found,
    size_t count, struct err *err);
#endif
