/* Workers over a real socket: one process goes on through many requests and
 * through a rest longer than its alarm, a request that takes too long ends its
 * process alone, and input that nobody reads costs nobody the answer. And a
 * newer self, this program again, that can not have its socket, has it elsewhere
 * or gets no worker ready: whoever served before serves on and is forgotten by
 * nobody. */
#include <errno.h>
#include <fastcgi.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include "serve/fcgi.h"
#include "serve/prefork.h"
#include "t/tap.h"
#include "util/log.h"
#include "util/pool.h"
#include "util/str.h"
#include "util/when.h"

#define REQUEST_SECS 1
#define ALARM_SECS (REQUEST_SECS + 4)	/* an alarm serves the requests of 4 s */

static struct pool *pool;
static char *dir;

static void *start(void *arg, int good) { return good ? arg : NULL; }
static void idle(void *state) { (void)state; }
static void stop(void *state) { (void)state; }

/* Says who answers; "hang" does not, "slow" soon, "unread" leaves the input where
 * it is. */
static void
serve(void *state, FCGX_Request *request)
{
	const char *uri = FCGX_GetParam("REQUEST_URI", request->envp);
	char *text = pool_printf(state, "%ld", (long)getpid());

	if (str_eq(uri, "hang"))
		for (;;)
			pause();
	if (str_eq(uri, "slow"))
		usleep(300000);
	if (!str_eq(uri, "unread"))
		fcgi_take_end(request);
	fcgi_answer(request, &(struct fcgi_bytes){ "Status: 200\r\n\r\n", 15 },
	    &(struct fcgi_bytes){ text, strlen(text) });
}

static pid_t
serve_at(const char *path)
{
	const struct prefork_pool one = { "one", path, 1, REQUEST_SECS, 1 };
	pid_t pid = fork();

	if (pid == 0)
		exit(prefork_run(&one, 1, &(const struct prefork_app){ pool, start,
		    serve, idle, stop, 1000000 }));
	for (int i = 0; i < 500 && access(path, F_OK) != 0; i++)
		usleep(10000);
	return pid;
}

static int
ask(const char *path, const char *uri, size_t body_len)
{
	const struct timeval most = { ALARM_SECS + 3, 0 };
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	size_t len = strlen(uri), params = 2 + 11 + len;
	unsigned char head[] = { 1, FCGI_BEGIN_REQUEST, 0, 1, 0, 8, 0, 0,
	    0, FCGI_RESPONDER, 0, 0, 0, 0, 0, 0,
	    1, FCGI_PARAMS, 0, 1, 0, (unsigned char)params, 0, 0,
	    11, (unsigned char)len };
	unsigned char none[] = { 1, FCGI_PARAMS, 0, 1, 0, 0, 0, 0 };
	unsigned char in[] = { 1, FCGI_STDIN, 0, 1, 0x40, 0, 0, 0 };
	unsigned char last[] = { 1, FCGI_STDIN, 0, 1, 0, 0, 0, 0 };
	char *body = pool_alloc(pool, 0x4000);
	struct str all;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof(most));
	memcpy(sa.sun_path, path, strlen(path) + 1);
	if (connect(fd, (struct sockaddr *)&sa, sizeof(sa)) != 0)
		return close(fd), -1;
	str_init(&all, pool, 4 * 1024 * 1024);
	str_addn(&all, (char *)head, sizeof(head));
	str_add(&all, "REQUEST_URI");
	str_add(&all, uri);
	str_addn(&all, (char *)none, sizeof(none));
	for (size_t n = 0; n < body_len; n += 0x4000) {
		str_addn(&all, (char *)in, sizeof(in));
		str_addn(&all, body, 0x4000);
	}
	str_addn(&all, (char *)last, sizeof(last));
	if (send(fd, all.data, all.len, MSG_NOSIGNAL) != (ssize_t)all.len)
		note("not all was sent: %s", strerror(errno));
	return fd;
}

/* What came until the end: the pid that it says, 0 = nothing, -1 = broken off. */
static long
answer(int fd)
{
	char bytes[4096] = "";
	size_t got = 0;
	ssize_t n;
	const char *at;

	while ((n = recv(fd, bytes + got, sizeof(bytes) - 1 - got, 0)) > 0)
		got += (size_t)n;
	close(fd);
	if (n < 0)
		return -1;
	for (at = bytes; at + 4 <= bytes + got; at++)
		if (memcmp(at, "\r\n\r\n", 4) == 0)	/* and a record's head */
			return atol(at + 4 + sizeof(FCGI_Header));
	return 0;
}

static long
page(const char *path)
{
	return answer(ask(path, "page", 0));
}

static int64_t
since(int64_t start_ms)
{
	return when_mono_ms() - start_ms;
}

/* Asked again and again for longer than an alarm lasts: the same process. */
static bool
goes_on(const char *path)
{
	int64_t start_ms = when_mono_ms();
	long first = page(path);

	while (since(start_ms) < (ALARM_SECS + 2) * 1000) {
		if (page(path) != first)
			return false;
		usleep(20000);
	}
	return first > 0;
}

