#ifndef HAWSER_STORE_TENANT_H
#define HAWSER_STORE_TENANT_H
/*
 * The wall between organisations: which table the pages see through a view, and
 * what each account may do. One table in tenant.c says it all; migrate makes it
 * true, doctor compares, t/store proves it.
 */
#include "store/db.h"

enum tenant_filter {
	TENANT_NONE,		/* no view: known before a tenant is known, or ours */
	TENANT_BY_ORG,		/* org_id */
	TENANT_BY_ID,		/* the organisation's own row */
	TENANT_BY_MEMBER,	/* users who are members */
	TENANT_SHARED,		/* nobody's rows: the same for every tenant */
};

struct tenant_table {
	const char *name;	/* NULL ends the table */
	enum tenant_filter filter;
	const char *web, *hooks, *sync;	/* rights as GRANT says them, NULL = none */
	const char *hidden;	/* a column no account but admin reads */
	bool joined;		/* of several tables: read only, a view below too */
};

const struct tenant_table *tenant_tables(void);

struct tenant_procedure { const char *name; bool web, hooks; };
const struct tenant_procedure *tenant_procedures(void);

/* Makes every view again from the tables as they are, drops strange ones, and
 * gives each account exactly its rights. As DB_ADMIN; safe to repeat. */
ERR_CHECKED bool tenant_make(struct db *db, size_t *views_out, struct err *err);

/* Rights of the account that db is connected as which are missing or too many:
 * NULL = none, else a sentence for doctor. Not for DB_ADMIN. */
ERR_CHECKED bool tenant_check_rights(struct db *db, struct pool *pool,
    const char **wrong_out, struct err *err);
/* Tables, views, functions and triggers that migrations made and that are not
 * there any more, with commas between: NULL = none. As DB_ADMIN. */
ERR_CHECKED bool tenant_check_objects(struct db *db, struct pool *pool,
    const char **missing_out, struct err *err);
#endif
