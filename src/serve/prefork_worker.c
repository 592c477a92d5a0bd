/* One FastCGI worker process; knows nothing of its siblings. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/prctl.h>
#include "serve/prefork_p.h"
#include "util/digest.h"
#include "util/log.h"
#include "util/when.h"
#include "util/banned.h"

#define DRAIN_MS 5000		/* a socket that never empties ends here */
#define IDLE_MS 100		/* so long nobody came */
#define WATCH_SLACK_SECS 4	/* nginx waits five seconds longer than we */

static volatile sig_atomic_t got_term, got_hup;

static void
on_signal(int sig)
{
	if (sig == SIGTERM)
		got_term = 1;
	else
		got_hup = 1;
}

/* TERM and HUP stay blocked but inside ppoll, so none is lost between looking
 * at the flags and waiting; libfcgi's own shutdown flag has such a gap. */
static void
set_up_signals(sigset_t *while_waiting)
{
	struct sigaction sa = { .sa_handler = on_signal };
	sigset_t block;

	sigemptyset(&sa.sa_mask);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
	sa.sa_handler = SIG_IGN;
	sigaction(SIGINT, &sa, NULL);	/* Ctrl-C reaches the whole group */
	sigaction(SIGPIPE, &sa, NULL);
	sa.sa_handler = SIG_DFL;
	sigaction(SIGCHLD, &sa, NULL);
	sigemptyset(&block);
	sigaddset(&block, SIGTERM);
	sigaddset(&block, SIGHUP);
	sigprocmask(SIG_SETMASK, &block, NULL);
	sigemptyset(while_waiting);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
}

struct worker {
	const struct prefork_app *app;
	void *state;
	int listen_fd;
	sigset_t while_waiting;
	int64_t drain_until_ms;
	int64_t watched_ms;		/* since then; 0 = by nobody */
};

static bool
is_watched(const struct worker *w)
{
	return w->watched_ms &&
	    when_mono_ms() - w->watched_ms < WATCH_SLACK_SECS * 1000;
}

/* SIGALRM ends a process whose request takes too long. One alarm serves all
 * requests of the next seconds: two calls less for each. */
static void
watch(struct worker *w, int secs)
{
	if (is_watched(w))
		return;
	alarm((unsigned)secs + WATCH_SLACK_SECS);
	w->watched_ms = when_mono_ms();
}

static void
watch_no_more(struct worker *w)
{
	if (w->watched_ms)
		alarm(0);
	w->watched_ms = 0;
}

/* Waits for a connection; false when it is time to leave. */
static bool
wait_for_request(struct worker *w)
{
	struct timespec none = { 0 }, soon = { 0, IDLE_MS * 1000000L };
	struct pollfd p = { .fd = w->listen_fd, .events = POLLIN };
	int64_t *drain_until_ms = &w->drain_until_ms;
	bool idle = false;
	int n;

	do {
		if (!is_watched(w))	/* it could go off while others win */
			watch_no_more(w);
		if (got_term && *drain_until_ms == 0)
			*drain_until_ms = when_mono_ms() + DRAIN_MS;
		if (got_hup || (got_term && when_mono_ms() > *drain_until_ms))
			return false;
		n = ppoll(&p, 1, got_term ? &none : idle ? NULL : &soon,
		    &w->while_waiting);
		if (n == 0 && got_term)
			return false;
		if (n == 0) {
			watch_no_more(w);
			w->app->idle(w->state);
		}
		idle = n == 0;
	} while (n <= 0);
	return true;
}

static void
serve_one(const struct prefork_pool *pool, struct worker *w,
    FCGX_Request *request)
{
	watch(w, pool->request_secs);
	w->app->serve(w->state, request);
	FCGX_Finish_r(request);
}

void
prefork_worker(const struct prefork_pool *pool, const struct prefork_app *app,
    int listen_fd, int ready_fd)
{
	struct worker w = { .app = app, .listen_fd = listen_fd };
	FCGX_Request request;
	unsigned char spread;
	int left;

	set_up_signals(&w.while_waiting);
	digest_random(&spread, 1);	/* not all of them at the same time */
	left = app->max_requests + app->max_requests * spread / 2560;
	w.state = app->start(app->arg, pool->id);
	if (!w.state || FCGX_Init() != 0 ||
	    FCGX_InitRequest(&request, listen_fd, FCGI_FAIL_ACCEPT_ON_INTR) != 0)
		_exit(3);
	if (ready_fd >= 0 && write(ready_fd, "r", 1) == 1)
		close(ready_fd);
	while (left > 0 && wait_for_request(&w)) {
		if (FCGX_Accept_r(&request) == 0) {
			serve_one(pool, &w, &request);
			left--;
		} else if (errno != EAGAIN && errno != EWOULDBLOCK) {
			usleep(20 * 1000);	/* no descriptors left, for example */
		}
	}
	FCGX_Free(&request, 1);
	app->stop(w.state);
	exit(0);
}
