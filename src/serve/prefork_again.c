/*
 * A newer program in the same process: what it inherits is told in one variable
 * of its environment, a line for each socket: its number, workers, path.
 *
 *	HAWSER_TAKES_OVER="5 101 102=/run/hawser/web.sock"
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "serve/prefork_p.h"
#include "util/err.h"
#include "util/log.h"
#include "util/pool.h"
#include "util/str.h"
#include "util/banned.h"

#define VARIABLE "HAWSER_TAKES_OVER"
#define CHECK_SECS 20
#define TEXT_BYTES 65536

const char *
prefork_program(const char *argv0)
{
	static char path[PATH_MAX];
	ssize_t len;

	if (strchr(argv0, '/'))		/* a link may point elsewhere then */
		return argv0;
	len = readlink("/proc/self/exe", path, sizeof(path) - 1);
	return len > 0 ? path : NULL;
}

bool
prefork_takes_over(void)
{
	return getenv(VARIABLE) != NULL;
}

bool
prefork_waits(void)
{
	const struct timespec second = { 1, 0 };
	sigset_t end;

	sigemptyset(&end);
	sigaddset(&end, SIGTERM);
	sigaddset(&end, SIGINT);
	return prefork_takes_over() && sigtimedwait(&end, NULL, &second) < 0;
}

#define PARTS_MOST 16

struct part {
	int fd;				/* -1 = none */
	bool taken;
	char *workers;			/* numbers, a blank before each */
	const char *path;
};
struct prefork_heir {
	struct pool *pool;
	const char *text;		/* all of it, as it was told */
	struct part parts[PARTS_MOST];
	size_t count;
};

static bool
is_left(const struct part *part)
{
	return part->fd > 2 && !part->taken;
}

/* ---- the older self ---- */

_Noreturn static void
ask(const struct prefork_app *app)
{
	static char check[] = "--check";
	char *argv[] = { app->argv[0], check, NULL };
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	alarm(CHECK_SECS);
	execv(app->program, argv);
	_exit(127);
}

static bool
can_start(const struct prefork_app *app)
{
	pid_t pid = fork();
	int status = -1;

	if (pid == 0)
		ask(app);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return pid > 0 && status == 0;
}

static void
tell_pool(const struct prefork *pf, struct str *out, size_t first)
{
	const struct slot *slot = &pf->slots[first];

	str_addf(out, "%d", slot->listen_fd);
	for (size_t i = first; i < pf->slot_count; i++)
		if (pf->slots[i].pool == slot->pool && pf->slots[i].pid > 0)
			str_addf(out, " %d", (int)pf->slots[i].pid);
	str_addf(out, "=%s\n", slot->pool->socket_path);
}

static bool
is_first(const struct prefork *pf, size_t i)
{
	return i == 0 || pf->slots[i].pool != pf->slots[i - 1].pool;
}

/* The sockets outlive exec, or again do not. */
static void
keep_sockets(const struct prefork *pf, bool keep)
{
	for (size_t i = 0; i < pf->slot_count; i++)
		if (is_first(pf, i))
			fcntl(pf->slots[i].listen_fd, F_SETFD,
			    keep ? 0 : FD_CLOEXEC);
	for (size_t i = 0; pf->heir && i < pf->heir->count; i++)
		if (is_left(&pf->heir->parts[i]))
			fcntl(pf->heir->parts[i].fd, F_SETFD,
			    keep ? 0 : FD_CLOEXEC);
}

static bool
tell_all(const struct prefork *pf, struct pool *pool)
{
	struct str out;

	str_init(&out, pool, TEXT_BYTES);
	for (size_t i = 0; i < pf->slot_count; i++)
		if (is_first(pf, i))
			tell_pool(pf, &out, i);
	for (size_t i = 0; pf->heir && i < pf->heir->count; i++)
		if (is_left(&pf->heir->parts[i]))
			str_addf(&out, "%d=%s\n", pf->heir->parts[i].fd,
			    pf->heir->parts[i].path);
	str_add(&out, "-1");
	for (const struct leaver *l = pf->leavers; l; l = l->next)
		str_addf(&out, " %d", (int)l->pid);
	return str_ok(&out) && setenv(VARIABLE, out.data, 1) == 0;
}

