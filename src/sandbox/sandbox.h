#ifndef HAWSER_SANDBOX_SANDBOX_H
#define HAWSER_SANDBOX_SANDBOX_H
/*
 * Stands in for a provider, well enough to develop and to test against: what
 * is here, and in the files beside it without a provider's name, serves all of
 * them.
 *
 *	sandbox		threads, one lock, the clock, the way of a request
 *	sandbox_call	one request and its answer
 *	sandbox_tree	all state: one JSON tree, journalled
 *	sandbox_grant	codes and tokens
 *	sandbox_fault	what was ordered to go wrong, limits, counts
 *	sandbox_ledger	each accepted write
 *	sandbox_postman	push messages
 *	sandbox_control	orders of tests: /control/...
 *
 * The lock is held while a request is worked on, and not while a slow answer
 * waits. Nothing here is meant for a network: it listens behind nginx on the
 * loopback.
 */
#include <jansson.h>
#include <pthread.h>
#include <stdbool.h>
#include "sandbox/sandbox_tree.h"
#include "util/err.h"
#include "util/pool.h"
#include "util/when.h"

#define SANDBOX_LIST_MOST 16

struct sandbox_client {
	const char *id, *secret;
	const char *redirects[SANDBOX_LIST_MOST];	/* NULL-ended */
};

struct sandbox_opts {
	const char *socket, *origin, *state, *seed;
	int threads;
	struct sandbox_client client;
	const char *hook_origins[SANDBOX_LIST_MOST];	/* NULL-ended */
};

/* What /control changes; forgotten by a reset and by a restart. */
struct sandbox_settings {
	bool down, testing, rotate, empty_pages;
	int latency_ms, per_minute;
	char coop[64];
	enum { SANDBOX_PUSH_ON, SANDBOX_PUSH_OFF, SANDBOX_PUSH_LATE,
	    SANDBOX_PUSH_DUPLICATE } push;
	int push_delay_ms, push_copies;
};

struct sandbox_postman;
struct sandbox_call;

struct sandbox {
	struct pool *pool;
	const struct sandbox_opts *opts;
	struct sandbox_tree tree;
	struct sandbox_settings settings;
	struct sandbox_postman *postman;
	json_t *seed;			/* NULL = none */
	json_t *faults;			/* in the order they were ordered */
	json_t *counts;			/* {"requests": {op: n}, "parts": {op: n}} */
	json_t *windows;		/* account -> times of the last minute, ms */
	pthread_mutex_t lock;
	int listen_fd, stop_fd;
};

/* A path is "/control/accounts" or "/google/calendars/{}": each {} is one
 * segment, decoded. operation names it in counts and faults. scopes: one of
 * these is needed; what that means is the table's enter() to say. */
struct sandbox_route {
	const char *method, *path, *operation, *scopes;
	void (*serve)(struct sandbox_call *call);
	unsigned flags;
};

struct sandbox_routes {
	const struct sandbox_route *items;
	size_t count;
	bool provider;			/* answers 503 while it is "down" */
	/* Before serve; false = answered. NULL = nothing to ask. */
	bool (*enter)(struct sandbox_call *call, const struct sandbox_route *route);
	void (*unknown)(struct sandbox_call *call);
	/* After serve, once it has answered; NULL = nothing to do. */
	void (*leave)(struct sandbox_call *call);
	const char *prefix;		/* what begins so is this table's */
};

ERR_CHECKED bool sandbox_run(const struct sandbox_opts *opts, struct err *err);
/* Empties everything and puts the seed in. */
ERR_CHECKED bool sandbox_reset(struct sandbox *sb, struct err *err);
/* One request's way, under the lock; parts of a batch take it, too. */
void sandbox_dispatch(struct sandbox_call *call);

/* The sandbox's clock. */
when_t sandbox_now(const struct sandbox *sb);
/* offset from the real clock, or frozen at (WHEN_NONE = it runs). */
void sandbox_set_clock(struct sandbox *sb, int64_t offset_secs, when_t frozen);
/* A number that only grows, by name. */
json_int_t sandbox_next(struct sandbox *sb, const char *name);
/* NULL: nobody of that address or sub. */
json_t *sandbox_account(const struct sandbox *sb, const char *email);
#endif
