#ifndef HAWSER_ACTS_ACT_H
#define HAWSER_ACTS_ACT_H
/*
 * Who does something, and through what. Pages, commands and the worker fill
 * this once and call acts_*: authorise, write, audit and enqueue in one
 * transaction. Foreign and unknown ids are the same ERR_NOT_FOUND.
 */
#include "store/db.h"
#include "store/store_types.h"
#include "util/pool.h"

struct connection_cards;

struct act {
	struct db *db;
	struct pool *pool;
	const struct config *config;
	uint64_t org_id;
	uint64_t user_id;		/* 0 = the operator or the worker */
	enum role role;			/* the operator acts as owner */
	const char *via;		/* "page" "command" "worker" "api" */
	const char *request_id;		/* into the audit; NULL = none */
	/* Providers switched off for the organisation when the request began,
	 * commas between; NULL = not asked yet. For showing, not for deciding. */
	const char *providers_off;
	bool no_waiting;		/* nothing of it waited to be sent then */
	const struct connection_cards *cards;	/* as they were then; NULL = not asked */
};

/* An entry of the audit in the act's name ("connection.pause", "connection",
 * id); in its transaction. detail may be NULL: a short sentence, no titles. */
ERR_CHECKED bool act_audit(const struct act *act, const char *action,
    const char *kind, uint64_t id, const char *detail, struct err *err);
/* What a person typed, trimmed: 1 to most_chars characters of valid UTF-8
 * without control characters, else ERR_INPUT in words about label. */
ERR_CHECKED bool act_text(const struct act *act, const char *label,
    const char *text, size_t most_chars, const char **out, struct err *err);
/* Wants work on a connection now, in the act's name; in its transaction. */
ERR_CHECKED bool act_want(const struct act *act, uint64_t connection_id,
    enum job_kind kind, struct err *err);
/* The same, so many seconds from now. */
ERR_CHECKED bool act_want_in(const struct act *act, uint64_t connection_id,
    enum job_kind kind, int secs, struct err *err);
/* Somebody waits for a page, in a process that others need. */
bool act_is_page(const struct act *act);
/* Who may see everything there is to see of connections: the operator, admins. */
bool act_is_admin(const struct act *act);
#endif
