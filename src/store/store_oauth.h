#ifndef HAWSER_STORE_STORE_OAUTH_H
#define HAWSER_STORE_STORE_OAUTH_H
/*
 * Sign-ins at a provider that are under way. The browser has the state, only its
 * hash is kept; flow names the same try on our own pages and may be shown.
 *
 *	begun -> taken (once, whatever comes of it) -> done | refused | failed
 *
 * A state lives for STORE_OAUTH_MINS minutes.
 */
#include "store/stmt.h"

#define STORE_OAUTH_MINS 10

enum oauth_kind { OAUTH_CALENDAR = 1 };
/* Where the person is afterwards. */
enum oauth_return { OAUTH_TO_CALENDARS = 1, OAUTH_TO_CONNECTION = 2 };
enum oauth_outcome {
	OAUTH_OPEN, OAUTH_DONE, OAUTH_REFUSED, OAUTH_FAILED,
};

struct oauth_flow { uint8_t bytes[16]; };

struct oauth_state_row {
	uint64_t id, user_id;
	struct digest state_hash, session_hash;
	struct stmt_blob flow;		/* 16 bytes */
	const char *provider;
	int kind;			/* enum oauth_kind */
	uint64_t connection_id;		/* 0 = a new one */
	const char *scopes;		/* asked for */
	bool popup;
	int return_to;			/* enum oauth_return */
	when_t expires_at;
	when_t consumed_at;		/* WHEN_NONE = not yet */
	int outcome;			/* enum oauth_outcome */
	const char *message;		/* a sentence, "" = none */
	uint64_t result_id;		/* the connection; 0 = none */
};

/* One that is still open under the same flow (its page was sent again) is used
 * up. Its verifier, whose seal needs the id, comes next in the same transaction. */
ERR_CHECKED bool store_oauth_add(struct db *db, uint64_t org,
    const struct oauth_state_row *row, uint64_t *id_out, struct err *err);
struct oauth_verifier_row { uint64_t key_id; struct stmt_blob envelope; };
ERR_CHECKED bool store_oauth_put_verifier(struct db *db, uint64_t org,
    uint64_t id, const struct oauth_verifier_row *row, struct err *err);
/* 1, 0 (it was taken away), -1 */
ERR_CHECKED int store_oauth_find_verifier(struct db *db, struct pool *pool,
    uint64_t org, uint64_t id, struct oauth_verifier_row *out,
    struct err *err);

/* What is said of a state that came back; it is used up from here on. */
enum oauth_verdict {
	OAUTH_UNKNOWN,			/* there never was one */
	OAUTH_YOURS,
	OAUTH_ANOTHERS,			/* of another session, or nobody is signed in */
	OAUTH_USED,
	OAUTH_LATE,
};
/* id_out: of one that is this session's, else 0. As DB_HOOKS; needs no tenant. */
ERR_CHECKED bool store_oauth_take(struct db *db, struct pool *pool,
    const struct digest *state_hash, enum oauth_verdict *out, uint64_t *id_out,
    struct err *err);

/* 1 / 0 / -1; the second for whoever began it, in the same session. */
ERR_CHECKED int store_oauth_find(struct db *db, struct pool *pool, uint64_t org,
    uint64_t id, struct oauth_state_row *out, struct err *err);
ERR_CHECKED int store_oauth_find_flow(struct db *db, struct pool *pool,
    uint64_t org, const struct oauth_flow *flow,
    const struct digest *session_hash, struct oauth_state_row *out,
    struct err *err);
/* What came of it; the verifier goes. */
struct oauth_end {
	enum oauth_outcome outcome;
	const char *message;		/* "" = none */
	uint64_t connection_id;
};
ERR_CHECKED bool store_oauth_end(struct db *db, uint64_t org, uint64_t id,
    const struct oauth_end *end, struct err *err);
/* The person closed it, or began again: it is used up. One of another session
 * or one that came back already stays as it is. */
ERR_CHECKED bool store_oauth_cancel(struct db *db, uint64_t org,
    const struct oauth_flow *flow, const struct digest *session_hash,
    struct err *err);

/* ---- as DB_SYNC ---- */
/* States of which others made use, with how often; then what was told is taken
 * off. */
struct oauth_misuse { uint64_t org_id, id, misused; };
ERR_CHECKED bool store_oauth_list_misused(struct db *db, struct pool *pool,
    uint64_t org, struct oauth_misuse **out, size_t *count_out, struct err *err);
ERR_CHECKED bool store_oauth_put_told(struct db *db,
    const struct oauth_misuse *row, struct err *err);
/* Those that ended a day ago, and verifiers nobody can use any more. */
ERR_CHECKED bool store_oauth_clean(struct db *db, struct err *err);
#endif
