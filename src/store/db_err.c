/*
 * What MariaDB's error numbers mean for us. It knows no statement and no row;
 * the server's own words go to the log only, for they quote values.
 */
#include <errmsg.h>
#include <mysqld_error.h>
#include "store/db_p.h"
#include "util/banned.h"

/* Numbers that the packaged headers name differently from version to version. */
enum {
	CODE_CLIENT_LOST_EXTENDED = 2055, CODE_CONNECTION_KILLED = 1927,
	CODE_WSREP_NOT_READY = 1047, CODE_ERROR_DURING_COMMIT = 1180,
	CODE_RECORD_CHANGED = 1020, CODE_CHECK_OPTION = 1369,
	CODE_NET_READ = 5013, CODE_NET_WRITE = 5014,
	CODE_STATEMENT_TIMEOUT = 1969, CODE_CONSTRAINT_FAILED = 4025,
};

static const char MSG_UNREACHABLE[] = "The database is not reachable at the "
    "moment. Try again shortly; if it stays so, the operator runs hawser doctor.";
static const char MSG_BUSY[] = "The database is busy at the moment. "
    "Try again in a few seconds.";
static const char MSG_FULL[] = "The disk of the database is full, so nothing "
    "was saved. What there is can be read; tell the operator.";
static const char MSG_VALUE[] = "A value is too long or not of the right form "
    "to be saved. Shorten or correct it.";
static const char MSG_RIGHTS[] = "This account may not do that.";

struct meaning {
	unsigned code;
	enum err_kind kind;
	enum err_scope scope;
	const char *msg;
};

static const struct meaning MEANINGS[] = {
	{ CR_SERVER_GONE_ERROR, ERR_TIMEOUT, ERR_RUN, MSG_UNREACHABLE },
	{ CR_SERVER_LOST, ERR_TIMEOUT, ERR_RUN, MSG_UNREACHABLE },
	{ CODE_CLIENT_LOST_EXTENDED, ERR_TIMEOUT, ERR_RUN, MSG_UNREACHABLE },
	{ CODE_CONNECTION_KILLED, ERR_TIMEOUT, ERR_RUN, MSG_UNREACHABLE },
	{ CODE_NET_READ, ERR_TIMEOUT, ERR_RUN, MSG_UNREACHABLE },
	{ CODE_NET_WRITE, ERR_TIMEOUT, ERR_RUN, MSG_UNREACHABLE },
	{ ER_SERVER_SHUTDOWN, ERR_TIMEOUT, ERR_RUN, MSG_UNREACHABLE },
	{ CR_COMMANDS_OUT_OF_SYNC, ERR_TIMEOUT, ERR_RUN, MSG_UNREACHABLE },
	{ CR_MALFORMED_PACKET, ERR_TIMEOUT, ERR_RUN, MSG_UNREACHABLE },
	{ CR_SSL_CONNECTION_ERROR, ERR_TIMEOUT, ERR_RUN, MSG_UNREACHABLE },
	{ CR_CONNECTION_ERROR, ERR_TIMEOUT, ERR_RUN, MSG_UNREACHABLE },
	{ CR_CONN_HOST_ERROR, ERR_TIMEOUT, ERR_RUN, MSG_UNREACHABLE },
	{ CR_UNKNOWN_HOST, ERR_TIMEOUT, ERR_RUN, MSG_UNREACHABLE },
	{ ER_CON_COUNT_ERROR, ERR_TIMEOUT, ERR_RUN, MSG_UNREACHABLE },
	{ CODE_WSREP_NOT_READY, ERR_TIMEOUT, ERR_RUN, MSG_UNREACHABLE },
	{ ER_LOCK_DEADLOCK, ERR_TIMEOUT, ERR_RUN, MSG_BUSY },
	{ ER_LOCK_WAIT_TIMEOUT, ERR_TIMEOUT, ERR_RUN, MSG_BUSY },
	{ CODE_RECORD_CHANGED, ERR_TIMEOUT, ERR_RUN, MSG_BUSY },
	{ CODE_ERROR_DURING_COMMIT, ERR_TIMEOUT, ERR_RUN, MSG_BUSY },
	{ CODE_STATEMENT_TIMEOUT, ERR_TIMEOUT, ERR_RUN, MSG_BUSY },
	{ ER_RECORD_FILE_FULL, ERR_TIMEOUT, ERR_RUN, MSG_FULL },
	{ ER_DISK_FULL, ERR_TIMEOUT, ERR_RUN, MSG_FULL },
	{ ER_ERROR_ON_WRITE, ERR_TIMEOUT, ERR_RUN, MSG_FULL },
	{ ER_DUP_ENTRY, ERR_CONFLICT, ERR_ITEM,
	    "Something with these values exists already." },
	{ ER_ROW_IS_REFERENCED_2, ERR_CONFLICT, ERR_ITEM,
	    "It is still in use and can not be removed." },
	{ ER_NO_REFERENCED_ROW_2, ERR_NOT_FOUND, ERR_ITEM,
	    "What this belongs to does not exist." },
	{ CODE_CHECK_OPTION, ERR_FORBIDDEN, ERR_ITEM, MSG_RIGHTS },
	{ ER_TABLEACCESS_DENIED_ERROR, ERR_FORBIDDEN, ERR_RUN, MSG_RIGHTS },
	{ ER_COLUMNACCESS_DENIED_ERROR, ERR_FORBIDDEN, ERR_RUN, MSG_RIGHTS },
	{ ER_PROCACCESS_DENIED_ERROR, ERR_FORBIDDEN, ERR_RUN, MSG_RIGHTS },
	{ ER_DBACCESS_DENIED_ERROR, ERR_FORBIDDEN, ERR_RUN, MSG_RIGHTS },
	{ ER_ACCESS_DENIED_ERROR, ERR_INTERNAL, ERR_RUN,
	    "The database refuses the account. Run hawser doctor." },
	{ ER_BAD_DB_ERROR, ERR_INTERNAL, ERR_RUN,
	    "The database does not exist yet. Run hawser migrate." },
	{ ER_NO_SUCH_TABLE, ERR_INTERNAL, ERR_RUN,
	    "The database is not up to date. Run hawser migrate." },
	{ ER_BAD_FIELD_ERROR, ERR_INTERNAL, ERR_RUN,
	    "The database is not up to date. Run hawser migrate." },
	{ ER_DATA_TOO_LONG, ERR_INPUT, ERR_ITEM, MSG_VALUE },
	{ ER_TRUNCATED_WRONG_VALUE, ERR_INPUT, ERR_ITEM, MSG_VALUE },
	{ ER_TRUNCATED_WRONG_VALUE_FOR_FIELD, ERR_INPUT, ERR_ITEM, MSG_VALUE },
	{ ER_WARN_DATA_OUT_OF_RANGE, ERR_INPUT, ERR_ITEM, MSG_VALUE },
	{ ER_BAD_NULL_ERROR, ERR_INPUT, ERR_ITEM, MSG_VALUE },
	{ CODE_CONSTRAINT_FAILED, ERR_INPUT, ERR_ITEM, MSG_VALUE },
	{ ER_NET_PACKET_TOO_LARGE, ERR_INPUT, ERR_ITEM, MSG_VALUE },
	{ ER_SIGNAL_EXCEPTION, ERR_AUTH, ERR_RUN,
	    "You are not signed in, or your session has ended. Sign in again." },
};

