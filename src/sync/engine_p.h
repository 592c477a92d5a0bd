#ifndef HAWSER_SYNC_ENGINE_P_H
#define HAWSER_SYNC_ENGINE_P_H
/*
 * Shared by the files of the engine alone. One run of one connection:
 *
 *	engine.c	the run as a whole, errors by scope, the end
 *	engine_look.c	is it to be worked now, before the lease is asked for
 *	engine_begin.c	lease, what is known, way in, take-over
 *	engine_who.c	is it still the account that was connected?
 *	plan.c		what is there: pages, long ones in parts -> rows of the plan
 *	plan_rows.c	entries of a page -> rows
 *	plan_refused.c	a collection that cannot be listed
 *	plan_local.c	what waits here, what was set aside or answered -> rows
 *	decide.c	one row with what both sides hold -> decision
 *	apply_pull.c	batches: read bodies, decide, carry out here
 *	perform.c	one decision carried out in the batch's transaction
 *	perform_many.c	what many of them have in common, by arrays
 *	apply_push.c	batches: sent, call
 *	apply_results.c	what came of a batch
 *	dry_run.c	the plan without doing it
 *	journal.c	transactions under the lease, and what a run leaves
 */
#include "sync/engine.h"
#include "sync/delta.h"
#include "store/store_conflict.h"
#include "store/store_connection.h"
#include "store/store_cursor.h"
#include "store/store_event.h"
#include "store/store_lease.h"
#include "store/store_link.h"
#include "store/store_look.h"
#include "store/store_run.h"

#define RUN_BATCH 50
#define RUN_PULL_FIRST 100	/* small at first: something to see early */
#define RUN_PULL_BATCH 1000		/* where only rows here are written */
_Static_assert(RUN_PULL_BATCH <= STORE_LINK_KEYS_MOST &&
    RUN_PULL_BATCH <= STORE_EVENT_MOST, "a batch is asked for in one question");
#define RUN_PULL_BYTES (4u << 20)	/* of bodies in one such batch */
#define RUN_FETCH 100			/* bodies asked for at a time */
#define RUN_PUSH_FIRST 10
#define RUN_PUSH_BATCH 160		/* writes a call; grows from a few */
#define RUN_LISTING_DAYS 7		/* a full listing at least so often */
#define RUN_TRIES 3			/* of one row against a moving target */
#define RUN_WAIT_IN_PLACE_MS 20000
#define RUN_CALL_SECS 20		/* the least that a call is given */
/* In the message of a planned row: carried out as it stands. */
#define RUN_ANSWERED "As you answered."

struct run {
	struct engine *engine;
	struct db *db;
	struct pool *pool;		/* of the run */
	const struct engine_opts *opts;
	enum run_cause cause;		/* as in opts, or the first */
	uint64_t org, connection_id;
	struct lease lease;
	int64_t renewed_ms;		/* monotonic */
	int64_t until_ms;		/* monotonic; 0 = no limit */
	struct look_run look;
	struct run_row row;
	struct run_row earlier;		/* counts of the run that was taken over */
	bool resumed;			/* takes over an unfinished run */
	bool dry;
	int next_seq;			/* of the plan; 0 = the database knows */
	bool last_listing;		/* of the last binding */
	bool released;			/* the lease was given back with the end */
	int links_added;		/* less those removed, so far */
	bool recount;			/* it is not known how many */
	bool has_parts;			/* of a listing that may not have ended */
	struct provider_session *session;
	struct pool *session_pool;
	struct cursor_row *bindings;
	size_t binding_count;
	struct dead_row *dead;
	size_t dead_count;
	bool *dead_planned;		/* per dead row: this run tries it */
	struct held_row *held;
	size_t held_count;
	int *tries;			/* seq of a row for each try of it */
	size_t tries_count;
	when_t now;			/* of the database, at the start */
	const char *message;
	bool refused;			/* a collection could not be listed */
	struct engine_result *result;
};

/* ---- engine_look.c ---- */
/* 1 = work to do, 0 = none now (result->end says why), -1 = database. */
ERR_CHECKED int engine_look(struct run *r, int *tries, struct err *err);

/* ---- engine_begin.c ---- */
/* 1 = ours, 0 = somebody else's, -1 = database. */
ERR_CHECKED int engine_take_lease(struct run *r, struct err *err);
/* Bindings, what was left for people, the session. */
ERR_CHECKED bool engine_begin(struct run *r, struct err *err);
/* The run that was not finished, or a new one. */
ERR_CHECKED bool engine_find_run(struct run *r, struct err *err);

