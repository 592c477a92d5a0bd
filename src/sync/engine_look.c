/* Whether a connection is to be worked now, before its lease is asked for. */
#include "store/store_provider.h"
#include "sync/engine_p.h"
#include "util/banned.h"

int engine_look(struct run *r, int *tries, struct err *err)
{
	struct connection_row c;
	int off, found = store_connection_find(r->db, r->pool, r->org, 0,
	    r->connection_id, &c, err);

	if (found < 0)
		return -1;
	r->result->end = ENGINE_IDLE;
	if (!found || c.state != CONNECTION_ACTIVE)
		return 0;
	off = store_provider_is_off(r->db, r->org, c.provider, err);
	if (off != 0)
		return off < 0 ? -1 : 0;
	*tries = c.wait_tries;
	if (c.wait_until == WHEN_NONE || r->dry ||
	    r->opts->cause == RUN_BY_PERSON || r->opts->cause == RUN_BY_COMMAND)
		return 1;
	if (!db_now(r->db, &r->now, err))
		return -1;
	if (c.wait_until <= r->now)
		return 1;
	r->result->end = ENGINE_PARKED;
	r->result->next_try = c.wait_until;
	return 0;
}
