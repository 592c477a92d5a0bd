#ifndef HAWSER_MODEL_RECUR_P_H
#define HAWSER_MODEL_RECUR_P_H
/* Between recur.c (expands, here and now) and recur_child.c (limits it). */
#include "model/recur.h"

/* Without limits on time: only for events that need no child, and inside it. */
ERR_CHECKED bool recur_series(struct pool *pool, const struct event *e,
    const struct recur_window *window, struct recur_instance **out,
    size_t *count_out, struct err *err);
#endif
