/* Due jobs: claim, work, say when next. Must not know what a run does. */
#include "jobs/queue.h"
#include <time.h>
#include "jobs/disconnect.h"
#include "jobs/misuse.h"
#include "jobs/occurrences.h"
#include "jobs/outbox.h"
#include "jobs/retention.h"
#include "jobs/watch.h"
#include "store/store_job.h"
#include "util/log.h"
#include "util/banned.h"

#define PAGE 100
#define DAY_SECS 86400
#define BUSY_SECS 5
#define AGAIN_LEAST_SECS 5		/* between two runs that ended well */
#define AWAY_SECS 30

/* ---- claims and ends, each a transaction that is repeated after a deadlock */

struct ending {
	const struct job_row *job;
	int secs, tries, got;
	enum { CLAIM, PUT_OFF, FINISH } what;
};

static bool ending_body(struct db *db, void *arg, struct err *err)
{
	struct ending *e = arg;

	switch (e->what) {
	case CLAIM:
		e->got = store_job_claim(db, e->job, e->secs, err);
		return e->got >= 0;
	case PUT_OFF:
		return store_job_put_off(db, e->job, e->secs, err);
	default:
		return store_job_finish(db, e->job, e->secs, e->tries, err);
	}
}

static int claim(struct db *db, const struct job_row *job, int secs,
    struct err *err)
{
	struct ending e = { job, secs, 0, 0, CLAIM };

	return db_tx(db, ending_body, &e, NULL, err) ? e.got : -1;
}

static bool put_off(struct db *db, const struct job_row *job, int secs,
    struct err *err)
{
	struct ending e = { job, secs, 0, 0, PUT_OFF };
	const struct db_tx_opts again = { .idempotent = true };

	return db_tx(db, ending_body, &e, &again, err);
}

static bool finish(struct db *db, const struct job_row *job, int next_secs,
    int tries, struct err *err)
{
	struct ending e = { job, next_secs, tries, 0, FINISH };
	const struct db_tx_opts again = { .idempotent = true };

	return db_tx(db, ending_body, &e, &again, err);
}

static uint32_t draw(uint32_t below)
{
	uint32_t n;

	digest_random(&n, sizeof(n));
	return below ? n % below : 0;
}

/* Spread by a tenth so that nothing bunches up. */
static int spread(int secs)
{
	return secs - secs / 20 + (int)draw((uint32_t)(secs / 10 + 1));
}

static int secs_until(when_t now, when_t t, int most)
{
	int64_t secs = (t - now) / WHEN_SEC + 1;

	return secs < 0 ? 0 : secs < most ? (int)secs : most;
}

static enum run_cause cause_of(const struct job_row *job)
{
	if (job->cause)
		return (enum run_cause)job->cause;
	return job->due <= job->wanted_at + WHEN_SEC ? RUN_BY_CHANGE :
	    RUN_BY_SCHEDULE;
}

static bool end_sync(struct engine *e, const struct job_row *job,
    const struct engine_result *res, struct err *err)
{
	int next = e->config->poll_secs;
	when_t now;

	if (!db_now(e->db, &now, err) || (res->end == ENGINE_DONE &&
	    res->watchable && !watch_after_sync(e, job->org_id,
	    job->connection_id, &next, err)))
		return false;
	next = spread(next);
	switch (res->end) {
	case ENGINE_BUSY:
	case ENGINE_LOST:
		return put_off(e->db, job, BUSY_SECS, err);
	case ENGINE_STOPPED:
		return put_off(e->db, job, e->stop && *e->stop ? 0 : BUSY_SECS,
		    err);
	case ENGINE_RECONNECT:
	case ENGINE_IDLE:
		return finish(e->db, job, -1, 0, err);
	case ENGINE_PARKED:
		if (!res->run_id)	/* it waited before: who asked is kept */
			return put_off(e->db, job, secs_until(now,
			    res->next_try, DAY_SECS), err);
		return finish(e->db, job, secs_until(now,
		    res->next_try, DAY_SECS), job->tries + 1, err);
	case ENGINE_DONE:
		break;
	}
	if (res->next_try != WHEN_NONE) {
		next = secs_until(now, res->next_try, next);
		if (next < AGAIN_LEAST_SECS)	/* whatever was overlooked */
			next = AGAIN_LEAST_SECS;
	}
	return finish(e->db, job, next, 0, err);
}

static bool do_sync(struct engine *e, const struct job_row *job,
    struct err *err)
{
	struct engine_opts opts = {
		.org_id = job->org_id, .connection_id = job->connection_id,
		.cause = cause_of(job), .asked_by = job->asked_by,
		.limit_secs = e->config->run_secs,
	};
	struct engine_result res;

