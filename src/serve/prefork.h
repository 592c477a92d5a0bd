#ifndef HAWSER_SERVE_PREFORK_H
#define HAWSER_SERVE_PREFORK_H
/*
 * Pre-forked FastCGI processes behind one unix socket per pool (mode 0660).
 *
 *	TERM, INT	workers finish their request and leave; after 30 s KILL
 *	HUP		worker by worker: the new one is ready before the old one
 *			is told to leave; no request is lost
 *	a worker dies	replaced at once; one that dies young, after a second
 *
 * A worker serves one request at a time and is replaced after max_requests.
 */
#include <stddef.h>
#include <fcgiapp.h>

struct prefork_pool {
	const char *name;		/* in logs */
	const char *socket_path;
	int workers;
	int request_secs;		/* a request that takes longer kills its worker */
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
};

/* Runs until TERM; the process's exit status. */
int prefork_run(const struct prefork_pool *pools, size_t count,
    const struct prefork_app *app);
#endif
