/* Whether a connection is to be worked now, before its lease is asked for. A wait
 * of our own is cut short by whoever asks; one that the server asked for is not. */
#include "store/store_look.h"
#include "sync/engine_p.h"
#include "util/banned.h"

int engine_look(struct run *r, int *tries, struct err *err)
{
	struct look_connection c;
	int found = store_look_find_connection(r->db, r->pool, r->org,
	    r->connection_id, &c, err);

	if (found < 0)
		return -1;
	r->result->end = ENGINE_IDLE;
	if (!found || c.state != CONNECTION_ACTIVE || c.off)
		return 0;
	*tries = c.wait_tries;
	if (c.last_ok_at == WHEN_NONE && r->cause != RUN_BY_COMMAND)
		r->cause = RUN_IS_FIRST;
	r->now = c.now;
	if (c.wait_until == WHEN_NONE || c.wait_until <= c.now ||
	    (!c.wait_asked && (r->dry || r->opts->cause == RUN_BY_PERSON ||
	    r->opts->cause == RUN_BY_COMMAND)))
		return 1;
	r->result->end = ENGINE_PARKED;
	r->result->next_try = c.wait_until;
	r->message = pool_strdup(r->pool, c.state_reason);
	return 0;
}
