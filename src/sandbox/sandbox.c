/*
 * The sandbox's process: threads that take requests, one lock, the clock.
 * Providers hang in by their tables of routes alone.
 */
#include <errno.h>
#include <fcgiapp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "sandbox/sandbox_call.h"
#include "sandbox/sandbox_control.h"
#include "sandbox/sandbox_google.h"
#include "sandbox/sandbox_postman.h"
#include "sandbox/sandbox_seed.h"
#include "util/jsonx.h"
#include "util/str.h"
#include "util/banned.h"

#define BACKLOG 511
#define THREADS_MOST 64

static const struct sandbox_routes *const tables[] = {
	&sandbox_control_routes, &sandbox_google_routes, &sandbox_page_routes,
};

when_t
sandbox_now(const struct sandbox *sb)
{
	json_t *clock = SANDBOX_GET(&sb->tree, "clock");
	json_t *frozen = json_object_get(clock, "frozen");

	if (frozen)
		return json_integer_value(frozen);
	return when_now() +
	    json_integer_value(json_object_get(clock, "offset")) * WHEN_SEC;
}

void
sandbox_set_clock(struct sandbox *sb, int64_t offset_secs, when_t frozen)
{
	SANDBOX_PUT(&sb->tree, frozen == WHEN_NONE ?
	    json_pack("{s:I}", "offset", (json_int_t)offset_secs) :
	    json_pack("{s:I}", "frozen", (json_int_t)frozen), "clock");
}

json_int_t
sandbox_next(struct sandbox *sb, const char *name)
{
	json_int_t n = 1 + json_integer_value(
	    SANDBOX_GET(&sb->tree, "counters", name));

	SANDBOX_PUT(&sb->tree, json_integer(n), "counters", name);
	return n;
}

json_t *
sandbox_account(const struct sandbox *sb, const char *email)
{
	json_t *all = SANDBOX_GET(&sb->tree, "accounts"), *account;
	const char *key;

	if (!email)
		return NULL;
	json_object_foreach(all, key, account)
		if (str_eq(key, email) || str_eq(sandbox_text(account, "sub"), email))
			return account;
	return NULL;
}

static void
no_such_thing(struct sandbox_call *call)
{
	sandbox_call_text(call, 404, "The sandbox has nothing at this address.");
}

static void
serve_from(struct sandbox_call *call, const struct sandbox_routes *table)
{
	const char *method = str_eq(call->method, "HEAD") ? "GET" : call->method;
	size_t i;

	for (i = 0; i < table->count; i++) {
		const struct sandbox_route *route = &table->items[i];

		if (!str_eq(route->method, method) ||
		    !sandbox_call_matches(call, route->path))
			continue;
		call->operation = route->operation;
		if (!table->enter || table->enter(call, route)) {
			route->serve(call);
			if (table->leave)
				table->leave(call);
		}
		return;
	}
	(table->unknown ? table->unknown : no_such_thing)(call);
}

