/*
 * Connections as a page of cards shows them: one row each from the view
 * connection_card. Runs and what waits are asked for only when a row says that
 * there is something; never a statement for each card.
 */
#include <stdlib.h>
#include "store/store_connection.h"
#include "util/banned.h"

static const char CARDS[] =
    "SELECT id, user_id, provider, name, account, base_url, state, "
    "state_reason, wait_until, last_ok_at, open_run_id, next_due, "
    "held_run_id, calendar_count AS bindings, event_count AS events, "
    "aside_count AS set_aside FROM connection_card "
    "WHERE org_id = ? AND (? = 0 OR user_id = ?)";

static const char RUNS[] =
    "SELECT r.id, r.connection_id, r.state, r.guard, r.guard_count, "
    "r.guard_known, r.started_at, r.finished_at, r.planned, r.done, r.message "
    "FROM connection c JOIN sync_run r ON r.org_id = c.org_id "
    "AND r.id IN (c.open_run_id, c.held_run_id) "
    "WHERE c.org_id = ? AND (? = 0 OR c.id = ?)";

static const char WAITING[] =
    "SELECT b.connection_id, COUNT(DISTINCT p.event_id) AS waiting "
    "FROM pending p JOIN binding b ON b.org_id = p.org_id "
    "AND b.id = p.binding_id WHERE p.org_id = ? GROUP BY b.connection_id";

static const char RECOUNT[] =
    "UPDATE connection SET event_count = (SELECT COUNT(*) FROM link l "
    "JOIN binding b ON b.org_id = l.org_id AND b.id = l.binding_id "
    "WHERE l.org_id = ? AND b.connection_id = ?) WHERE org_id = ? AND id = ?";

static const char ADD_COUNT[] =
    "UPDATE connection SET event_count = GREATEST(0, "
    "CAST(event_count AS SIGNED) + ?) WHERE org_id = ? AND id = ?";

static const struct stmt_col CARD_COLS[] = {
	STMT_COL_IN(struct connection_card, row, id),
	STMT_COL_IN(struct connection_card, row, user_id),
	STMT_COL_IN(struct connection_card, row, provider),
	STMT_COL_IN(struct connection_card, row, name),
	STMT_COL_IN(struct connection_card, row, account),
	STMT_COL_IN(struct connection_card, row, base_url),
	STMT_COL_IN(struct connection_card, row, state),
	STMT_COL_IN(struct connection_card, row, state_reason),
	STMT_COL_IN(struct connection_card, row, wait_until),
	STMT_COL_IN(struct connection_card, row, last_ok_at),
	STMT_COL_IN(struct connection_card, row, open_run_id),
	STMT_COL_IN(struct connection_card, row, next_due),
	STMT_COL_IN(struct connection_card, counts, held_run_id),
	STMT_COL_IN(struct connection_card, counts, bindings),
	STMT_COL_IN(struct connection_card, counts, events),
	STMT_COL_IN(struct connection_card, counts, set_aside),
	STMT_END,
};

static const struct stmt_col RUN_COLS[] = {
	STMT_COL(struct run_row, id), STMT_COL(struct run_row, connection_id),
	STMT_COL(struct run_row, state), STMT_COL(struct run_row, guard),
	STMT_COL(struct run_row, guard_count),
	STMT_COL(struct run_row, guard_known),
	STMT_COL(struct run_row, started_at),
	STMT_COL(struct run_row, finished_at),
	STMT_COL(struct run_row, planned), STMT_COL(struct run_row, done),
	STMT_COL(struct run_row, message), STMT_END,
};

struct waiting_row { uint64_t connection_id, waiting; };
static const struct stmt_col WAITING_COLS[] = {
	STMT_COL(struct waiting_row, connection_id),
	STMT_COL(struct waiting_row, waiting), STMT_END,
};

static void
give_run(struct connection_card *card, const struct run_row *run)
{
	if (run->id == card->row.open_run_id)
		card->open_run = *run;
	if (run->id == card->counts.held_run_id)
		card->held_run = *run;
}

