/* Runs expansions in a forked child, so that no rule can hold up or crash the
 * caller: CPU timer per event, a limit on waiting, answers through a pipe. Must
 * not know how a series is expanded. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
#include "model/recur_lib.h"
#include "model/recur_p.h"
#include "util/str.h"
#include "util/banned.h"

#define CPU_USECS 200000	/* of one event */
#define WAIT_MS 3000		/* for one event, where nobody waits for it */
#define BATCH_MAX 512		/* events one child is given */

struct answer { uint32_t index, count; int32_t fine; char msg[240]; };
struct record {
	char key[24];
	when_t starts, ends;
	struct wall start, end;
	int32_t override_index, all_day;
};

struct batch {
	struct pool *pool;
	const struct event *const *events;
	size_t count;
	const struct recur_window *window;
	struct recur_result *results;
	int wait_ms;			/* for one event */
};

static const char bomb[] = "The repetition rule takes too long to work out; "
    "make it simpler or give it an end.";

/* ---- in the child ---- */

static bool write_all(int fd, const void *bytes, size_t len)
{
	const char *p = bytes;

	while (len) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		p += n;
		len -= (size_t)n;
	}
	return true;
}

static void set_timer(void)
{
	struct itimerval t = { .it_value = { 0, CPU_USECS } };

	(void)setitimer(ITIMER_PROF, &t, NULL);
}

static bool send_answer(struct pool *pool, int fd, const struct batch *b,
    size_t index)
{
	struct recur_instance *list = NULL;
	struct answer a = { .index = (uint32_t)index };
	struct err err = { 0 };
	struct record *records;
	size_t count = 0;

	a.fine = recur_series(pool, b->events[index], b->window, &list, &count,
	    &err);
	if (!a.fine)
		memcpy(a.msg, err.msg, sizeof(a.msg));
	a.count = a.fine ? (uint32_t)count : 0;
	records = pool_array(pool, count + 1, sizeof(*records));
	for (size_t i = 0; i < a.count; i++) {
		struct record *r = &records[i];
		size_t n = strlen(list[i].recurrence_id);

		memcpy(r->key, list[i].recurrence_id,
		    n < sizeof(r->key) ? n : sizeof(r->key) - 1);
		r->starts = list[i].starts;
		r->ends = list[i].ends;
		r->start = list[i].start;
		r->end = list[i].end;
		r->override_index = list[i].override_index;
		r->all_day = list[i].all_day;
	}
	return write_all(fd, &a, sizeof(a)) &&
	    write_all(fd, records, a.count * sizeof(*records));
}

_Noreturn static void child(int fd, const struct batch *b, const size_t *todo,
    size_t count)
{
	struct rlimit cpu = { 1 + count / 4, 2 + count / 4 }, none = { 0, 0 };
	struct pool *pool = pool_new(NULL);
	sigset_t set;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)signal(SIGPROF, SIG_DFL);
	(void)signal(SIGXCPU, SIG_DFL);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGSEGV, SIG_DFL);
	(void)signal(SIGABRT, SIG_DFL);
	(void)sigfillset(&set);
	(void)sigprocmask(SIG_UNBLOCK, &set, NULL);
	(void)setrlimit(RLIMIT_CPU, &cpu);
	(void)setrlimit(RLIMIT_CORE, &none);
	for (size_t i = 0; i < count; i++) {
		set_timer();
		if (!send_answer(pool, fd, b, todo[i]))
			_exit(1);
		pool_reset(pool);
	}
	_exit(0);
}

/* ---- in the parent ---- */

