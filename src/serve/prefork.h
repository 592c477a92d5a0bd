#ifndef HAWSER_SERVE_PREFORK_H
#define HAWSER_SERVE_PREFORK_H
/*
 * Pre-forked FastCGI processes behind one unix socket per pool (mode 0660).
 *
 *	TERM, INT	workers finish their request and leave; after 30 s KILL
 *	HUP		the program that was installed meanwhile takes the place
 *			of this one, under its pid; worker by worker: the new one
 *			is ready before the old one is told to leave; no request
 *			is lost. One that could not start changes nothing
 *	a worker dies	replaced at once; one that dies young, after a second
 *
 * A worker serves one request at a time and is replaced after max_requests.
 */
#include <stdbool.h>
#include <stddef.h>
#include <fcgiapp.h>
#include "util/err.h"
#include "util/pool.h"

struct prefork_pool {
	const char *name;		/* in logs */
	const char *socket_path;
	int workers;
	int request_secs;		/* a request that takes longer (by up to 4 s
					 * more) kills its worker */
	int id;				/* handed to start */
};

struct prefork_app {
	void *arg;
	/* In the new worker; what it returns is handed to serve. NULL = give up. */
	void *(*start)(void *arg, int pool_id);
	void (*serve)(void *state, FCGX_Request *request);
	/* Nobody waits: the time to tidy up. */
	void (*idle)(void *state);
	void (*stop)(void *state);
	int max_requests;
	/* As main got it; where the program lies, from prefork_program(). NULL =
	 * HUP replaces the workers alone. "PROGRAM --check" ends with 0 when it
	 * could start with the configuration that is there now. */
	char **argv;
	const char *program;
};

/* Before anything else: the path to start it by again, in static memory. */
const char *prefork_program(const char *argv0);
/* Has it taken the place of its older self? */
bool prefork_takes_over(void);
/* It does, and can not yet: a second later. False: it does not, or is to end. */
bool prefork_waits(void);

/* For "--check": is there a place for a socket of that path? Whether somebody
 * else serves it is not asked. */
ERR_CHECKED bool prefork_has_place(struct pool *pool, const char *path,
    struct err *err);

/* Runs until TERM; the process's exit status. */
int prefork_run(const struct prefork_pool *pools, size_t count,
    const struct prefork_app *app);
#endif
