#ifndef HAWSER_ACTS_ACTS_CONNECTION_P_H
#define HAWSER_ACTS_ACTS_CONNECTION_P_H
/* Shared by acts_connection.c and acts_connection_probe.c. */
#include "acts/acts_connection.h"
#include "providers/provider.h"
#include "store/store_collection.h"
#include "sync/keyring.h"

/* What the asker may see; own_only: and what belongs to them (or the operator
 * asks). ERR_NOT_FOUND, ERR_FORBIDDEN, ERR_CONFLICT while it is being removed. */
ERR_CHECKED bool acts_connection_reach(const struct act *act, uint64_t id,
    bool own_only, struct connection_row *out, struct err *err);
/* Seconds left of a pause that its server asked for; 0 = there is none. */
ERR_CHECKED bool acts_connection_pause_left(const struct act *act,
    const struct connection_row *row, int *secs_out, struct err *err);
/* What the provider said of an account. */
struct probe {
	struct provider_account account;
	struct collection_found *found;
	size_t found_count;
};
/* One try more from this session; ERR_LIMIT when there were too many. */
ERR_CHECKED bool acts_connection_may_probe(const struct act *act,
    struct err *err);
/* Somebody waits: all its calls together are bounded. */
ERR_CHECKED bool acts_connection_http(const struct act *act, struct http **out,
    struct err *err);
/* Who it is and its calendars; session->http is open. */
ERR_CHECKED bool acts_connection_ask(const struct act *act,
    struct provider_session *session, struct probe *out, struct err *err);
ERR_CHECKED bool acts_connection_keys(const struct act *act,
    struct keyring **out, struct err *err);
/* ERR_LIMIT in such a pause. */
ERR_CHECKED bool acts_connection_may_ask(const struct act *act,
    const struct connection_row *row, struct err *err);
#endif
