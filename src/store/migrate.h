#ifndef HAWSER_STORE_MIGRATE_H
#define HAWSER_STORE_MIGRATE_H
/*
 * Brings the database to this version: every sql/NNNN_name.sql in order, each
 * statement recorded in schema_migration, then views and rights. Killed
 * anywhere, it finishes when run again: a statement that changes data shares a
 * transaction with its record; one that changes the schema is noted before it
 * runs, and "exists already" is then the answer of the run before.
 */
#include "store/db.h"

struct migrate_file {
	const char *name;		/* "0001_base.sql" */
	size_t statements, ran;		/* ran: in this run, 0 = was done before */
};

struct migrate_report {
	struct migrate_file *files;
	size_t count, views;
};

ERR_CHECKED bool migrate_run(struct pool *pool, const struct config *config,
    struct migrate_report *out, struct err *err);

/* For doctor: files that have not been applied wholly, and how many a newer
 * version has applied that are not among them. */
ERR_CHECKED bool migrate_pending(struct db *db, struct pool *pool,
    size_t *count_out, size_t *ahead_out, struct err *err);
#endif
