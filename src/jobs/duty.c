/* Who is on duty, and the pool of workers. Must not know what they do. */
#include "jobs/duty.h"
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include "jobs/queue.h"
#include "jobs/wake.h"
#include "store/store_duty.h"
#include "store/store_retention.h"
#include "sync/owner.h"
#include "util/log.h"
#include "util/banned.h"

#define LOOK_MS 1000
#define DUTY_SECS 30

struct crew {
	const struct duty *duty;
	pid_t *pids;		/* 0 = free */
	size_t size, busy;
};

static void reap(struct crew *c, bool wait)
{
	for (size_t i = 0; i < c->size; i++) {
		int status;

		if (c->pids[i] <= 0)
			continue;
		if (waitpid(c->pids[i], &status, wait ? 0 : WNOHANG) <= 0)
			continue;
		if (!WIFEXITED(status))
			log_warn("worker ended by a signal",
			    LOG_INT("pid", c->pids[i]),
			    LOG_INT("signal", WTERMSIG(status)));
		c->pids[i] = 0;
		c->busy--;
	}
}

static void start(struct crew *c)
{
	for (size_t i = 0; i < c->size; i++) {
		pid_t pid;

		if (c->pids[i] != 0)
			continue;
		pid = fork();
		/* The parent's connection is not the child's to close. */
		if (pid == 0)
			_exit(c->duty->work(c->duty->arg));
		if (pid < 0) {
			log_warn("no worker could be started",
			    LOG_INT("errno", errno));
			return;
		}
		c->pids[i] = pid;
		c->busy++;
		return;
	}
}

static void tell_all(const struct crew *c, int signal)
{
	for (size_t i = 0; i < c->size; i++)
		if (c->pids[i] > 0)
			kill(c->pids[i], signal);
}

/* As many workers as there is work, up to the bound. */
static bool look(struct crew *c, struct err *err)
{
	size_t due;

	reap(c, false);
	if (!queue_count_due(c->duty->db, &due, err))
		return false;
	for (size_t n = c->busy; n < c->size && n < due; n++)
		start(c);
	return true;
}

struct watch { const char *owner; uint64_t fence; int fd; int64_t until; };

/* One second: 1 = go on, 0 = it is over, -1 = database. */
static int watch_once(struct crew *c, const struct watch *w, struct err *err)
{
	if (!look(c, err))
		return -1;
	if (when_mono_ms() >= w->until && c->busy == 0)
		return 0;
	wake_wait(w->fd, LOOK_MS);
	return store_duty_renew(c->duty->db, w->owner, w->fence, DUTY_SECS, err);
}

/* A database that is away for a while ends nobody's duty. */
static bool watch(struct crew *c, const struct watch *w, struct err *err)
{
	int mine = 1;

	while (mine != 0 && !*c->duty->stop) {
		struct err why = { 0 };

		mine = watch_once(c, w, &why);
		if (mine >= 0)
			continue;
		if (why.kind != ERR_TIMEOUT || when_mono_ms() >= w->until) {
			*err = why;
			return false;
		}
		log_err("the database is away", &why);
		wake_wait(w->fd, LOOK_MS);
	}
	return true;
}

bool duty_run(const struct duty *duty, struct err *err)
{
	struct pool *pool = pool_new(NULL);
	struct crew c = { .duty = duty,
	    .size = (size_t)duty->config->sync_workers };
	struct watch w = { .owner = owner_self(pool), .fd = -1, .until =
	    when_mono_ms() + (int64_t)duty->linger_secs * 1000 };
	bool fine;

	c.pids = pool_array(pool, c.size, sizeof(*c.pids));
	fine = store_retention_seed(duty->db, err) &&
	    wake_open(duty->config, &w.fd, err) &&
	    store_duty_take(duty->db, w.owner, DUTY_SECS, &w.fence, err) &&
	    watch(&c, &w, err);
	if (*duty->stop)
		tell_all(&c, SIGTERM);
	reap(&c, true);
	if (fine)
		fine = store_duty_release(duty->db, w.owner, w.fence, err);
	if (w.fd >= 0)
		wake_close(duty->config, w.fd);
	pool_free(pool);
	return fine;
}
