/* First-link matching. Pure: must not know about links or stores. */
#include "sync/match.h"
#include <string.h>
#include "util/str.h"
#include "util/banned.h"

#define MOST_LETTERS 256

/* Letters and digits in lower case; bytes of other scripts as they are. */
static size_t squeeze(const char *text, unsigned char *out)
{
	size_t n = 0;

	for (; text && *text && n < MOST_LETTERS; text++) {
		unsigned char c = (unsigned char)*text;

		if (c >= 'A' && c <= 'Z')
			c = (unsigned char)(c - 'A' + 'a');
		if (c >= 0x80 || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
			out[n++] = c;
	}
	return n;
}

/* Dice's coefficient over letter pairs. */
double match_similarity(const char *a, const char *b)
{
	unsigned char x[MOST_LETTERS], y[MOST_LETTERS];
	bool used[MOST_LETTERS] = { false };
	size_t nx = squeeze(a, x), ny = squeeze(b, y), common = 0;

	if (nx == ny && memcmp(x, y, nx) == 0)
		return 1.0;
	if (nx < 2 || ny < 2)
		return 0.0;
	for (size_t i = 0; i + 1 < nx; i++)
		for (size_t j = 0; j + 1 < ny; j++)
			if (!used[j] && x[i] == y[j] && x[i + 1] == y[j + 1]) {
				used[j] = true;
				common++;
				break;
			}
	return 2.0 * (double)common / (double)(nx + ny - 2);
}

double match_score(struct pool *pool, const struct event *a,
    const struct event *b)
{
	const struct event_part *p = &a->master, *q = &b->master;

	if (str_eq(a->uid, b->uid))
		return 2.0;
	if (p->all_day != q->all_day ||
	    event_start_utc(pool, a, p) != event_start_utc(pool, b, q) ||
	    (p->recurrence == NULL) != (q->recurrence == NULL))
		return 0.0;
	if (!p->summary || !q->summary)
		return 0.0;
	return match_similarity(
	    pool_printf(pool, "%s %s", p->summary, p->location ? p->location : ""),
	    pool_printf(pool, "%s %s", q->summary, q->location ? q->location : ""));
}

int match_best(struct pool *pool, const struct event *wanted,
    const struct event *const *candidates, const bool *taken, size_t count)
{
	double best = MATCH_LEAST;
	int found = -1;

	for (size_t i = 0; i < count; i++) {
		double score = taken[i] ? 0.0 :
		    match_score(pool, wanted, candidates[i]);

		if (score > best) {
			best = score;
			found = (int)i;
		}
	}
	return found;
}
