#ifndef HAWSER_SERVE_PREFORK_P_H
#define HAWSER_SERVE_PREFORK_P_H
/* Shared by prefork.c and the files beside it only. */
#include <signal.h>
#include <stdint.h>
#include "serve/prefork.h"
#include "util/err.h"

struct slot {
	const struct prefork_pool *pool;
	int listen_fd;
	pid_t pid;			/* 0 = none */
	int64_t born_ms, due_ms;	/* due: when to try again */
};

#define PREFORK_STAYS INT64_MAX

struct leaver {			/* has no place: rolled out, or left over */
	pid_t pid;
	int64_t kill_ms;		/* PREFORK_STAYS = it has not been told */
	struct leaver *next;
};

struct prefork {
	const struct prefork_app *app;
	struct slot *slots;
	size_t slot_count;
	struct leaver *leavers;
	/* NULL = nothing of the older self is left */
	struct prefork_heir *heir;
	sigset_t signals;
};

/* ---- prefork_socket.c ---- */
/* -1 = not to be had; an old socket that nobody serves is replaced. */
ERR_CHECKED int prefork_socket(const char *path, struct err *err);

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

/* What the older self left; NULL = this is the first. */
struct prefork_heir *prefork_heir_read(void);
/* Closes what was not taken. */
void prefork_heir_free(struct prefork_heir *heir);
/* The same in a worker, which has no use for it. */
void prefork_heir_close(const struct prefork_heir *heir);
/* Begins anew with all that the older self left; returns when it could not. */
void prefork_heir_exec(struct prefork_heir *heir, const struct prefork_app *app);
/* The socket of that path; -1 = there is none. */
int prefork_heir_take(struct prefork_heir *heir, const char *path);
/* One of the workers behind it, of any for NULL; 0 = no more. */
pid_t prefork_heir_worker(struct prefork_heir *heir, const char *path);
#endif
