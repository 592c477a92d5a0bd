#ifndef HAWSER_ACTS_ACTS_KEYS_H
#define HAWSER_ACTS_ACTS_KEYS_H
/*
 * Keys replaced while everything goes on: the operator's acts, by command.
 *
 *	key file --wraps--> key of an organisation --seals--> credentials
 *
 * A rotation goes in batches, each a transaction that replaces only what is
 * still as it was read. Killed anywhere it is finished by the next call, which
 * then begins no other one. What is still used cannot be dropped. Each act is in
 * the audit of every organisation it concerns.
 */
#include "acts/act.h"
#include "store/store_credential.h"
#include "store/store_kek.h"
#include "store/store_org.h"

/* Told after each batch; may be NULL. */
struct acts_keys_progress {
	const char *what;		/* an organisation's name, "key file" */
	uint64_t done, total;
};
typedef void (*acts_keys_tell)(void *arg, const struct acts_keys_progress *p);

struct acts_keys {
	struct act act;			/* the organisation's where there is one */
	acts_keys_tell tell;
	void *tell_arg;
};

struct acts_keys_result {
	char key[24];			/* that wraps or seals now */
	bool resumed;			/* an earlier rotation was finished */
	uint64_t moved;			/* rewrapped keys, resealed credentials */
	uint64_t broken;		/* credentials that do not open */
	uint64_t retired;		/* keys of the organisation */
};

/* A fresh key in the key file that wraps nothing yet (state next), to be copied
 * to other machines first. ERR_CONFLICT: there is one already. */
ERR_CHECKED bool acts_keys_prepare(const struct acts_keys *a,
    struct acts_keys_result *out, struct err *err);
/* The prepared key, or a fresh one, wraps every organisation's keys. */
ERR_CHECKED bool acts_keys_rotate_file(const struct acts_keys *a,
    struct acts_keys_result *out, struct err *err);
/* A fresh key for the organisation of the act; its credentials move. */
ERR_CHECKED bool acts_keys_rotate_org(const struct acts_keys *a,
    const char *name, struct acts_keys_result *out, struct err *err);
/* By id: 16 hex digits for a key of the key file, a number for one of an
 * organisation. ERR_CONFLICT with a count when it is still used. */
ERR_CHECKED bool acts_keys_drop(const struct acts_keys *a, const char *id,
    struct err *err);

/* The key file's keys, those of the file and those the database knows. */
struct acts_keys_kek {
	char id[20];
	int state;			/* 0 = the database does not know it */
	bool in_file;
	uint64_t wraps;
};
ERR_CHECKED bool acts_keys_list_file(const struct act *act,
    struct acts_keys_kek **out, size_t *count_out, struct err *err);
#endif