static bool
add_runs(struct db *db, struct pool *pool, uint64_t org, uint64_t one,
    struct connection_card *cards, size_t count, struct err *err)
{
	struct run_row *runs;
	size_t n;

	if (!stmt_list(db, pool, RUNS, STMT_ARGS(STMT_U64(org), STMT_U64(one),
	    STMT_U64(one)), RUN_COLS, sizeof(*runs), &runs, &n, err))
		return false;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < count; k++)
			if (cards[k].row.id == runs[i].connection_id)
				give_run(&cards[k], &runs[i]);
	return true;
}

static bool
add_waiting(struct db *db, struct pool *pool, uint64_t org,
    struct connection_card *cards, size_t count, struct err *err)
{
	struct waiting_row *rows;
	size_t n;

	if (!stmt_list(db, pool, WAITING, STMT_ARGS(STMT_U64(org)), WAITING_COLS,
	    sizeof(*rows), &rows, &n, err))
		return false;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < count; k++)
			if (cards[k].row.id == rows[i].connection_id)
				cards[k].counts.waiting = rows[i].waiting;
	return true;
}

/* Here and not there: the server would sort by a file. */
static int
by_id(const void *a, const void *b)
{
	const struct connection_card *x = a, *y = b;

	return (x->row.id > y->row.id) - (x->row.id < y->row.id);
}

const struct stmt_col *
store_connection_card_cols(void)
{
	return CARD_COLS;
}

/* Those of the viewer out of what came with the session. */
static void
take_known(struct pool *pool, const struct connection_cards_of *of,
    struct connection_card **out, size_t *count_out)
{
	const struct connection_cards *known = of->known;
	size_t n = 0;

	*out = pool_array(pool, known->count, sizeof(**out));
	for (size_t i = 0; i < known->count; i++)
		if (!of->viewer || known->list[i].row.user_id == of->viewer)
			(*out)[n++] = known->list[i];
	*count_out = n;
}

bool
store_connection_cards(struct db *db, struct pool *pool,
    const struct connection_cards_of *of, struct connection_card **out,
    size_t *count_out, struct err *err)
{
	struct connection_card *cards;
	bool runs = false;
	size_t n;

	if (of->known)
		take_known(pool, of, &cards, &n);
	else if (!stmt_list(db, pool, CARDS, STMT_ARGS(STMT_U64(of->org_id),
	    STMT_U64(of->viewer), STMT_U64(of->viewer)), CARD_COLS,
	    sizeof(*cards), &cards, &n, err))
		return false;
	if (n > 1)
		qsort(cards, n, sizeof(*cards), by_id);
	for (size_t i = 0; i < n; i++) {
		cards[i].counts.connection_id = cards[i].row.id;
		runs = runs || cards[i].row.open_run_id ||
		    cards[i].counts.held_run_id;
	}
	*out = cards;
	*count_out = n;
	return (!runs || add_runs(db, pool, of->org_id, 0, cards, n, err)) &&
	    (of->no_waiting || add_waiting(db, pool, of->org_id, cards, n, err));
}

bool
store_connection_card_runs(struct db *db, struct pool *pool, uint64_t org,
    struct connection_card *card, struct err *err)
{
	if (!card->row.open_run_id && !card->counts.held_run_id)
		return true;
	return add_runs(db, pool, org, card->row.id, card, 1, err);
}

bool
store_connection_recount(struct db *db, uint64_t org, uint64_t id,
    struct err *err)
{
	return stmt_exec(db, RECOUNT, STMT_ARGS(STMT_U64(org), STMT_U64(id),
	    STMT_U64(org), STMT_U64(id)), NULL, err);
}

bool
store_connection_add_count(struct db *db, uint64_t org, uint64_t id, int added,
    struct err *err)
{
	return stmt_exec(db, ADD_COUNT, STMT_ARGS(STMT_I64(added),
	    STMT_U64(org), STMT_U64(id)), NULL, err);
}