	if (!engine_run(e, &opts, &res, err))
		return false;
	log_info("sync", LOG_INT("connection", job->connection_id),
	    LOG_INT("end", res.end), LOG_INT("in", res.in),
	    LOG_INT("out", res.out), LOG_INT("set_aside", res.set_aside));
	return end_sync(e, job, &res, err);
}

static bool do_occurrences(struct engine *e, const struct job_row *job,
    struct err *err)
{
	bool more;

	return occurrences_run(e->db, job->org_id, e->stop, &more, err) &&
	    (more ? put_off(e->db, job, 0, err) :
	    finish(e->db, job, -1, 0, err));
}

static bool do_outbox(struct engine *e, const struct job_row *job,
    struct err *err)
{
	int next;

	return outbox_run(e, job->org_id, &next, err) &&
	    finish(e->db, job, next, 0, err);
}

static bool do_watch(struct engine *e, const struct job_row *job,
    struct err *err)
{
	int next;

	return watch_run(e, job->org_id, job->connection_id, &next, err) &&
	    finish(e->db, job, next, 0, err);
}

static bool do_job(struct engine *e, const struct job_row *job,
    struct err *err)
{
	struct pool *pool;
	bool fine;

	switch (job->kind) {
	case JOB_SYNC:
		return do_sync(e, job, err);
	case JOB_OCCURRENCES:
		return do_occurrences(e, job, err);
	case JOB_RETENTION:
		return retention_run(e->db, job->org_id, e->config->keep_days,
		    err) && finish(e->db, job, DAY_SECS, 0, err);
	case JOB_OUTBOX:
		return do_outbox(e, job, err);
	case JOB_WATCH:
		return do_watch(e, job, err);
	case JOB_MISUSE:
		return misuse_run(e->db, job->org_id, err) &&
		    finish(e->db, job, -1, 0, err);
	case JOB_DISCONNECT:
		pool = pool_new(NULL);
		fine = disconnect_finish(e->db, pool, job->org_id,
		    job->connection_id, err);
		pool_free(pool);
		return fine;
	default:
		log_warn("unknown job", LOG_INT("kind", job->kind));
		return put_off(e->db, job, DAY_SECS, err);
	}
}

/* Its claim would keep the job from everybody until it ends: a database that
 * was away for a moment is waited for. */
static bool wait_for_database(struct engine *e, struct err *err)
{
	const struct timespec second = { 1, 0 };
	int tries = 0;

	while (!db_ping(e->db, err)) {
		if (err->kind != ERR_TIMEOUT || ++tries > AWAY_SECS ||
		    (e->stop && *e->stop))
			return false;
		nanosleep(&second, NULL);
	}
	return true;
}

/* A job that fails by itself must not stop the others: it waits a while, longer
 * each time. */
static bool consume(struct engine *e, const struct job_row *job,
    const struct err *why, struct err *err)
{
	int secs = 15 << (job->tries < 6 ? job->tries : 6);

	log_err("job failed", why);
	if (!db_is_up(e->db)) {
		if (!wait_for_database(e, err))
			return false;
		secs = 1;
	}
	return finish(e->db, job, secs, job->tries + 1, err);
}

static bool try_job(struct engine *e, const struct job_row *job, size_t *done,
    struct err *err)
{
	struct err why = { 0 };
	int mine = claim(e->db, job, e->config->lease_secs, err);

	if (mine <= 0)
		return mine == 0;
	++*done;
	return do_job(e, job, &why) || consume(e, job, &why, err);
}

/* One look at the head of the queue, from a random place in it. */
static bool work_page(struct engine *e, struct pool *pool, size_t *count,
    size_t *done, struct err *err)
{
	struct job_row *jobs;
	size_t start;

	if (!store_job_list_due(e->db, pool, 0, PAGE, &jobs, count, err))
		return false;
	start = draw((uint32_t)*count);
	for (size_t i = 0; i < *count && !(e->stop && *e->stop); i++)
		if (!try_job(e, &jobs[(start + i) % *count], done, err))
			return false;
	return true;
}

bool queue_work(struct engine *engine, size_t *done_out, struct err *err)
{
	struct pool *pool = pool_new(NULL);
	size_t count, done = 0, before;
	bool fine;

	do {
		before = done;
		pool_reset(pool);
		fine = work_page(engine, pool, &count, &done, err);
	} while (fine && done > before && !(engine->stop && *engine->stop));
	pool_free(pool);
	if (done_out)
		*done_out = done;
	return fine;
}

bool queue_count_due(struct db *db, size_t *out, struct err *err)
{
	struct pool *pool = pool_new(NULL);
	struct job_row *jobs;
	bool fine = store_job_list_due(db, pool, 0, PAGE, &jobs, out, err);

	pool_free(pool);
	return fine;
}
