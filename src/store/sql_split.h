#ifndef HAWSER_STORE_SQL_SPLIT_H
#define HAWSER_STORE_SQL_SPLIT_H
/*
 * A file of SQL into its statements, as the mariadb client reads it: quotes,
 * comments (dropped) and DELIMITER lines are understood. Names in braces are
 * replaced: {db}, {web}, {owner}.
 */
#include "util/err.h"
#include "util/pool.h"

struct sql_statement {
	const char *text;
	int line;			/* where it begins, from 1 */
};

struct sql_names { const char *db, *web, *owner; };

ERR_CHECKED bool sql_split(struct pool *pool, const char *text,
    const struct sql_names *names, struct sql_statement **out,
    size_t *count_out, struct err *err);
#endif
