#ifndef HAWSER_MODEL_DAY_LAYOUT_H
#define HAWSER_MODEL_DAY_LAYOUT_H
/*
 * A day's events beside each other. Pure.
 *
 *	09:00  +------+ +------+	events that overlap, also by way of a third,
 *	       |  A   | |  B   |	are a group: as many lanes as it needs, each
 *	10:00  +------+ |      |	event in the first free one, and as wide as
 *	       +------+ |      |	the lanes beside it are free (A and C: 1, of
 *	       |  C   | +------+	2 lanes)
 *	11:00  +------+
 */
#include <stdbool.h>
#include <stddef.h>
#include "util/pool.h"

#define DAY_LAYOUT_QUARTERS 96		/* of an hour, in a day by the clock */
#define DAY_LAYOUT_LANES 6		/* more do not fit beside each other */
#define DAY_LAYOUT_LEAST 2		/* quarters: lower, nothing can be read */

struct day_slot {
	/* In: minutes since the day began by the clock, 0..1440. An end that does
	 * not lie behind the start (a moment; clocks put back) is taken as it. */
	int start, end;
	/* Out: quarters [from, until), and the place beside the others. lane -1:
	 * there are DAY_LAYOUT_LANES beside it already. */
	int from, until;
	int lane, lanes, width;
};

/* In any order; each keeps its place in slots. */
void day_layout(struct pool *pool, struct day_slot *slots, size_t count);
#endif
