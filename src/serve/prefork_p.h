#ifndef HAWSER_SERVE_PREFORK_P_H
#define HAWSER_SERVE_PREFORK_P_H
/* Shared by prefork.c, prefork_again.c and prefork_worker.c only. */
#include <signal.h>
#include <stdint.h>
#include "serve/prefork.h"

struct slot {
	const struct prefork_pool *pool;
	int listen_fd;
	pid_t pid;			/* 0 = none */
	int64_t born_ms, due_ms;	/* due: when to try again */
};

struct leaver {			/* rolled out, finishing its request */
	pid_t pid;
	int64_t kill_ms;
	struct leaver *next;
};

struct prefork {
	const struct prefork_app *app;
	struct slot *slots;
	size_t slot_count;
	struct leaver *leavers;
	sigset_t signals;
};

/*
 * A worker's whole life; never returns. Signals from the parent, taken only
 * between requests: HUP = leave, others take what waits; TERM = serve what has
 * been queued on the socket, then leave. ready_fd gets a byte when it serves;
 * -1 = nobody waits.
 */
_Noreturn void prefork_worker(const struct prefork_pool *pool,
    const struct prefork_app *app, int listen_fd, int ready_fd);

/* ---- prefork_again.c: the same process with the newer program ---- */
/* The program that now lies where this one came from becomes this process, with
 * its sockets and its workers, if it says that it can start. Returns when it did
 * not: true = there is none to become, false = it is unusable, all stays. */
bool prefork_exec(struct prefork *pf);

struct prefork_heir;
/* What the older self left; NULL = this is the first. */
struct prefork_heir *prefork_heir_read(void);
void prefork_heir_free(struct prefork_heir *heir);
/* The socket of that path; -1 = there is none. */
int prefork_heir_take(struct prefork_heir *heir, const char *path);
/* One of the workers behind it, of any for NULL; 0 = no more. */
pid_t prefork_heir_worker(struct prefork_heir *heir, const char *path);
#endif
