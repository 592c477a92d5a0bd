#ifndef HAWSER_JOBS_WAKE_H
#define HAWSER_JOBS_WAKE_H
/*
 * A datagram to RUN_DIR/sync.sock tells hawser-sync to look at the queue now.
 * Only a hint: the queue is looked at every second anyway, so sending never
 * waits and never fails a request.
 */
#include "util/config.h"
#include "util/err.h"

/* For whoever has committed a job row: pages, commands. */
void wake_send(const struct config *config);

/* The receiving end; -1 and err when another process holds it on purpose. */
ERR_CHECKED bool wake_open(const struct config *config, int *fd_out,
    struct err *err);
/* Waits until woken, or ms passed, or a signal; drains. True = woken. */
bool wake_wait(int fd, int ms);
void wake_close(const struct config *config, int fd);
#endif
