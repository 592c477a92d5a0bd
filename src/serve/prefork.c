/* The parent of the workers: sockets, replacement, roll, drain. No product. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/wait.h>
#include "serve/prefork_p.h"
#include "util/err.h"
#include "util/log.h"
#include "util/when.h"
#include "util/banned.h"

#define DRAIN_SECS 30
#define READY_MS 10000
#define YOUNG_MS 1000		/* who dies younger is replaced a second later */

/* The child never returns from here. */
static pid_t
spawn(struct prefork *pf, struct slot *slot, int ready[2])
{
	pid_t pid = fork();
	size_t i;

	if (pid != 0) {
		if (pid < 0)
			log_error("fork failed", LOG_STR("why", strerror(errno)));
		return pid;
	}
	if (ready)
		close(ready[0]);
	for (i = 0; i < pf->slot_count; i++)
		if (pf->slots[i].listen_fd != slot->listen_fd)
			close(pf->slots[i].listen_fd);
	prefork_heir_close(pf->heir);
	prefork_worker(slot->pool, pf->app, slot->listen_fd, ready ? ready[1] : -1);
}

static void
fill(struct prefork *pf, struct slot *slot)
{
	slot->born_ms = when_mono_ms();
	slot->pid = spawn(pf, slot, NULL);
	if (slot->pid < 0) {
		slot->pid = 0;
		slot->due_ms = slot->born_ms + YOUNG_MS;
	}
}

static void
fill_due(struct prefork *pf)
{
	size_t i;

	for (i = 0; i < pf->slot_count; i++)
		if (pf->slots[i].pid == 0 && pf->slots[i].due_ms <= when_mono_ms())
			fill(pf, &pf->slots[i]);
}

static void
add_leaver(struct prefork *pf, pid_t pid, int64_t kill_ms)
{
	struct leaver *l = calloc(1, sizeof(*l));

	if (!l)
		die("out of memory");
	*l = (struct leaver){ pid, kill_ms, pf->leavers };
	pf->leavers = l;
}

/* Told to leave; who does not in time is killed. */
static void
tell_leaver(struct prefork *pf, pid_t pid)
{
	add_leaver(pf, pid, when_mono_ms() + DRAIN_SECS * 1000);
	kill(pid, SIGHUP);
}

static bool
forget_leaver(struct prefork *pf, pid_t pid)
{
	struct leaver **l, *gone;

	for (l = &pf->leavers; *l; l = &(*l)->next)
		if ((*l)->pid == pid) {
			gone = *l;
			*l = gone->next;
			free(gone);
			return true;
		}
	return false;
}

static void
buried(struct prefork *pf, pid_t pid, int status)
{
	int64_t now = when_mono_ms();
	size_t i;

	if (WIFSIGNALED(status))
		log_error("a worker was killed", LOG_INT("pid", pid),
		    LOG_INT("signal", WTERMSIG(status)));
	else if (WEXITSTATUS(status) != 0)
		log_error("a worker failed", LOG_INT("pid", pid),
		    LOG_INT("exit", WEXITSTATUS(status)));
	if (forget_leaver(pf, pid))
		return;
	for (i = 0; i < pf->slot_count; i++)
		if (pf->slots[i].pid == pid) {
			pf->slots[i].pid = 0;
			pf->slots[i].due_ms = now - pf->slots[i].born_ms < YOUNG_MS &&
			    status != 0 ? now + YOUNG_MS : now;
		}
}

static void
bury(struct prefork *pf)
{
	pid_t pid;
	int status;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		buried(pf, pid, status);
}

static void
kill_late_leavers(struct prefork *pf)
{
	const struct leaver *l;

	for (l = pf->leavers; l; l = l->next)
		if (when_mono_ms() > l->kill_ms)
			kill(l->pid, SIGKILL);
}

static bool
wait_ready(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char c;

	return poll(&p, 1, READY_MS) == 1 && read(fd, &c, 1) == 1;
}

/* The new worker serves before the old one is told to leave. */
static bool
roll_slot(struct prefork *pf, struct slot *slot)
{
	int ready[2];
	pid_t pid;
	bool good;

	if (pipe2(ready, O_CLOEXEC) != 0)
		return false;
	pid = spawn(pf, slot, ready);
	close(ready[1]);
	good = pid > 0 && wait_ready(ready[0]);
	close(ready[0]);
	if (!good) {
		if (pid > 0)
			kill(pid, SIGKILL);
		return false;
	}
	if (slot->pid > 0)
		tell_leaver(pf, slot->pid);
	slot->pid = pid;
	slot->born_ms = when_mono_ms();
	return true;
}

static bool
roll(struct prefork *pf)
{
	size_t i;

	log_info("rolling the workers", LOG_INT("workers", pf->slot_count));
	for (i = 0; i < pf->slot_count; i++)
		if (!roll_slot(pf, &pf->slots[i])) {
			log_error("a new worker did not get ready; the old ones stay",
			    LOG_STR("pool", pf->slots[i].pool->name));
			return false;
		}
	log_info("rolled");
	return true;
}