bool db_is_lost(unsigned code)
{
	return code == CR_SERVER_GONE_ERROR || code == CR_SERVER_LOST ||
	    code == CODE_CLIENT_LOST_EXTENDED || code == ER_SERVER_SHUTDOWN ||
	    code == CODE_CONNECTION_KILLED || code == CODE_NET_READ ||
	    code == CODE_NET_WRITE || code == CR_CONNECTION_ERROR ||
	    code == CR_COMMANDS_OUT_OF_SYNC || code == CR_MALFORMED_PACKET ||
	    code == CR_SSL_CONNECTION_ERROR;
}

bool db_is_retryable(unsigned code)
{
	return code == ER_LOCK_DEADLOCK || code == ER_LOCK_WAIT_TIMEOUT ||
	    code == CODE_RECORD_CHANGED || code == CODE_WSREP_NOT_READY ||
	    code == CODE_ERROR_DURING_COMMIT || db_is_lost(code);
}

bool db_fail(struct db *db, unsigned code, const char *text, struct err *err)
{
	const struct meaning *m = NULL;

	/* A node that left its cluster stays connected and answers nothing. */
	if (db_is_lost(code) || code == CODE_WSREP_NOT_READY)
		db->up = false;
	if ((db->in_tx || db->once) && db_is_retryable(code))
		db->tx_broken = true;
	for (size_t i = 0; i < sizeof(MEANINGS) / sizeof(*MEANINGS); i++)
		if (MEANINGS[i].code == code)
			m = &MEANINGS[i];
	if (m)
		err_set_scope(err, m->kind, m->scope, "%s", m->msg);
	else
		err_set_scope(err, ERR_INTERNAL, ERR_RUN,
		    "The database could not do that. The log says more.");
	return err_detail(err, "MariaDB %u: %s", code, text);
}
