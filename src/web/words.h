#ifndef HAWSER_WEB_WORDS_H
#define HAWSER_WEB_WORDS_H
/* Times and numbers as people say them, in the reader's zone. */
#include "util/when.h"

/* "just now", "2 min ago", "3 hours ago", "on 18 November"; "never". */
char *words_ago(struct pool *pool, when_t now, when_t t,
    const struct zone *zone);
/* "now", "in 8 min", "in 2 hours", "tomorrow at 09:00". */
char *words_until(struct pool *pool, when_t now, when_t t,
    const struct zone *zone);
/* "Fri 20 Nov 2026, 14:05:09 Europe/Berlin": for title attributes. */
char *words_exact(struct pool *pool, when_t t, const struct zone *zone,
    const char *zone_name);
/* "14:05", or "20 Nov, 14:05" on another day. */
char *words_clock(struct pool *pool, when_t now, when_t t,
    const struct zone *zone);
/* "0.4 s", "12 s", "3 min". */
char *words_took(struct pool *pool, when_t from, when_t to);
/* "1 event", "12 events". */
char *words_count(struct pool *pool, uint64_t n, const char *one,
    const char *many);
const char *words_month(int month);	/* 1 = January */
const char *words_weekday(int weekday);	/* 0 = Monday */

/* The reader's zone, UTC when it is not known. */
const struct zone *words_zone(const char *name);
#endif
