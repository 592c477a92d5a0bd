#ifndef HAWSER_STORE_STORE_CONFLICT_H
#define HAWSER_STORE_STORE_CONFLICT_H
/*
 * What a run leaves for people: conflicts with all versions, items set aside
 * (dead letters), and before-images of everything it overwrote or deleted.
 * Bodies are event_format() texts.
 */
#include "store/stmt.h"
#include "store/store_types.h"

/* ---- conflicts ---- */
struct conflict_row {
	uint64_t id, run_id, binding_id, event_id;
	const char *fields;
	int winner;			/* 1 local 2 remote */
	struct stmt_blob base, local, remote;	/* data NULL = none, deleted */
	when_t created_at, resolved_at;
};
ERR_CHECKED bool store_conflict_add(struct db *db, uint64_t org,
    const struct conflict_row *row, struct err *err);
ERR_CHECKED int store_conflict_find(struct db *db, struct pool *pool,
    uint64_t org, uint64_t id, struct conflict_row *out, struct err *err);
/* Newest first; connection_id 0 = all; open_only = not yet resolved. Bodies are
 * left out. */
ERR_CHECKED bool store_conflict_list(struct db *db, struct pool *pool,
    uint64_t org, uint64_t connection_id, bool open_only, size_t most,
    struct conflict_row **out, size_t *count_out, struct err *err);
ERR_CHECKED bool store_conflict_resolve(struct db *db, uint64_t org,
    uint64_t id, struct err *err);

/* ---- set aside ---- */
struct dead_row {
	uint64_t id, binding_id, event_id;
	struct digest item_key;
	const char *remote_id, *version, *title, *reason;
	int tries;
	when_t next_try_at, created_at;	/* WHEN_NONE = not before it changes */
};
/* SHA-256 of "event:ID": the key of an item without a remote object. */
struct digest store_dead_event_key(uint64_t event_id);
/* Made, or one try more: next in 1, 5, 15 minutes, then none. */
ERR_CHECKED bool store_dead_add(struct db *db, uint64_t org,
    const struct dead_row *row, struct err *err);
ERR_CHECKED bool store_dead_remove(struct db *db, uint64_t org,
    uint64_t binding_id, const struct digest *item_key, struct err *err);
/* connection_id 0 = all. */
ERR_CHECKED bool store_dead_list(struct db *db, struct pool *pool, uint64_t org,
    uint64_t connection_id, struct dead_row **out, size_t *count_out,
    struct err *err);
ERR_CHECKED int store_dead_find(struct db *db, struct pool *pool, uint64_t org,
    uint64_t id, struct dead_row *out, struct err *err);
/* A person presses retry: due now, tries from the start. */
ERR_CHECKED bool store_dead_retry(struct db *db, uint64_t org, uint64_t id,
    struct err *err);

/* ---- before-images ---- */
struct image_row {
	uint64_t id, run_id, event_id;
	int seq, side;			/* enum image_side */
	struct stmt_blob body;
	when_t created_at;
};
/* A second one for the same action and side is ignored: the first is it. */
ERR_CHECKED bool store_image_add(struct db *db, uint64_t org,
    const struct image_row *row, struct err *err);
ERR_CHECKED bool store_image_add_many(struct db *db, struct pool *pool,
    uint64_t org, const struct image_row *rows, size_t count, struct err *err);
#endif