static bool
rests(const char *path)
{
	long first = page(path);

	sleep(ALARM_SECS + 2);
	return first > 0 && page(path) == first;
}

static bool
ends_what_hangs(const char *path)
{
	int64_t start_ms = when_mono_ms();
	long first = page(path), hung = answer(ask(path, "hang", 0));
	int64_t took = since(start_ms);
	long second = page(path);

	note("ended after %lld ms", (long long)took);
	return hung <= 0 && took >= REQUEST_SECS * 1000 &&
	    took < (ALARM_SECS + 2) * 1000 && second > 0 && second != first;
}

static bool
answers_with_input_unread(const char *path)
{
	for (int i = 0; i < 20; i++)
		if (answer(ask(path, "unread", 0x18000)) <= 0)
			return false;
	return true;
}

/* ---- a newer self takes over: this program, told by a file ---- */

#define WORKERS 3
#define TRIES 200			/* ten a second */

struct site {
	char *conf, *path;
	pid_t parent;
};

static char *program;

static void
tell(const struct site *site, const char *path, int workers, bool starts)
{
	char *text = pool_printf(pool, "%s.new", site->conf);
	FILE *f = fopen(text, "w");

	if (!f || fprintf(f, "%s %d %d\n", path, workers, starts) < 0 ||
	    fclose(f) != 0 || rename(text, site->conf) != 0)
		note("%s: %s", site->conf, strerror(errno));
}

/* What it is run as, by us and by its older self. */
static int
serve_as_told(char **argv)
{
	char *path = pool_alloc(pool, 200);
	struct prefork_pool one = { "one", path, 0, REQUEST_SECS, 0 };
	FILE *f = fopen(argv[1], "r");
	int words = f ? fscanf(f, "%199s %d %d", path, &one.workers, &one.id) : 0;

	if (f)
		fclose(f);
	log_open("prefork", "/dev/null", LOG_LEVEL_ERROR);
	return words != 3 ? 2 : prefork_run(&one, 1,
	    &(const struct prefork_app){ pool, start, serve, idle, stop, 1000000,
	    argv, prefork_program(argv[0]) });
}

/* All the workers behind a path: each is busy while the next is asked. */
static bool
find_workers(const char *path, long pids[WORKERS])
{
	int fds[WORKERS];
	bool other = true;

	for (int i = 0; i < WORKERS; i++)
		fds[i] = ask(path, "slow", 0);
	for (int i = 0; i < WORKERS; i++) {
		pids[i] = answer(fds[i]);
		for (int j = 0; j < i; j++)
			other = other && pids[j] != pids[i];
		other = other && pids[i] > 0;
	}
	return other;
}

static bool serves(const char *path) { return page(path) > 0; }
static bool
refuses(const char *path)
{
	int fd = ask(path, "page", 0);

	if (fd >= 0)
		close(fd);
	return fd < 0;
}

static bool
soon(bool (*good)(const char *path), const char *path)
{
	for (int i = 0; i < TRIES; i++, usleep(100000))
		if (good(path))
			return true;
	return false;
}

static bool
set_up(const char *at, struct site *site)
{
	char *argv[] = { program, pool_printf(pool, "%s.conf", at), NULL };

	site->conf = argv[1];
	site->path = pool_strdup(pool, at);
	tell(site, at, WORKERS, true);
	site->parent = fork();
	if (site->parent == 0) {
		execv(program, argv);
		_exit(127);
	}
	return soon(serves, at);
}

static bool
take_over(const struct site *site, const char *path, int workers, bool starts)
{
	tell(site, path, workers, starts);
	return kill(site->parent, SIGHUP) == 0;
}

static bool
is_gone_soon(long pid)
{
	for (int i = 0; i < TRIES && kill((pid_t)pid, 0) == 0; i++)
		usleep(100000);
	return kill((pid_t)pid, 0) != 0;
}

/* Told to, it leaves: with what? A site is tidied up in any case. */
static bool
ends(const struct site *site)
{
	int status = -1, i;

	kill(site->parent, SIGTERM);
	for (i = 0; i < TRIES && waitpid(site->parent, &status, WNOHANG) == 0; i++)
		usleep(100000);
	if (i == TRIES) {
		kill(site->parent, SIGKILL);
		waitpid(site->parent, &status, 0);
	}
	unlink(site->conf);
	unlink(site->path);
	return status == 0;
}

/* It passed --check, which here says yes to everything; then the folder of its
 * socket is not there. It is, or another is named: it goes on. */