/* ---- engine_who.c ---- */
/* Before anything is applied; ERR_RECONNECT: another one answers, the plan is
 * dropped. */
ERR_CHECKED bool engine_same_account(struct run *r, struct err *err);

/* ---- journal.c ---- */
typedef bool run_body(struct run *r, void *arg, struct err *err);
/* A transaction that renews the lease first; step names it for the tests. */
ERR_CHECKED bool journal_tx(struct run *r, const char *step, run_body *body,
    void *arg, struct err *err);
/* The last one: the lease is given back with it. */
ERR_CHECKED bool journal_end(struct run *r, const char *step, run_body *body,
    struct err *err);
void journal_step(struct run *r, const char *name);
/* Own work ends at two thirds of the lease: renews it when a third has gone,
 * refuses when it is too late. Before each call to the provider; its requests
 * together end in time, whatever the server does. */
ERR_CHECKED bool journal_may_call(struct run *r, struct err *err);
/* A bound on what is asked of the server from now on. */
void journal_bound_call(const struct run *r);
ERR_CHECKED bool journal_sleep(struct run *r, int ms, struct err *err);
bool journal_is_stopped(const struct run *r);
/* A copy, cut to fit VARCHAR(240) at a character. */
const char *journal_clip(struct pool *pool, const char *text);
ERR_CHECKED bool journal_image(struct run *r, struct pool *pool,
    const struct action_row *row, enum image_side side, const void *body,
    size_t len, struct err *err);
ERR_CHECKED bool journal_image_event(struct run *r, struct pool *pool,
    const struct action_row *row, enum image_side side, const struct event *e,
    struct err *err);
/* Sets the item aside: the row fails, the dead letter says why. */
ERR_CHECKED bool journal_set_aside(struct run *r, const struct cursor_row *b,
    struct action_row *row, const char *rev, const char *reason,
    struct err *err);
/* As version of what failed here: another rev is another try. */
const char *journal_rev(struct pool *pool, uint64_t rev);
/* The item is fine again. */
ERR_CHECKED bool journal_clear(struct run *r, const struct cursor_row *b,
    const struct action_row *row, struct err *err);
/* After they were listed: in the order that finding one needs. */
void journal_sort_dead(struct run *r);
const struct dead_row *journal_find_dead(const struct run *r,
    uint64_t binding_id, const struct digest *key);
/* One try more of this row in this process; false = that was the last. A
 * transaction that is tried again sets tries_count back first. */
bool journal_try_again(struct run *r, int seq);

/* ---- plan.c ---- */
struct plan {			/* rows of one page under construction */
	struct run *r;
	struct cursor_row *b;
	struct pool *pool;	/* of the page */
	struct action_row *rows;	/* in a pool of their own: they grow */
	struct pool *rows_pool;
	size_t count, room;
	int next_seq;
	size_t listed, unseen;
	bool linked;		/* has it links? */
	struct pool *scratch;	/* of a portion of what waits here */
	uint64_t *listed_ids;	/* sorted: events the list has put in the plan */
	size_t listed_id_count;
	bool looked;		/* linked is known */
	struct digest *seen;	/* dry run: keys of the listing */
	size_t seen_count, seen_room;
};
struct action_row *plan_row(struct plan *p, enum sync_kind kind,
    const char *reason);
ERR_CHECKED bool plan_binding(struct run *r, struct cursor_row *b,
    struct err *err);
/* mark: they were seen by the listing under way. */
ERR_CHECKED bool plan_entries(struct plan *p,
    const struct provider_entry *entries, size_t count, bool mark,
    struct err *err);
/* Dry: pages and rows in memory only. */
ERR_CHECKED bool plan_dry(struct run *r, struct plan *p, struct err *err);
/* What is gone there, head by head; used by pages and by the sweep. */
ERR_CHECKED bool plan_gone(struct plan *p, const struct link_head *heads,
    size_t count, struct err *err);

/* ---- plan_refused.c ---- */
/* True: what concerns this collection alone is noted, the others go on. */
ERR_CHECKED bool plan_refused(struct run *r, struct cursor_row *b,
    const struct err *why, bool *skip_out, struct err *err);

/* ---- plan_local.c ---- */
ERR_CHECKED bool plan_pending(struct plan *p, struct err *err);
ERR_CHECKED bool plan_dead(struct plan *p, struct err *err);
ERR_CHECKED bool plan_answers(struct plan *p, struct err *err);
bool plan_is_held(const struct run *r, uint64_t link_id, int kind);
bool plan_is_due(const struct run *r, const struct dead_row *dead);

