#ifndef HAWSER_ACTS_ACTS_CONNECTION_H
#define HAWSER_ACTS_ACTS_CONNECTION_H
/*
 * Connect an account, keep it alive, take it away. A member sees and changes
 * the own connections; an admin sees all of the organisation, may pause, sync
 * and remove them, but not look into their calendars. What one may not see is
 * ERR_NOT_FOUND, as if it did not exist.
 *
 * Marked [waits]: asks the provider, so it runs in the hooks pool or from the
 * command line, never in the web pool.
 */
#include "acts/act.h"
#include "store/store_connection.h"
#include "util/secret.h"

struct connection_form {
	uint64_t user_id;		/* for the operator: whose it becomes */
	const char *provider;
	const char *name;		/* NULL or "" = the account */
	const char *url;		/* ignored where there is a preset */
	const char *login;
	const struct secret *password;
};

/*
 * [waits] Logs in, lists the calendars, and only then saves. ERR_INPUT names
 * the field and the remedy (no address, a private one, an HTML page);
 * ERR_RECONNECT: login or password refused; ERR_CONFLICT: connected already.
 * Nothing is stored on failure.
 */
ERR_CHECKED bool acts_connection_add(const struct act *act,
    const struct connection_form *form, uint64_t *id_out, struct err *err);
/* [waits] New login or password for the same connection; cursors are kept.
 * login NULL or "" = as before. A different account is ERR_INPUT; what may be
 * one, ERR_CONFLICT unless the person says that it is the same. The owner. */
struct connection_access {
	const char *login;
	const struct secret *password;
	bool same_account;
};
ERR_CHECKED bool acts_connection_reconnect(const struct act *act, uint64_t id,
    const struct connection_access *access, struct err *err);
/* [waits] Lists the calendars again with the saved password. The owner. */
ERR_CHECKED bool acts_connection_rescan(const struct act *act, uint64_t id,
    struct err *err);

/* What the cards show, at the cost of one statement; see store_connection_cards
 * for what is left out. */
ERR_CHECKED bool acts_connection_cards(const struct act *act,
    struct connection_card **out, size_t *count_out, struct err *err);
/* Whole rows, everything counted. */
ERR_CHECKED bool acts_connection_list(const struct act *act,
    struct connection_card **out, size_t *count_out, struct err *err);
ERR_CHECKED bool acts_connection_get(const struct act *act, uint64_t id,
    struct connection_card *out, struct err *err);
/* ERR_FORBIDDEN: it is another's. */
ERR_CHECKED bool acts_connection_get_own(const struct act *act, uint64_t id,
    struct connection_card *out, struct err *err);
ERR_CHECKED bool acts_connection_pause(const struct act *act, uint64_t id,
    struct err *err);
ERR_CHECKED bool acts_connection_resume(const struct act *act, uint64_t id,
    struct err *err);
/* Queues a sync now and wakes the worker; drops a wait after an error. */
ERR_CHECKED bool acts_connection_sync(const struct act *act, uint64_t id,
    struct err *err);
/* Begins the removal: from here on nothing is sent or taken up, and the worker
 * (or disconnect_finish) takes away credentials, links, collections and jobs. */
ERR_CHECKED bool acts_connection_remove(const struct act *act, uint64_t id,
    enum removal_choice choice, struct err *err);
#endif
