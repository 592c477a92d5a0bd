#ifndef HAWSER_STORE_STORE_OFFER_H
#define HAWSER_STORE_STORE_OFFER_H
/*
 * What can still be done about the rows of a run: an event that it deleted and
 * that lies deleted is restored, an item that is set aside is tried again.
 */
#include "store/stmt.h"

struct offer_row {
	int seq;			/* of the run's row */
	uint64_t event_id;		/* to restore; 0 = not */
	uint64_t dead_id;		/* to try again; 0 = not */
};
struct offer_filter {
	uint64_t viewer;		/* restores in own calendars; 0 in all */
	uint64_t run_id;
	int after_seq;
	size_t most;			/* of the run's rows, not of the offers */
};
/* In order of seq; rows about which nothing can be done are not among them. */
ERR_CHECKED bool store_offer_list(struct db *db, struct pool *pool,
    uint64_t org, const struct offer_filter *filter, struct offer_row **out,
    size_t *count_out, struct err *err);
#endif
