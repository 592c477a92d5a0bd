#ifndef HAWSER_WEB_ROUTER_H
#define HAWSER_WEB_ROUTER_H
/* Everything the product answers, as one table. */
#include <stdio.h>
#include "serve/route.h"

const struct route *router_table(size_t *count_out);
/* The table as JSON lines for the tests' sweeps: method, path, access, pool. */
void router_print(FILE *out);
#endif
