#ifndef HAWSER_ACTS_ACTS_CONNECTION_P_H
#define HAWSER_ACTS_ACTS_CONNECTION_P_H
/* Shared by acts_connection.c and acts_connection_probe.c. */
#include "acts/acts_connection.h"

/* What the asker may see; own_only: and what belongs to them (or the operator
 * asks). ERR_NOT_FOUND, ERR_FORBIDDEN, ERR_CONFLICT while it is being removed. */
ERR_CHECKED bool acts_connection_reach(const struct act *act, uint64_t id,
    bool own_only, struct connection_row *out, struct err *err);
/* Seconds left of a pause that its server asked for; 0 = there is none. */
ERR_CHECKED bool acts_connection_pause_left(const struct act *act,
    const struct connection_row *row, int *secs_out, struct err *err);
/* ERR_LIMIT in such a pause. */
ERR_CHECKED bool acts_connection_may_ask(const struct act *act,
    const struct connection_row *row, struct err *err);
#endif
