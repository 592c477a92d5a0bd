#ifndef HAWSER_STORE_STORE_WATCH_H
#define HAWSER_STORE_STORE_WATCH_H
/*
 * Push channels: the provider tells that something changed in a collection.
 *
 *	asked -- its answer --> live -- another one works, or nobody wants it -->
 *	stopping -- the provider let it go --> over
 *	asked -- no answer came --> lost -- its first message --> stopping
 *
 * failed is no channel: a collection that could not be watched, until it is tried
 * again. What has expired is over. Wanted is a collection that is there, bound to
 * be read, and neither it nor its connection is paused.
 */
#include "store/stmt.h"
#include "store/store_types.h"

enum watch_state {
	WATCH_ASKED = 1, WATCH_LIVE, WATCH_STOPPING, WATCH_LOST, WATCH_OVER,
	WATCH_FAILED,
};
enum watch_reason {
	WATCH_NOT_OFFERED = 1,		/* for this collection */
	WATCH_NO_ADDRESS,		/* nor for any at our address */
	WATCH_TROUBLE,
};

struct watch_channel { uint64_t id; const char *channel_id, *resource_id; };

/* ---- what there is to do for a connection: DB_SYNC ---- */

/* In a transaction: what has expired is over, what was asked for so long ago was
 * lost (or is stopped, when its first message came), what is live and not wanted
 * is to be stopped. */
ERR_CHECKED bool store_watch_settle(struct db *db, uint64_t org,
    uint64_t connection_id, int lost_secs, struct err *err);
/* Wanted ones without a live channel that lasts, nor one asked for, nor a try
 * that is to be waited for. */
struct watch_need {
	uint64_t collection_id;
	const char *remote_id;
	int tries;			/* that failed */
};
ERR_CHECKED bool store_watch_list_needs(struct db *db, struct pool *pool,
    uint64_t org, uint64_t connection_id, struct watch_need **out,
    size_t *count_out, struct err *err);
/* To be stopped: due, or all of them. */
ERR_CHECKED bool store_watch_list_stopping(struct db *db, struct pool *pool,
    uint64_t org, uint64_t connection_id, bool all, struct watch_channel **out,
    size_t *count_out, struct err *err);
/* Seconds to whatever comes next: -1 = nothing does. */
ERR_CHECKED bool store_watch_next_secs(struct db *db, uint64_t org,
    uint64_t connection_id, int lost_secs, int *secs_out, struct err *err);

/* How many are wanted, how many of them have a live channel that need not be
 * renewed yet (once that fails, one cannot count on it), and how many have nothing
 * at all. */
struct watch_summary { uint64_t wanted, live, bare; };
ERR_CHECKED bool store_watch_summary(struct db *db, struct pool *pool,
    uint64_t org, uint64_t connection_id, struct watch_summary *out,
    struct err *err);
/* Its sync comes no later than so many seconds from now. */
ERR_CHECKED bool store_watch_pull_sync(struct db *db, uint64_t org,
    uint64_t connection_id, int secs, struct err *err);

/* ---- one channel ---- */

struct watch_new {
	uint64_t connection_id, collection_id;
	const char *channel_id;
	struct digest token_hash;
	int secs;			/* it ends by itself after so long */
};
ERR_CHECKED bool store_watch_add(struct db *db, uint64_t org,
    const struct watch_new *w, uint64_t *id_out, struct err *err);
/* In a transaction. The answer came: it is live, others of its collection are to
 * be stopped. When it was given up meanwhile, it is to be stopped itself.
 * *first_out: it is live and no other was. */
struct watch_live {
	uint64_t id, collection_id;
	const char *resource_id;
	when_t expires_at, renew_at;
};
ERR_CHECKED bool store_watch_put_live(struct db *db, uint64_t org,
    const struct watch_live *w, bool *first_out, struct err *err);
/* In a transaction: a try came to nothing. id 0 = it was not even asked for; lost:
 * there may be a channel nevertheless. */
struct watch_failed {
	uint64_t id, connection_id, collection_id;
	bool lost;
	enum watch_reason reason;
	int tries, secs;		/* so often; again in so long */
};
ERR_CHECKED bool store_watch_put_failed(struct db *db, uint64_t org,
    const struct watch_failed *w, struct err *err);
/* Could not be stopped: again in a minute, two, four ... six hours. */
ERR_CHECKED bool store_watch_put_off(struct db *db, uint64_t org, uint64_t id,
    struct err *err);
ERR_CHECKED bool store_watch_end(struct db *db, uint64_t org, uint64_t id,
    struct err *err);
/* The connection goes: all that is open is to be stopped. */
ERR_CHECKED bool store_watch_close(struct db *db, uint64_t org,
    uint64_t connection_id, struct err *err);

/* ---- for people ---- */
struct watch_told { uint64_t collection_id; bool live; int reason; };
ERR_CHECKED bool store_watch_list_told(struct db *db, struct pool *pool,
    uint64_t org, uint64_t connection_id, struct watch_told **out,
    size_t *count_out, struct err *err);
/* Of all organisations: calendars that are not watched because of our address. */
ERR_CHECKED bool store_watch_count_no_address(struct db *db, uint64_t *out,
    struct err *err);

/* ---- messages (store_watch_message.c) ---- */
enum watch_verdict {
	WATCH_MESSAGE_CHANGED = 1,	/* the connection's sync is due */
	WATCH_MESSAGE_FALSE,		/* no channel of ours, token, resource */
	WATCH_MESSAGE_LATE,		/* of one that has ended */
	WATCH_MESSAGE_AGAIN,		/* it came before */
	WATCH_MESSAGE_FIRST,		/* there is a channel, nothing more */
};
struct watch_message {
	uint64_t org_id;
	const char *channel_id, *resource_id;
	struct digest token_hash;
	uint64_t number;		/* 0 = not said */
	bool first;
};
/* As DB_HOOKS, without a tenant, in a transaction: then it is kept. */
ERR_CHECKED bool store_watch_message(struct db *db, struct pool *pool,
    const struct watch_message *m, enum watch_verdict *out, struct err *err);

/* As DB_SYNC: channels in whose name others wrote, or messages were repeated,
 * and how often; then what was told is taken off. */
#define STORE_WATCH_REPEATED 20		/* fewer are the provider's own */
struct watch_misuse { uint64_t id, connection_id, misused, repeated; };
ERR_CHECKED bool store_watch_message_list_misused(struct db *db,
    struct pool *pool, uint64_t org, struct watch_misuse **out,
    size_t *count_out, struct err *err);
ERR_CHECKED bool store_watch_message_put_told(struct db *db, uint64_t org,
    const struct watch_misuse *row, struct err *err);
/* Channels that ended days ago, by whatever way. */
ERR_CHECKED bool store_watch_message_clean(struct db *db, uint64_t org,
    struct err *err);
#endif
