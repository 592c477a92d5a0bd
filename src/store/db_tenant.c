/*
 * Whose request it is: the token here, and what the database session remembers
 * of it. It knows no table.
 */
#include <string.h>
#include "store/db_p.h"
#include "store/stmt.h"
#include "util/digest.h"
#include "util/banned.h"

static const char SET_TENANT[] = "SET @hawser_secret = ?";

/* User variables are gone after a reconnect: said again from what we know. As
 * a parameter: the text of a statement shows in the list of processes, which
 * every connection of the same account may read. */
bool db_tenant_set(struct db *db, struct err *err)
{
	db->secret_there = true;
	return stmt_set_up(db, SET_TENANT, STMT_ARGS(STMT_BLOB(db->tenant,
	    db->tenant_len)), err);
}

static bool keep(struct db *db, const void *token, size_t len, struct err *err)
{
	if (len == 0 || len > sizeof(db->tenant))
		return err_set(err, ERR_AUTH, "You are not signed in.");
	if (db->tenant_len)
		die("a tenant was entered and not left");
	memcpy(db->tenant, token, len);
	db->tenant_len = len;
	return true;
}

bool db_tenant_enter(struct db *db, const void *token, size_t len,
    struct err *err)
{
	struct err first;

	if (!keep(db, token, len, err))
		return false;
	/* Connecting says the tenant by itself. */
	if (!db->up)
		return db_ready(db, err) || (db_tenant_leave(db), false);
	if (db_tenant_set(db, &first))
		return true;
	if (!db->up && db_connect(db, &first))
		return true;
	db_tenant_leave(db);
	*err = first;
	return false;
}

bool db_tenant_begin(struct db *db, const void *token, size_t len,
    struct err *err)
{
	if (!keep(db, token, len, err))
		return false;
	db->secret_there = true;
	return true;
}

void db_tenant_leave(struct db *db)
{
	if (db->in_tx)
		die("the tenant is left inside a transaction");
	digest_wipe(db->tenant, sizeof(db->tenant));
	db->tenant_len = 0;
}

void db_tenant_forget(struct db *db)
{
	struct err ignored;

	if (db->tenant_len)
		die("a tenant is forgotten who has not left");
	/* What can not be cleared is not kept. */
	if (db->secret_there && db->up &&
	    !db_raw(db, "SET @hawser_secret = NULL", &ignored))
		db_disconnect(db);
	db->secret_there = false;
}
