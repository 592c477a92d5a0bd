#ifndef HAWSER_STORE_STORE_GRANT_H
#define HAWSER_STORE_STORE_GRANT_H
/*
 * What a connection holds at its provider: scopes, and tokens of which only the
 * generation stands here (sync/token seals them into credential).
 *
 *	put	a sign-in: the next generation, whoever was refreshing comes late
 *	claim	one of many may refresh this generation
 *	renew	its new tokens: the next generation, if the claim still stands
 *	free	it came to nothing; another may try
 */
#include "store/stmt.h"

struct grant_row {
	uint64_t generation;
	when_t expires_at;		/* of the access token */
	when_t ends_at;			/* of the grant itself; WHEN_NONE = not said */
	when_t now;			/* of the database, as this was read */
	when_t claimed_until;		/* WHEN_NONE = nobody refreshes */
	const char *claimed_by;
	const char *scopes, *missing;	/* separated by blanks */
};

struct grant_put {
	int access_secs;		/* the access token is good for so long */
	int ends_secs;			/* 0 = no end is known */
	const char *scopes, *missing;
};

/* 1 / 0 / -1 */
ERR_CHECKED int store_grant_find(struct db *db, struct pool *pool, uint64_t org,
    uint64_t connection_id, struct grant_row *out, struct err *err);
ERR_CHECKED bool store_grant_put(struct db *db, uint64_t org,
    uint64_t connection_id, const struct grant_put *put, struct err *err);

/* Who refreshes what; owner is the process (sync/owner.h). */
struct grant_claim {
	uint64_t org_id, connection_id, generation;
	const char *owner;
	int secs;			/* longer than the request may take */
};
ERR_CHECKED bool store_grant_claim(struct db *db, const struct grant_claim *c,
    bool *won_out, struct err *err);
/* False in *done_out: the claim was lost. put->scopes NULL = as they were. */
ERR_CHECKED bool store_grant_renew(struct db *db, const struct grant_claim *c,
    const struct grant_put *put, bool *done_out, struct err *err);
ERR_CHECKED bool store_grant_free(struct db *db, const struct grant_claim *c,
    struct err *err);
/* The access token is good no more, whatever it said: of this generation. */
ERR_CHECKED bool store_grant_expire(struct db *db, uint64_t org,
    uint64_t connection_id, uint64_t generation, struct err *err);
ERR_CHECKED bool store_grant_remove(struct db *db, uint64_t org,
    uint64_t connection_id, struct err *err);
#endif
