#ifndef HAWSER_STORE_STORE_LOOK_H
#define HAWSER_STORE_STORE_LOOK_H
/* What a run asks before it begins, each in one question. */
#include "store/stmt.h"
#include "store/store_credential.h"

struct look_connection {
	int state;			/* enum connection_state */
	bool off;			/* its provider is switched off here */
	const char *provider, *base_url, *home_url, *login;
	when_t last_ok_at;		/* WHEN_NONE = never */
	when_t wait_until, now;		/* by the database's clock */
	int wait_tries;
	bool wait_asked;		/* by the server */
	const char *state_reason;
};

/* Under the lease; what most runs do not find is asked for only where it is. */
struct look_run {
	struct look_connection connection;
	bool has_open, has_dead, has_held;	/* an unfinished run; items set
						 * aside; held or answered deletes */
	struct credential_sealed password;	/* row.key_id 0 = none */
};

/* 1 / 0 / -1 */
ERR_CHECKED int store_look_find_connection(struct db *db, struct pool *pool,
    uint64_t org, uint64_t id, struct look_connection *out, struct err *err);
ERR_CHECKED int store_look_find_run(struct db *db, struct pool *pool, uint64_t org,
    uint64_t connection_id, struct look_run *out, struct err *err);
#endif
