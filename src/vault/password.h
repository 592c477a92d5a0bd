#ifndef HAWSER_VAULT_PASSWORD_H
#define HAWSER_VAULT_PASSWORD_H
/*
 * Passwords of our own users: yescrypt by crypt(5). A hash is its setting (cost
 * and salt), a '$' and the answer. Signing in computes the answer here and the
 * database compares it, so the pages' account never reads a stored hash.
 */
#include "util/err.h"
#include "util/pool.h"
#include "util/secret.h"

enum { PASSWORD_LEAST_CHARS = 8, PASSWORD_MOST_BYTES = 500 };

/* ERR_INPUT: too short, too long, not text. */
ERR_CHECKED bool password_check(const struct secret *plain, struct err *err);
/* A fresh salt, the whole hash. */
ERR_CHECKED bool password_hash(struct pool *pool, const struct secret *plain,
    char **out, struct err *err);
/* The whole hash with the setting of a stored one. NULL = nobody has that name:
 * takes just as long and fits no hash. */
char *password_answer(struct pool *pool, const struct secret *plain,
    const char *setting);
#endif
