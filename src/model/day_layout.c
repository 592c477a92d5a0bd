/* Which lane an event stands in when several overlap. Knows no page. */
#include "model/day_layout.h"
#include <stdlib.h>
#include "util/banned.h"

static void in_quarters(struct day_slot *s)
{
	int end = s->end > s->start ? s->end : s->start;

	s->from = s->start / 15;
	if (s->from > DAY_LAYOUT_QUARTERS - DAY_LAYOUT_LEAST)
		s->from = DAY_LAYOUT_QUARTERS - DAY_LAYOUT_LEAST;
	s->until = (end + 14) / 15;
	if (s->until > DAY_LAYOUT_QUARTERS)
		s->until = DAY_LAYOUT_QUARTERS;
	if (s->until < s->from + DAY_LAYOUT_LEAST)
		s->until = s->from + DAY_LAYOUT_LEAST;
}

/* By start, the longer first, then as they came. */
static int earlier(const void *left, const void *right)
{
	const struct day_slot *a = *(struct day_slot *const *)left;
	const struct day_slot *b = *(struct day_slot *const *)right;

	if (a->from != b->from)
		return a->from < b->from ? -1 : 1;
	if (a->until != b->until)
		return a->until > b->until ? -1 : 1;
	return a < b ? -1 : a > b;
}

static int free_lane(const int *busy_until, int from)
{
	int lane;

	for (lane = 0; lane < DAY_LAYOUT_LANES; lane++)
		if (busy_until[lane] <= from)
			return lane;
	return -1;
}

static bool blocks(const struct day_slot *s, const struct day_slot *other,
    int lane)
{
	return other->lane == lane && other->from < s->until &&
	    s->from < other->until;
}

static int room(struct day_slot *const *group, size_t count,
    const struct day_slot *s)
{
	int lane;
	size_t i;

	for (lane = s->lane + 1; lane < s->lanes; lane++)
		for (i = 0; i < count; i++)
			if (blocks(s, group[i], lane))
				return lane - s->lane;
	return s->lanes - s->lane;
}

static void finish(struct day_slot **group, size_t count)
{
	int lanes = 1;
	size_t i;

	for (i = 0; i < count; i++)
		if (group[i]->lane >= lanes)
			lanes = group[i]->lane + 1;
	for (i = 0; i < count; i++)
		group[i]->lanes = lanes;
	for (i = 0; i < count; i++)
		group[i]->width = group[i]->lane < 0 ? 0 :
		    room(group, count, group[i]);
}

/* From the one at first on: how many belong together, each in its lane. */
static size_t take_group(struct day_slot **order, size_t count)
{
	int busy_until[DAY_LAYOUT_LANES] = { 0 }, end = order[0]->until;
	size_t n;

	for (n = 0; n < count && order[n]->from < end; n++) {
		struct day_slot *s = order[n];

		s->lane = free_lane(busy_until, s->from);
		if (s->lane >= 0)
			busy_until[s->lane] = s->until;
		if (s->until > end)
			end = s->until;
	}
	return n;
}

void day_layout(struct pool *pool, struct day_slot *slots, size_t count)
{
	struct day_slot **order = pool_array(pool, count + 1, sizeof(*order));
	size_t i, n;

	for (i = 0; i < count; i++) {
		in_quarters(&slots[i]);
		order[i] = &slots[i];
	}
	qsort(order, count, sizeof(*order), earlier);
	for (i = 0; i < count; i += n) {
		n = take_group(order + i, count - i);
		finish(order + i, n);
	}
}