static size_t
tell_all(struct prefork *pf, int sig)
{
	struct leaver *l;
	size_t i, n = 0;

	for (i = 0; i < pf->slot_count; i++)
		if (pf->slots[i].pid > 0) {
			kill(pf->slots[i].pid, sig);
			n++;
		}
	for (l = pf->leavers; l; l = l->next, n++)
		kill(l->pid, sig);
	return n;
}

/* Nobody new can connect once the path is gone; what is queued is served. */
static int
drain(struct prefork *pf)
{
	int64_t until = when_mono_ms() + DRAIN_SECS * 1000;
	struct timespec wait = { 0, 100 * 1000 * 1000 };
	size_t i, left;
	pid_t pid;

	log_info("leaving");
	for (i = 0; i < pf->slot_count; i++)
		unlink(pf->slots[i].pool->socket_path);
	left = tell_all(pf, SIGTERM);
	while (left > 0 && when_mono_ms() < until) {
		sigtimedwait(&pf->signals, NULL, &wait);
		bury(pf);
		left = tell_all(pf, 0);
	}
	if (left > 0) {
		log_warn("killing workers that did not finish", LOG_INT("workers", left));
		tell_all(pf, SIGKILL);
		while ((pid = waitpid(-1, NULL, 0)) > 0)
			forget_leaver(pf, pid);
	}
	return 0;
}

/* A second, while the older self's workers serve on. HUP: with another
 * configuration there may be a socket. False: it is to end. */
static bool
wait_for_socket(struct prefork *pf)
{
	const struct timespec second = { 1, 0 };
	int sig = sigtimedwait(&pf->signals, NULL, &second);

	if (sig == SIGHUP)
		prefork_heir_exec(pf->heir, pf->app);
	return sig != SIGTERM && sig != SIGINT;
}

/* -1 = told to end before there was one. */
static int
socket_of(struct prefork *pf, const char *path)
{
	int fd = prefork_heir_take(pf->heir, path);
	bool said = false;
	struct err err;

	while (fd < 0 && (fd = prefork_socket(path, &err)) < 0) {
		if (!pf->heir)
			die("%s", err.msg);
		if (!said)
			log_error("no socket yet; the older workers serve on",
			    LOG_STR("why", err.msg));
		said = true;
		if (!wait_for_socket(pf))
			return -1;
	}
	return fd;
}

static void
set_up_signals(struct prefork *pf)
{
	sigemptyset(&pf->signals);
	sigaddset(&pf->signals, SIGTERM);
	sigaddset(&pf->signals, SIGINT);
	sigaddset(&pf->signals, SIGHUP);
	sigaddset(&pf->signals, SIGCHLD);
	sigprocmask(SIG_BLOCK, &pf->signals, NULL);
	signal(SIGPIPE, SIG_IGN);
}

/* False: told to end meanwhile; there are as many slots as have a socket. */
static bool
set_up_slots(struct prefork *pf, const struct prefork_pool *pools, size_t count)
{
	size_t i, most = 0;
	int j, fd;

	for (i = 0; i < count; i++)
		most += (size_t)pools[i].workers;
	pf->slots = calloc(most, sizeof(*pf->slots));
	if (!pf->slots)
		die("out of memory");
	for (i = 0; i < count; i++) {
		fd = socket_of(pf, pools[i].socket_path);
		if (fd < 0)
			return false;
		for (j = 0; j < pools[i].workers; j++)
			pf->slots[pf->slot_count++] = (struct slot){ &pools[i],
			    fd, prefork_heir_worker(pf->heir,
			    pools[i].socket_path), 0, 0 };
	}
	return true;
}

/* Those beyond our number and those that were leaving, so that none is
 * forgotten. */
static void
take_leavers(struct prefork *pf, bool leave)
{
	pid_t pid;

	while ((pid = prefork_heir_worker(pf->heir, NULL)) > 0)
		if (leave)
			tell_leaver(pf, pid);
		else
			add_leaver(pf, pid, PREFORK_STAYS);
}

/* The older self's workers serve until ours do, then those without a place
 * leave. Else they stay, as in any roll, and their sockets with them. */
static void
take_over(struct prefork *pf)
{
	bool good;

	log_info("taking over", LOG_INT("workers", pf->slot_count));
	good = roll(pf);
	take_leavers(pf, good);
	if (!good)
		return;
	prefork_heir_free(pf->heir);
	pf->heir = NULL;
}

static void
serve(struct prefork *pf)
{
	const struct timespec second = { 1, 0 };
	int sig;

	if (pf->heir)
		take_over(pf);
	else
		log_info("serving", LOG_INT("workers", pf->slot_count));
	do {
		fill_due(pf);
		sig = sigtimedwait(&pf->signals, NULL, &second);
		bury(pf);
		kill_late_leavers(pf);
		if (sig == SIGHUP && prefork_exec(pf))
			roll(pf);
	} while (sig != SIGTERM && sig != SIGINT);
}

int
prefork_run(const struct prefork_pool *pools, size_t count,
    const struct prefork_app *app)
{
	struct prefork pf = { .app = app, .heir = prefork_heir_read() };
	int status;

	set_up_signals(&pf);
	if (set_up_slots(&pf, pools, count))
		serve(&pf);
	else
		take_leavers(&pf, false);
	status = drain(&pf);
	prefork_heir_free(pf.heir);
	free(pf.slots);
	return status;
}
