#ifndef HAWSER_STORE_STORE_RUN_H
#define HAWSER_STORE_STORE_RUN_H
/*
 * Runs and their plan (sync_action): what was intended and why, what came of
 * it. The same rows are the journal a crashed run is resumed from, the dry run
 * and the history.
 */
#include "store/stmt.h"
#include "store/store_types.h"

/* Begins the message of a run that was taken up again; what follows is why. */
#define RUN_WAS_INTERRUPTED "It was interrupted: "

struct run_row {
	uint64_t id, connection_id, asked_by;
	int cause, state, guard;	/* enum run_cause, run_state, run_guard */
	int guard_count, guard_known;
	uint64_t guard_binding_id;
	when_t started_at, finished_at;	/* WHEN_NONE = under way or waiting */
	int planned, done, count_in, count_out, count_conflicts, count_set_aside;
	const char *message;
};

ERR_CHECKED bool store_run_add(struct db *db, uint64_t org,
    const struct run_row *run, uint64_t *id_out, struct err *err);
ERR_CHECKED int store_run_find(struct db *db, struct pool *pool, uint64_t org,
    uint64_t id, struct run_row *out, struct err *err);
/* Newest first; connection_id 0 = of the whole organisation. */
ERR_CHECKED bool store_run_list(struct db *db, struct pool *pool, uint64_t org,
    uint64_t connection_id, size_t most, struct run_row **out,
    size_t *count_out, struct err *err);
/* The one that was not finished: 1 / 0 / -1. */
ERR_CHECKED int store_run_find_open(struct db *db, struct pool *pool,
    uint64_t org, uint64_t connection_id, struct run_row *out, struct err *err);
/* state, planned, done, counts, message, guard fields; finished_at when the
 * state is an end. */
ERR_CHECKED bool store_run_put(struct db *db, uint64_t org,
    const struct run_row *run, struct err *err);
/* A person's answer to held deletes; ERR_CONFLICT when none is waiting for one.
 * In the caller's transaction, which also wants a sync job. */
ERR_CHECKED bool store_run_answer(struct db *db, uint64_t org, uint64_t id,
    bool approve, struct err *err);

struct action_row {
	uint64_t run_id, binding_id;
	int seq, kind, phase;		/* enum sync_kind, sync_phase */
	struct stmt_blob op_id;		/* 16 bytes */
	uint64_t event_id, link_id;	/* 0 = none */
	struct digest remote_key;	/* zero = none */
	const char *remote_id, *version;
	struct digest intent_hash;	/* zero = none */
	const char *title, *reason, *message;
	when_t updated_at;
};

/* Written with their run_id and seq; op_id is drawn here when it is empty. */
ERR_CHECKED bool store_action_add_many(struct db *db, struct pool *pool,
    uint64_t org, const struct action_row *rows, size_t count, struct err *err);
ERR_CHECKED bool store_action_next_seq(struct db *db, uint64_t org,
    uint64_t run_id, int *out, struct err *err);
/* Rows of a listing that did not end; nothing of them was done. */
ERR_CHECKED bool store_action_drop_planned(struct db *db, uint64_t org,
    uint64_t run_id, uint64_t binding_id, struct err *err);
/* In order of seq, from after_seq on. phase 0 = all; binding 0 = all. */
struct action_filter {
	uint64_t run_id, binding_id;
	int phase, after_seq;
	bool deletes_only;
	enum action_part { ACTION_ALL, ACTION_HERE, ACTION_THERE } part;
	size_t most;
};
ERR_CHECKED bool store_action_list(struct db *db, struct pool *pool,
    uint64_t org, const struct action_filter *filter, struct action_row **out,
    size_t *count_out, struct err *err);
/* kind, phase, ids, version, intent_hash, title, reason, message. */
ERR_CHECKED bool store_action_put(struct db *db, uint64_t org,
    const struct action_row *row, struct err *err);
ERR_CHECKED bool store_action_put_many(struct db *db, struct pool *pool,
    uint64_t org, const struct action_row *rows, size_t count, struct err *err);
/* What was sent and not answered becomes planned again: a create is repeated
 * with its op id, all else is read back (SYNC_FETCH) and decided anew. */
ERR_CHECKED bool store_action_recover(struct db *db, uint64_t org,
    uint64_t run_id, uint64_t binding_id, struct err *err);
ERR_CHECKED bool store_action_count_deletes(struct db *db, uint64_t org,
    uint64_t run_id, uint64_t binding_id, uint64_t *here_out,
    uint64_t *there_out, struct err *err);
/* Deletes of both directions that are planned, sent or done; done alone. */
ERR_CHECKED bool store_action_count_deleted(struct db *db, uint64_t org,
    uint64_t run_id, uint64_t binding_id, uint64_t *all_out,
    uint64_t *done_out, struct err *err);
/* Planned or held: what is gone there. */
ERR_CHECKED bool store_action_count_gone(struct db *db, uint64_t org,
    uint64_t run_id, uint64_t binding_id, uint64_t *out, struct err *err);
/* All that is planned or held. */
ERR_CHECKED bool store_action_skip_all(struct db *db, uint64_t org,
    uint64_t run_id, const char *message, struct err *err);
/* Planned rows of a binding that this run cannot work on. */
ERR_CHECKED bool store_action_skip(struct db *db, uint64_t org, uint64_t run_id,
    uint64_t binding_id, const char *message, struct err *err);
ERR_CHECKED bool store_action_count(struct db *db, uint64_t org,
    uint64_t run_id, int phase, uint64_t *out, struct err *err);
/* Deletes of one binding in this run that are planned become held. */
ERR_CHECKED bool store_action_hold(struct db *db, uint64_t org, uint64_t run_id,
    uint64_t binding_id, const char *message, struct err *err);
/* Held rows of a connection's runs, whatever the answer; guard is the run's. */
struct held_row {
	uint64_t run_id, binding_id, event_id, link_id;
	int seq, kind, guard;
	const char *remote_id, *version, *title;
};
ERR_CHECKED bool store_action_list_held(struct db *db, struct pool *pool,
    uint64_t org, uint64_t connection_id, struct held_row **out,
    size_t *count_out, struct err *err);
ERR_CHECKED bool store_action_put_phase(struct db *db, uint64_t org,
    uint64_t run_id, int seq, enum sync_phase phase, const char *message,
    struct err *err);
/* What happened to one event, newest first: the answer to "why?". */
ERR_CHECKED bool store_action_list_of_event(struct db *db, struct pool *pool,
    uint64_t org, uint64_t event_id, size_t most, struct action_row **out,
    size_t *count_out, struct err *err);

#endif