/* Exactly len bytes before the deadline. */
static bool read_all(int fd, void *out, size_t len, int64_t deadline)
{
	char *p = out;

	while (len) {
		struct pollfd pfd = { fd, POLLIN, 0 };
		int64_t left = deadline - when_mono_ms();
		ssize_t n;

		if (left <= 0)
			return false;
		if (poll(&pfd, 1, (int)left) < 0 && errno != EINTR)
			return false;
		if (!pfd.revents)
			continue;
		n = read(fd, p, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		p += n;
		len -= (size_t)n;
	}
	return true;
}

static bool take_answer(struct batch *b, int fd, size_t expected)
{
	struct recur_result *r = &b->results[expected];
	int64_t deadline = when_mono_ms() + b->wait_ms;
	struct record *records;
	struct answer a;

	if (!read_all(fd, &a, sizeof(a), deadline) || a.index != expected ||
	    a.count > RECUR_MAX_INSTANCES)
		return false;
	records = pool_array(b->pool, a.count + 1, sizeof(*records));
	if (!read_all(fd, records, a.count * sizeof(*records), deadline))
		return false;
	if (!a.fine) {
		a.msg[sizeof(a.msg) - 1] = '\0';
		r->reason = pool_strdup(b->pool, a.msg);
		return true;
	}
	r->instances = pool_array(b->pool, a.count + 1, sizeof(*r->instances));
	r->count = a.count;
	for (size_t i = 0; i < a.count; i++)
		r->instances[i] = (struct recur_instance){
			.recurrence_id = records[i].key,
			.starts = records[i].starts, .ends = records[i].ends,
			.start = records[i].start, .end = records[i].end,
			.all_day = records[i].all_day != 0,
			.override_index = records[i].override_index,
		};
	return true;
}

static pid_t start_child(struct batch *b, const size_t *todo, size_t count,
    int *fd_out)
{
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) != 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		(void)close(fds[0]);
		child(fds[1], b, todo, count);
	}
	(void)close(fds[1]);
	if (pid < 0)
		(void)close(fds[0]);
	*fd_out = fds[0];
	return pid;
}

/* One child for todo[0..count); returns how many are settled (at least one). */
static size_t run_child(struct batch *b, const size_t *todo, size_t count)
{
	size_t done = 0;
	int fd = -1;
	pid_t pid = start_child(b, todo, count, &fd);

	if (pid < 0) {
		b->results[todo[0]].reason = "The repetitions could not be "
		    "worked out now: the machine has no room for a process.";
		return 1;
	}
	while (done < count && take_answer(b, fd, todo[done]))
		done++;
	if (done < count) {
		(void)kill(pid, SIGKILL);
		b->results[todo[done++]].reason = bomb;
	}
	(void)close(fd);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return done;
}

static void expand_all(struct batch *b)
{
	size_t *todo = pool_array(b->pool, b->count + 1, sizeof(*todo)), n = 0;

	for (size_t i = 0; i < b->count; i++) {
		struct recur_result *r = &b->results[i];
		struct err err = { 0 };

		*r = (struct recur_result){ 0 };
		if (recur_needs_child(b->pool, b->events[i]))
			todo[n++] = i;
		else if (!recur_series(b->pool, b->events[i], b->window,
		    &r->instances, &r->count, &err))
			r->reason = pool_strdup(b->pool, err.msg);
	}
	if (n > 0)
		(void)recur_lib_get();	/* here, once for all the children */
	for (size_t at = 0; at < n; ) {
		size_t some = n - at < BATCH_MAX ? n - at : BATCH_MAX;

		at += run_child(b, todo + at, some);
	}
}

void recur_expand_batch(struct pool *pool, const struct event *const *events,
    size_t count, const struct recur_window *window,
    struct recur_result *results_out)
{
	struct batch b = { pool, events, count, window, results_out, WAIT_MS };

	expand_all(&b);
}

bool recur_expand_within(struct pool *pool, const struct event *e,
    const struct recur_window *window, int wait_ms,
    struct recur_instance **out, size_t *count_out, struct err *err)
{
	struct recur_result r;
	struct batch b = { pool, &e, 1, window, &r, wait_ms };

	if (recur_needs_child(pool, e) && !recur_lib_load(err))
		return false;
	expand_all(&b);
	if (r.reason)
		return err_set_scope(err, ERR_INPUT, ERR_ITEM, "%s", r.reason);
	*out = r.instances;
	*count_out = r.count;
	return true;
}

bool recur_expand(struct pool *pool, const struct event *e,
    const struct recur_window *window, struct recur_instance **out,
    size_t *count_out, struct err *err)
{
	return recur_expand_within(pool, e, window, WAIT_MS, out, count_out,
	    err);
}