void
sandbox_dispatch(struct sandbox_call *call)
{
	size_t i;

	for (i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		if (str_starts(call->path, tables[i]->prefix)) {
			if (tables[i]->provider && call->sb->settings.down)
				sandbox_call_text(call, 503, "The sandbox is down.");
			else
				serve_from(call, tables[i]);
			return;
		}
	no_such_thing(call);
}

/* ---- threads ---- */

static void
wait_ms(const struct sandbox *sb, int ms)
{
	struct pollfd p = { .fd = sb->stop_fd, .events = POLLIN };

	if (ms > 0)
		poll(&p, 1, ms);
}

static void
serve(struct sandbox *sb, FCGX_Request *request)
{
	struct pool *pool = pool_new(NULL);
	struct sandbox_call call;

	sandbox_call_init(&call, sb, pool);
	if (sandbox_call_read(&call, request)) {
		pthread_mutex_lock(&sb->lock);
		call.delay_ms = str_starts(call.path, "/control/") ? 0 :
		    sb->settings.latency_ms;
		memcpy(call.coop, sb->settings.coop, sizeof(call.coop));
		sandbox_dispatch(&call);
		pthread_mutex_unlock(&sb->lock);
	}
	wait_ms(sb, call.delay_ms);
	sandbox_call_send(&call, request);
	pool_free(pool);
}

static void *
work(void *arg)
{
	struct sandbox *sb = arg;
	struct pollfd p[2] = { { .fd = sb->listen_fd, .events = POLLIN },
	    { .fd = sb->stop_fd, .events = POLLIN } };
	FCGX_Request request;

	if (FCGX_InitRequest(&request, sb->listen_fd, FCGI_FAIL_ACCEPT_ON_INTR) != 0)
		die("libfcgi takes no request");
	for (;;) {
		if (poll(p, 2, -1) < 0 && errno != EINTR)
			die("poll: %s", strerror(errno));
		if (p[1].revents)
			break;
		if (FCGX_Accept_r(&request) == 0) {
			serve(sb, &request);
			FCGX_Finish_r(&request);
		} else if (errno != EAGAIN && errno != EWOULDBLOCK) {
			usleep(20 * 1000);
		}
	}
	FCGX_Free(&request, 1);
	return NULL;
}

static bool
listen_at(const char *path, int *fd_out, struct err *err)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	mode_t mask;
	bool good;

	if (strlen(path) >= sizeof(sa.sun_path))
		return err_set(err, ERR_INPUT, "The socket path %s is longer than "
		    "%zu bytes.", path, sizeof(sa.sun_path) - 1);
	memcpy(sa.sun_path, path, strlen(path) + 1);
	if (connect(fd, (struct sockaddr *)&sa, sizeof(sa)) == 0) {
		close(fd);
		return err_set(err, ERR_CONFLICT, "Somebody serves %s already.", path);
	}
	unlink(path);
	mask = umask(0117);
	good = bind(fd, (struct sockaddr *)&sa, sizeof(sa)) == 0 &&
	    listen(fd, BACKLOG) == 0;
	umask(mask);
	*fd_out = fd;
	return good || err_set(err, ERR_INPUT, "Cannot listen on %s: %s.", path,
	    strerror(errno));
}

/* Threads are born with the signals blocked; this one waits for them. */
static void
serve_until_told(struct sandbox *sb)
{
	pthread_t threads[THREADS_MOST];
	uint64_t one = 1;
	sigset_t set;
	int i, sig;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	sb->postman = sandbox_postman_open(sb);
	for (i = 0; i < sb->opts->threads; i++)
		if (pthread_create(&threads[i], NULL, work, sb) != 0)
			die("no thread can be made");
	sigwait(&set, &sig);
	if (write(sb->stop_fd, &one, sizeof(one)) != sizeof(one))
		die("the threads cannot be told to end");
	for (i = 0; i < sb->opts->threads; i++)
		pthread_join(threads[i], NULL);
	sandbox_postman_close(sb->postman);
}

static void
forget(struct sandbox *sb)
{
	memset(&sb->settings, 0, sizeof(sb->settings));
	snprintf(sb->settings.coop, sizeof(sb->settings.coop), "same-origin");
	sb->settings.push_copies = 2;
	sb->settings.push_delay_ms = 1000;
	json_decref(sb->faults);
	json_decref(sb->counts);
	json_decref(sb->windows);
	sb->faults = json_array();
	sb->counts = json_pack("{s:{}, s:{}}", "requests", "parts");
	sb->windows = json_object();
}

bool
sandbox_reset(struct sandbox *sb, struct err *err)
{
	forget(sb);
	sandbox_tree_clear(&sb->tree);
	return !sb->seed || sandbox_seed_apply(sb, sb->seed, err);
}

static bool
begin(struct sandbox *sb, struct err *err)
{
	forget(sb);
	if (sb->opts->seed && !sandbox_seed_read(sb, sb->opts->seed, err))
		return false;
	if (!sandbox_tree_open(&sb->tree, sb->opts->state, err))
		return false;
	if (sb->seed && !SANDBOX_GET(&sb->tree, "accounts") &&
	    !sandbox_seed_apply(sb, sb->seed, err))
		return false;
	sb->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return listen_at(sb->opts->socket, &sb->listen_fd, err);
}

bool
sandbox_run(const struct sandbox_opts *opts, struct err *err)
{
	struct pool *pool = pool_new(NULL);
	struct sandbox *sb = POOL_NEW(pool, struct sandbox);
	bool good;

	sb->pool = pool;
	sb->opts = opts;
	sb->listen_fd = -1;
	pthread_mutex_init(&sb->lock, NULL);
	if (FCGX_Init() != 0)
		die("libfcgi does not start");
	good = begin(sb, err);
	if (good) {
		serve_until_told(sb);
		close(sb->listen_fd);
		unlink(opts->socket);
	}
	sandbox_tree_close(&sb->tree);
	json_decref(sb->faults);
	json_decref(sb->counts);
	json_decref(sb->windows);
	pthread_mutex_destroy(&sb->lock);
	pool_free(pool);
	return good;
}
