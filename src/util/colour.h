#ifndef HAWSER_UTIL_COLOUR_H
#define HAWSER_UTIL_COLOUR_H
/* Colours as "#rrggbb", and how well one reads on another (WCAG 2.2, 1.4.3). */
#include <stdbool.h>
#include "util/pool.h"

#define COLOUR_READABLE 4.5	/* the least contrast of text */

bool colour_is(const char *text);
/* 1 (the same) to 21 (black on white). Both are colours. */
double colour_contrast(const char *a, const char *b);
/* percent of b in a. */
const char *colour_mix(struct pool *pool, const char *a, const char *b,
    int percent);
#endif
