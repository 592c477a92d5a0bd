#ifndef HAWSER_SYNC_ENGINE_H
#define HAWSER_SYNC_ENGINE_H
/*
 * One run of one connection:
 *
 *	lease -> take over an unfinished run, or a new one
 *	  list (page by page; rows of the plan and page_cursor together)
 *	  -> guard -> apply here, in batches -> cursor -> push -> finish
 *
 * Every write transaction renews the lease first; a worker whose lease was
 * taken ends with ERR_CONFLICT, scope RUN. Whatever else goes wrong is consumed
 * and logged here, by scope: the item is set aside, the collection listed
 * again, the connection parked, the run left for the next process.
 */
#include "providers/provider.h"
#include "store/db.h"
#include "store/store_types.h"
#include "sync/keyring.h"
#include "util/config.h"

struct engine {
	struct db *db;			/* account sync or admin */
	const struct config *config;
	struct keyring *keyring;
	struct http *http;
	/* How to get a session; NULL = access_open (credential by the keyring). */
	bool (*open_session)(struct engine *engine, struct pool *pool,
	    uint64_t org, uint64_t connection_id,
	    struct provider_session **out, struct err *err);
	void *open_arg;
	void (*sleep_ms)(int ms);	/* NULL = nanosleep */
	/* Called at each step of the journal, before and after each commit and
	 * provider call, with its name; NULL outside tests. */
	void (*step)(void *arg, const char *name);
	void *step_arg;
	volatile const bool *stop;	/* SIGTERM: end after this batch */
	const char *owner;		/* NULL = this process */
};

struct engine_opts {
	uint64_t org_id, connection_id;
	enum run_cause cause;
	uint64_t asked_by;
	bool dry_run;
	bool full_listing;		/* as the weekly one */
	int limit_secs;			/* ends as if told to stop; 0 = none */
};

enum engine_end {
	ENGINE_DONE,			/* finished; guard may hold deletes */
	ENGINE_BUSY,			/* another process works on it */
	ENGINE_PARKED,			/* waits; connection.wait_until */
	ENGINE_RECONNECT,		/* a person must sign in again */
	ENGINE_STOPPED,			/* told to end, or long enough: the next goes on */
	ENGINE_IDLE,			/* paused, removing, or nothing bound */
	ENGINE_LOST,			/* the lease was taken over */
};

struct engine_result {
	enum engine_end end;
	uint64_t run_id;
	uint32_t planned, done, in, out, conflicts, set_aside, held;
	when_t next_try;		/* earliest; WHEN_NONE = at the next poll */
	bool watchable;			/* its provider tells of changes */
	bool refused;			/* done, but for a collection: see message */
	char message[240];
};

/* False only when the database failed; everything else is a result. */
ERR_CHECKED bool engine_run(struct engine *engine,
    const struct engine_opts *opts, struct engine_result *out, struct err *err);
#endif
