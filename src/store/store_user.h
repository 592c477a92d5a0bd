#ifndef HAWSER_STORE_STORE_USER_H
#define HAWSER_STORE_STORE_USER_H
/*
 * People and their memberships. A user has one e-mail, compared in lower case,
 * and may be a member of several organisations. Pages see the members of their
 * own organisation, never a password hash. Writing needs the operator's account.
 */
#include "store/stmt.h"
#include "store/store_types.h"

struct user_row {
	uint64_t id;
	const char *email, *name, *time_zone;
	int role;			/* enum role, in the organisation asked about */
	when_t created_at, disabled_at;	/* WHEN_NONE = may sign in */
};

struct user_new {
	const char *email, *name, *time_zone, *password_hash;
};

/* How an e-mail is compared and found. */
char *store_user_email_key(struct pool *pool, const char *email);

/* In a transaction. ERR_CONFLICT: the e-mail is known already. */
ERR_CHECKED bool store_user_add(struct db *db, struct pool *pool,
    const struct user_new *u, uint64_t *id_out, struct err *err);
/* Anybody with this e-mail, member or not (role 0): 1 / 0 / -1. */
ERR_CHECKED int store_user_find_email(struct db *db, struct pool *pool,
    const char *email, struct user_row *out, struct err *err);
ERR_CHECKED int store_user_find(struct db *db, struct pool *pool, uint64_t org,
    uint64_t id, struct user_row *out, struct err *err);
ERR_CHECKED int store_user_find_member(struct db *db, struct pool *pool,
    uint64_t org, const char *email, struct user_row *out, struct err *err);
ERR_CHECKED bool store_user_list(struct db *db, struct pool *pool, uint64_t org,
    struct user_row **out, size_t *count_out, struct err *err);
/* In a transaction; ends all sessions of the user. */
ERR_CHECKED bool store_user_set_password(struct db *db, uint64_t id,
    const char *password_hash, struct err *err);

/* ERR_CONFLICT: is a member already. */
ERR_CHECKED bool store_user_add_membership(struct db *db, uint64_t org,
    uint64_t id, enum role role, struct err *err);
/* Owners besides this one who may sign in; the rows are locked. */
ERR_CHECKED bool store_user_count_other_owners(struct db *db, uint64_t org,
    uint64_t id, uint64_t *out, struct err *err);
ERR_CHECKED bool store_user_set_role(struct db *db, uint64_t org, uint64_t id,
    enum role role, struct err *err);
/* Sessions in the organisation end with it. */
ERR_CHECKED bool store_user_remove_membership(struct db *db, uint64_t org,
    uint64_t id, struct err *err);
/* "member", "admin", "owner"; "" of anything else. */
const char *store_user_role(int role);
#endif