bool
prefork_exec(struct prefork *pf)
{
	const struct prefork_app *app = pf->app;
	struct pool *pool;

	if (!app->program)
		return true;
	if (!can_start(app)) {
		log_error("the program that is there now can not start; "
		    "the old one stays", LOG_STR("program", app->program));
		return false;
	}
	pool = pool_new(NULL);
	if (tell_all(pf, pool)) {
		keep_sockets(pf, true);
		execv(app->program, app->argv);
		log_error("the program can not be run; the old one stays",
		    LOG_STR("why", strerror(errno)));
		keep_sockets(pf, false);
		unsetenv(VARIABLE);
	}
	pool_free(pool);
	return false;
}

/* ---- the newer self ---- */

static void
read_part(struct part *out, char *line)
{
	char *equals = strchr(line, '=');

	out->path = equals ? equals + 1 : "";
	if (equals)
		*equals = '\0';
	out->fd = (int)strtol(line, &out->workers, 10);
}

struct prefork_heir *
prefork_heir_read(void)
{
	const char *text = getenv(VARIABLE);
	struct prefork_heir *heir;
	struct pool *pool;
	char *line, *rest;

	if (!text)
		return NULL;
	pool = pool_new(NULL);
	heir = POOL_NEW(pool, struct prefork_heir);
	heir->pool = pool;
	heir->text = pool_strdup(pool, text);
	rest = pool_strdup(pool, text);
	unsetenv(VARIABLE);
	while ((line = strsep(&rest, "\n")) && heir->count < PARTS_MOST)
		read_part(&heir->parts[heir->count++], line);
	return heir;
}

void
prefork_heir_close(const struct prefork_heir *heir)
{
	for (size_t i = 0; heir && i < heir->count; i++)
		if (is_left(&heir->parts[i]))
			close(heir->parts[i].fd);
}

void
prefork_heir_free(struct prefork_heir *heir)
{
	if (!heir)
		return;
	prefork_heir_close(heir);
	pool_free(heir->pool);
}

void
prefork_heir_exec(struct prefork_heir *heir, const struct prefork_app *app)
{
	if (!app->program || setenv(VARIABLE, heir->text, 1) != 0)
		return;
	for (size_t i = 0; i < heir->count; i++)
		if (heir->parts[i].taken)
			fcntl(heir->parts[i].fd, F_SETFD, 0);
	execv(app->program, app->argv);
	log_error("the program can not be run", LOG_STR("why", strerror(errno)));
	unsetenv(VARIABLE);
	for (size_t i = 0; i < heir->count; i++)
		if (heir->parts[i].taken)
			fcntl(heir->parts[i].fd, F_SETFD, FD_CLOEXEC);
}

static struct part *
find(struct prefork_heir *heir, const char *path)
{
	for (size_t i = 0; heir && i < heir->count; i++)
		if (str_eq(heir->parts[i].path, path))
			return &heir->parts[i];
	return NULL;
}

/* Is it the socket that lies there? The path may have been taken by others. */
static bool
is_bound(int fd, const char *path)
{
	struct sockaddr_un sa = { 0 };
	socklen_t len = sizeof(sa) - 1;

	return getsockname(fd, (struct sockaddr *)&sa, &len) == 0 &&
	    sa.sun_family == AF_UNIX && str_eq(sa.sun_path, path) &&
	    access(path, F_OK) == 0;
}

int
prefork_heir_take(struct prefork_heir *heir, const char *path)
{
	struct part *part = find(heir, path);

	if (!part || !is_left(part) || !is_bound(part->fd, path))
		return -1;
	part->taken = true;
	fcntl(part->fd, F_SETFD, FD_CLOEXEC);
	return part->fd;
}

/* Takes the last number off. */
static pid_t
last_worker(struct part *part)
{
	char *at = strrchr(part->workers, ' ');

	if (!at)
		return 0;
	*at = '\0';
	return (pid_t)strtol(at + 1, NULL, 10);
}

pid_t
prefork_heir_worker(struct prefork_heir *heir, const char *path)
{
	struct part *part = path ? find(heir, path) : NULL;
	pid_t pid = 0;

	if (part)
		return last_worker(part);
	for (size_t i = 0; !path && heir && i < heir->count && pid <= 0; i++)
		pid = last_worker(&heir->parts[i]);
	return pid;
}