/* ---- decide.c ---- */
struct item_state {
	const struct link_row *link;	/* NULL = none */
	const struct stored_event *here;	/* id 0 or NULL = none */
	const struct provider_item *there;	/* NULL = not read: as agreed */
	struct digest here_hash, there_hash;
	enum delta_state local, remote;
	bool matched;			/* found by first-link matching */
};
/* Hashes and states from what was loaded; there_gone: known to be gone. */
void decide_states(struct pool *pool, const struct cursor_row *b,
    struct item_state *s, bool there_gone);
struct delta_out decide_item(const struct cursor_row *b,
    const struct item_state *s);
/* L alone, for what waits here. */
enum delta_state decide_local(struct pool *pool, const struct cursor_row *b,
    const struct link_row *link, const struct stored_event *here,
    struct digest *hash_out);

/* ---- apply_pull.c, perform.c ---- */
struct batch_item {
	size_t at;			/* of the row */
	const struct stored_event *here;	/* the event here, of updates and deletes */
	const struct link_row *link;
	struct digest hash;		/* of what is there */
	bool as_agreed;			/* what is here is the link's base */
};
struct batch_later { struct batch_item *items; size_t count; };
struct batch {
	struct run *r;
	struct cursor_row *b;
	struct pool *pool;		/* reset for each try of the transaction */
	struct action_row *rows;	/* as read */
	struct provider_item *items;	/* per row; only where fetched[i] */
	bool *fetched;
	size_t count;
	struct action_row *out;		/* as they will be written */
	struct run_row before;		/* counts before the transaction */
	/* written together at the end of the transaction */
	struct batch_later creates, updates, deletes;
	bool *repeated;			/* per row: its object came before */
	bool match;			/* something here waits without a link */
	bool recount;			/* links changed beside creates and deletes */
	bool last;			/* the cursor moves with it */
};
/* Afterwards nothing is planned here any more, unless it is stopped. */
ERR_CHECKED bool apply_pull(struct run *r, struct cursor_row *b,
    struct err *err);
/* Reads what the rows need; items and fetched are filled. Large bodies, or told
 * to end: only of the first rows, count is lowered. */
ERR_CHECKED bool apply_fetch(struct run *r, const struct cursor_row *b,
    struct pool *pool, struct batch *batch, struct err *err);
ERR_CHECKED bool perform_row(struct batch *batch, size_t i,
    struct item_state *s, struct err *err);
struct stmt_blob perform_format(struct pool *pool, const struct event *e);
/* perform_many.c: around all rows of a batch. */
void perform_begin(struct batch *batch);
ERR_CHECKED bool perform_end(struct batch *batch, struct err *err);
/* What a link keeps of the state both agree on; local_hash NULL: as there. */
void perform_fill(struct pool *pool, struct link_row *link,
    const struct event *there, const struct digest *local_hash, uint64_t rev);
/* Both sides agree on this: link, pending, dead letter. rev 0: what is here
 * differs and stays pending. */
ERR_CHECKED bool perform_agree(struct run *r, const struct cursor_row *b,
    struct pool *pool, struct link_row *link, const struct event *there,
    const struct digest *local_hash, uint64_t rev, struct err *err);

/* ---- apply_push.c, apply_results.c ---- */
struct push {
	struct run *r;
	struct cursor_row *b;
	struct pool *pool;
	struct action_row *read;	/* as they stand in the plan */
	struct action_row *rows;	/* as they will be written */
	bool *repeats;			/* per row: may have been sent before, otherwise */
	struct stored_event *events;	/* per row; id 0 = none */
	struct link_row *links;		/* per row; id 0 = none */
	struct provider_write *writes;	/* of the rows that are sent */
	struct provider_written *results;
	size_t *at;			/* write -> row */
	size_t count, sent;
	/* what both sides agree on, written together at the end */
	struct link_row *agreed;
	struct pending_row *settled;
	size_t agreed_count, settled_count;
	const struct push *flying;	/* on its way as this one is prepared */
	struct err stop;		/* what parks the connection, or NONE */
};
ERR_CHECKED bool apply_push(struct run *r, struct cursor_row *b,
    bool *did_out, struct err *err);
/* In a transaction after the call. */
ERR_CHECKED bool apply_results(struct push *p, struct err *err);
/* Not the item's error, but of the way there. */
bool apply_is_way(const struct err *e);

/* ---- dry_run.c ---- */
ERR_CHECKED bool dry_run(struct run *r, struct err *err);
#endif
