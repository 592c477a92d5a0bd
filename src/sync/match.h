#ifndef HAWSER_SYNC_MATCH_H
#define HAWSER_SYNC_MATCH_H
/*
 * First-link matching: is an event here and an object there, both without a
 * link, the same thing? Same UID, else the same start and title + place alike
 * by more than 0.85 (share of common letter pairs). Pure.
 */
#include "model/event.h"

#define MATCH_LEAST 0.85

/* 0..1; letters and digits count, case and spacing do not. */
double match_similarity(const char *a, const char *b);
/* 2 = same UID; else 0..1; 0 when start or all-day differ. */
double match_score(struct pool *pool, const struct event *a,
    const struct event *b);
/* Best candidate above MATCH_LEAST that is not taken; -1 = none. */
int match_best(struct pool *pool, const struct event *wanted,
    const struct event *const *candidates, const bool *taken, size_t count);
#endif
