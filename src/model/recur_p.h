#ifndef HAWSER_MODEL_RECUR_P_H
#define HAWSER_MODEL_RECUR_P_H
/* Between recur.c (expands, here and now) and recur_child.c (limits it). */
#include "model/recur.h"

/* Has it a rule or a zone that only libical can work out? */
bool recur_needs_child(struct pool *pool, const struct event *e);
/* Without limits on time: only for events that need no child, and inside it. */
ERR_CHECKED bool recur_series(struct pool *pool, const struct event *e,
    const struct recur_window *window, struct recur_instance **out,
    size_t *count_out, struct err *err);
#endif