static bool
waits_for_a_folder(const char *at)
{
	char *folder = pool_printf(pool, "%s-folder", at);
	char *path = pool_printf(pool, "%s/socket", folder);
	long before[WORKERS], now[WORKERS];
	struct site site;
	bool good;

	good = set_up(at, &site) && soon(serves, at) && find_workers(at, before) &&
	    take_over(&site, path, WORKERS, true);
	usleep(1500000);
	good = good && find_workers(at, now) && kill((pid_t)before[0], 0) == 0 &&
	    take_over(&site, at, WORKERS, true) && is_gone_soon(before[0]) &&
	    soon(serves, at) && take_over(&site, path, WORKERS, true);
	usleep(1500000);
	good = good && serves(at) && mkdir(folder, 0700) == 0 &&
	    soon(serves, path);
	good = ends(&site) && good;
	unlink(path);
	return rmdir(folder) == 0 && good;
}

static bool
ends_while_it_waits(const char *at)
{
	char *path = pool_printf(pool, "%s-none/socket", at);
	long pids[WORKERS];
	struct site site;
	bool good;

	good = set_up(at, &site) && find_workers(at, pids) &&
	    take_over(&site, path, WORKERS, true);
	usleep(1500000);
	good = good && serves(at);
	good = ends(&site) && good;
	for (int i = 0; i < WORKERS; i++)
		good = good && kill((pid_t)pids[i], 0) != 0;
	return good;
}

/* Nobody accepts there any more: a client is told so, and does not wait. */
static bool
leaves_the_old_socket(const char *at)
{
	char *path = pool_printf(pool, "%s-new", at);
	struct site site;
	bool good;

	good = set_up(at, &site) && take_over(&site, path, WORKERS, true) &&
	    soon(serves, path) && soon(refuses, at) && serves(path);
	good = ends(&site) && good;
	return access(path, F_OK) != 0 && good;
}

/* Fewer are wanted, and the new one does not get ready. All three stay; they
 * leave when one does, and are waited for when all is to end. */
static bool
remembers_all(const char *at)
{
	long pids[WORKERS], now[WORKERS];
	struct site site;
	bool good;

	good = set_up(at, &site) && find_workers(at, pids) &&
	    take_over(&site, at, 1, false);
	usleep(1500000);
	good = good && find_workers(at, now) && take_over(&site, at, 1, true);
	for (int i = 0; i < WORKERS; i++)
		good = good && is_gone_soon(pids[i]);
	return ends(&site) && good;
}

/* The last one made has the place, the others are left over. */
static void
send_surplus(const long pids[WORKERS], int sig)
{
	long last = 0;

	for (int i = 0; i < WORKERS; i++)
		last = pids[i] > last ? pids[i] : last;
	for (int i = 0; i < WORKERS; i++)
		if (pids[i] != last)
			kill((pid_t)pids[i], sig);
}

static bool
waits_for_all(const char *at)
{
	long pids[WORKERS];
	struct site site;
	bool good;

	good = set_up(at, &site) && find_workers(at, pids) &&
	    take_over(&site, at, 1, false);
	if (!good) {
		ends(&site);
		return false;
	}
	usleep(1500000);
	send_surplus(pids, SIGSTOP);
	kill(site.parent, SIGTERM);
	usleep(1000000);
	good = waitpid(site.parent, NULL, WNOHANG) == 0;
	send_surplus(pids, SIGCONT);
	return ends(&site) && good;
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		bool (*good)(const char *path);
		bool alone;		/* it starts its own server */
	} cases[] = {
		{ "one process answers for longer than an alarm", goes_on, false },
		{ "and is there after a rest", rests, false },
		{ "a request that hangs is ended with its process", ends_what_hangs,
		    false },
		{ "input that is not read breaks off no answer",
		    answers_with_input_unread, false },
		{ "without a folder for its socket a newer self waits",
		    waits_for_a_folder, true },
		{ "and can be told to end", ends_while_it_waits, true },
		{ "with another socket it leaves the old one",
		    leaves_the_old_socket, true },
		{ "when no new worker gets ready all old ones are remembered",
		    remembers_all, true },
		{ "and waited for", waits_for_all, true },
	};
	enum { COUNT = sizeof(cases) / sizeof(cases[0]) };
	pid_t servers[COUNT], clients[COUNT];
	int status;

	pool = pool_new(NULL);
	program = argv[0];
	if (argc > 1)
		return str_eq(argv[1], "--check") ? 0 : serve_as_told(argv);
	dir = pool_strdup(pool, "/tmp/hawser-prefork-XXXXXX");
	if (!mkdtemp(dir))
		return 1;
	log_open("prefork", "/dev/null", LOG_LEVEL_ERROR);
	for (int i = 0; i < COUNT; i++) {	/* all at the same time */
		char *path = pool_printf(pool, "%s/%d", dir, i);

		servers[i] = cases[i].alone ? 0 : serve_at(path);
		clients[i] = fork();
		if (clients[i] == 0)
			_exit(cases[i].good(path) ? 0 : 1);
	}
	for (int i = 0; i < COUNT; i++) {
		waitpid(clients[i], &status, 0);
		ok(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s",
		    cases[i].name);
		if (cases[i].alone)
			continue;
		kill(servers[i], SIGTERM);
		waitpid(servers[i], &status, 0);
		is_int(status, 0, "its server leaves when it is told to");
	}
	rmdir(dir);
	pool_free(pool);
	return done();
}
