#ifndef HAWSER_STORE_STORE_LINK_H
#define HAWSER_STORE_STORE_LINK_H
/*
 * Event <-> remote object, with the state both had when they last agreed.
 * remote_key is the SHA-256 of remote_id. Heads are small (no bodies), for
 * comparing lists; whole rows are read for what is worked on.
 */
#include "model/event.h"
#include "store/stmt.h"

#define STORE_LINK_MOST 100	/* keys a question */
#define STORE_LINK_KEYS_MOST 1000

struct link_head {
	uint64_t id, event_id;
	struct digest remote_key;
	const char *remote_id, *version;
};

struct link_row {
	uint64_t id, binding_id, event_id;
	struct digest remote_key;
	const char *remote_id, *version;
	struct stmt_blob remote_raw, base;
	struct digest local_hash, remote_hash;
	uint64_t synced_rev;
};

struct digest store_link_key(const char *remote_id);

/* In no particular order; absent keys are simply not there. At most
 * STORE_LINK_MOST keys; whole rows by key: STORE_LINK_KEYS_MOST. */
ERR_CHECKED bool store_link_list_heads(struct db *db, struct pool *pool,
    uint64_t org, uint64_t binding_id, const struct digest *keys, size_t count,
    struct link_head **out, size_t *count_out, struct err *err);
ERR_CHECKED bool store_link_list_by_key(struct db *db, struct pool *pool,
    uint64_t org, uint64_t binding_id, const struct digest *keys, size_t count,
    struct link_row **out, size_t *count_out, struct err *err);
ERR_CHECKED bool store_link_list_by_event(struct db *db, struct pool *pool,
    uint64_t org, uint64_t binding_id, const uint64_t *event_ids, size_t count,
    struct link_row **out, size_t *count_out, struct err *err);
ERR_CHECKED int store_link_find(struct db *db, struct pool *pool, uint64_t org,
    uint64_t id, struct link_row *out, struct err *err);

/* By binding and event: made or replaced. The first also unlinks what the event
 * or the object was linked to before; many are for items known to be new. */
ERR_CHECKED bool store_link_put(struct db *db, uint64_t org,
    const struct link_row *link, int generation, struct err *err);
ERR_CHECKED bool store_link_put_many(struct db *db, struct pool *pool,
    uint64_t org, const struct link_row *links, size_t count, int generation,
    struct err *err);
/* Only the version tag differs: content is as agreed. */
ERR_CHECKED bool store_link_put_version(struct db *db, uint64_t org,
    uint64_t id, const char *version, struct err *err);
/* Content here is as agreed at this rev. */
ERR_CHECKED bool store_link_put_rev(struct db *db, uint64_t org, uint64_t id,
    uint64_t rev, struct err *err);
ERR_CHECKED bool store_link_remove(struct db *db, uint64_t org, uint64_t id,
    struct err *err);
ERR_CHECKED bool store_link_remove_many(struct db *db, uint64_t org,
    const uint64_t *ids, size_t count, struct err *err);

/* Mark and sweep of a complete listing. */
ERR_CHECKED bool store_link_mark(struct db *db, struct pool *pool, uint64_t org,
    uint64_t binding_id, const struct digest *keys, size_t count,
    int generation, struct err *err);
ERR_CHECKED bool store_link_list_unseen(struct db *db, struct pool *pool,
    uint64_t org, uint64_t binding_id, int generation, struct link_head **out,
    size_t *count_out, struct err *err);
/* Counts no further than most: for questions that need no more. */
ERR_CHECKED bool store_link_count_up_to(struct db *db, uint64_t org,
    uint64_t binding_id, uint64_t most, uint64_t *out, struct err *err);
ERR_CHECKED bool store_link_count(struct db *db, uint64_t org,
    uint64_t binding_id, uint64_t *out, struct err *err);

/* Events alive in a calendar that have no link in this binding and have the UID
 * or the start of like: candidates for first-link matching, at most 100. */
ERR_CHECKED bool store_link_list_unlinked(struct db *db, struct pool *pool,
    uint64_t org, uint64_t binding_id, uint64_t calendar_id,
    const struct event *like, uint64_t **ids_out, size_t *count_out,
    struct err *err);
#endif
