#ifndef HAWSER_STORE_STORE_CONNECTION_H
#define HAWSER_STORE_STORE_CONNECTION_H
/*
 * Connections: one account at one provider. Whoever asks sees the own ones;
 * viewer 0 (the worker, the operator, admins) sees all of the organisation.
 *
 *	active <-> paused	a person
 *	active  -> reconnect	the provider refuses the credentials
 *	any     -> removing	a person; the disconnect job finishes it
 *
 * wait_until parks an active connection after an error or a limit.
 */
#include "store/stmt.h"
#include "store/store_run.h"
#include "store/store_types.h"

struct connection_row {
	uint64_t id, user_id;
	const char *provider, *name, *account, *login, *base_url, *home_url;
	int state;			/* enum connection_state */
	const char *state_reason;	/* a sentence, "" = none */
	when_t wait_until;		/* WHEN_NONE = not parked */
	int wait_tries;
	int wait_asked;			/* 1 = the server asked for the pause */
	when_t last_started_at, last_ok_at, created_at;
	uint64_t last_run_id;		/* 0 = none yet */
	uint64_t open_run_id;		/* 0 = the last one ended well */
	int removing;			/* enum removal_choice, once state says so */
	when_t next_due;		/* of its sync job; WHEN_NONE = none queued */
	const char *owner_email, *owner_name;
};

/* What its card shows. */
struct connection_counts {
	uint64_t connection_id;
	uint64_t collections, bindings, events, waiting, set_aside, conflicts;
	uint64_t held_run_id;		/* a run that asks before it deletes, 0 = none */
};

struct connection_card {
	struct connection_row row;
	struct connection_counts counts;
	/* Under way, interrupted or failed; and the one that asks. id 0 = none. */
	struct run_row open_run, held_run;
	bool switched_off;		/* its provider, by the operator; set by acts */
};

struct connection_new {
	uint64_t user_id;
	const char *provider, *name, *account, *login, *base_url, *home_url;
	uint64_t own_id;		/* 0 = not there yet */
};

ERR_CHECKED bool store_connection_add(struct db *db, uint64_t org,
    const struct connection_new *c, uint64_t *id_out, struct err *err);
/* 1 / 0 / -1 */
ERR_CHECKED int store_connection_find(struct db *db, struct pool *pool,
    uint64_t org, uint64_t viewer, uint64_t id, struct connection_row *out,
    struct err *err);
ERR_CHECKED bool store_connection_list(struct db *db, struct pool *pool,
    uint64_t org, uint64_t viewer, struct connection_row **out,
    size_t *count_out, struct err *err);
ERR_CHECKED bool store_connection_count(struct db *db, struct pool *pool,
    uint64_t org, uint64_t id, struct connection_counts *out, struct err *err);
/* The rows of cards, ordered by id. */
struct connection_cards { struct connection_card *list; size_t count; };
/* What a page of cards needs, by one statement while all is quiet: of the row no
 * login, home_url, times of start, owner; of the counts no collections
 * and conflicts. Counts are kept (sql/0008_cards.sql). */
struct connection_cards_of {
	uint64_t org_id, viewer;
	bool no_waiting;	/* known: nothing waits, it need not be counted */
	/* Came with the session (store_session_enter); NULL = to be asked. */
	const struct connection_cards *known;
};
ERR_CHECKED bool store_connection_cards(struct db *db, struct pool *pool,
    const struct connection_cards_of *of, struct connection_card **out,
    size_t *count_out, struct err *err);
/* Columns of a card as the view connection_card and session_cards give them. */
const struct stmt_col *store_connection_card_cols(void);
/* The runs of one card, by row.open_run_id and counts.held_run_id. */
ERR_CHECKED bool store_connection_card_runs(struct db *db, struct pool *pool,
    uint64_t org, struct connection_card *card, struct err *err);
/* Counts the events again; in the transaction that ends what changed links. */
ERR_CHECKED bool store_connection_recount(struct db *db, uint64_t org,
    uint64_t id, struct err *err);
/* So many more, or fewer, by who knows exactly. */
ERR_CHECKED bool store_connection_add_count(struct db *db, uint64_t org,
    uint64_t id, int added, struct err *err);
/* Whole rows, everything counted. */
ERR_CHECKED bool store_connection_list_counted(struct db *db, struct pool *pool,
    uint64_t org, uint64_t viewer, struct connection_card **out,
    size_t *count_out, struct err *err);
/* The same login at the same address, or with the same home (NULL, "" = not
 * known), not being removed: 1 / 0 / -1. */
ERR_CHECKED int store_connection_find_same(struct db *db, uint64_t org,
    const struct connection_new *c, uint64_t *id_out, struct err *err);

/* ---- state; none of these touches a connection that is being removed ---- */
/* A person's choice or a refused login; clears the wait, unless it was asked
 * for. */
ERR_CHECKED bool store_connection_set_state(struct db *db, uint64_t org,
    uint64_t id, enum connection_state state, const char *reason,
    struct err *err);
/* An active one only: the provider refuses us. */
ERR_CHECKED bool store_connection_set_reconnect(struct db *db, uint64_t org,
    uint64_t id, const char *reason, struct err *err);
/* Parks it, or (until WHEN_NONE, tries 0, reason "") lets it go. */
struct connection_wait {
	when_t until;
	int tries;
	bool asked;		/* by the server: nobody may go before */
	const char *reason;
};
ERR_CHECKED bool store_connection_set_wait(struct db *db, uint64_t org,
    uint64_t id, const struct connection_wait *wait, struct err *err);
/* A run ended well; by the database's clock. */
ERR_CHECKED bool store_connection_set_ok(struct db *db, uint64_t org,
    uint64_t id, struct err *err);
ERR_CHECKED bool store_connection_set_home(struct db *db, uint64_t org,
    uint64_t id, const char *home_url, struct err *err);
/* New credentials were accepted: active again, cursors kept. */
ERR_CHECKED bool store_connection_set_account(struct db *db, uint64_t org,
    uint64_t id, const char *login, const char *account, const char *home_url,
    struct err *err);
/* Whoever works on it can commit nothing more. */
ERR_CHECKED bool store_connection_raise_fence(struct db *db, uint64_t org,
    uint64_t id, struct err *err);
/* Begins the end and raises the fence; in a transaction. See store_disconnect.h
 * for the rest. */
ERR_CHECKED bool store_connection_set_removing(struct db *db, uint64_t org,
    uint64_t id, enum removal_choice choice, struct err *err);
#endif
