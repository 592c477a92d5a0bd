#ifndef HAWSER_SERVE_PREFORK_P_H
#define HAWSER_SERVE_PREFORK_P_H
/* Shared by prefork.c and prefork_worker.c only. */
#include <signal.h>
#include "serve/prefork.h"

/*
 * A worker's whole life; never returns. Signals from the parent, taken only
 * between requests: HUP = leave, others take what waits; TERM = serve what has
 * been queued on the socket, then leave. ready_fd gets a byte when it serves;
 * -1 = nobody waits.
 */
_Noreturn void prefork_worker(const struct prefork_pool *pool,
    const struct prefork_app *app, int listen_fd, int ready_fd);
#endif
