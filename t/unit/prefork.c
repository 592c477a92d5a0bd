/* Workers over a real socket: one process goes on through many requests and
 * through a rest longer than its alarm, a request that takes too long ends its
 * process alone, and input that nobody reads costs nobody the answer. */
#include <errno.h>
#include <fastcgi.h>
#include <signal.h>
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

static void *start(void *arg, int id) { (void)id; return arg; }
static void idle(void *state) { (void)state; }
static void stop(void *state) { (void)state; }

/* Says who answers; "hang" does not, "unread" leaves the input where it is. */
static void
serve(void *state, FCGX_Request *request)
{
	const char *uri = FCGX_GetParam("REQUEST_URI", request->envp);
	char *text = pool_printf(state, "%ld", (long)getpid());

	if (str_eq(uri, "hang"))
		for (;;)
			pause();
	if (!str_eq(uri, "unread"))
		fcgi_take_end(request);
	fcgi_answer(request, &(struct fcgi_bytes){ "Status: 200\r\n\r\n", 15 },
	    &(struct fcgi_bytes){ text, strlen(text) });
}

static pid_t
serve_at(const char *path)
{
	const struct prefork_pool one = { "one", path, 1, REQUEST_SECS, 0 };
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

int
main(void)
{
	static const struct {
		const char *name;
		bool (*good)(const char *path);
	} cases[] = {
		{ "one process answers for longer than an alarm", goes_on },
		{ "and is there after a rest", rests },
		{ "a request that hangs is ended with its process", ends_what_hangs },
		{ "input that is not read breaks off no answer",
		    answers_with_input_unread },
	};
	enum { COUNT = sizeof(cases) / sizeof(cases[0]) };
	pid_t servers[COUNT], clients[COUNT];
	int status;

	pool = pool_new(NULL);
	dir = pool_strdup(pool, "/tmp/hawser-prefork-XXXXXX");
	if (!mkdtemp(dir))
		return 1;
	log_open("prefork", "/dev/null", LOG_LEVEL_ERROR);
	for (int i = 0; i < COUNT; i++) {	/* all at the same time */
		char *path = pool_printf(pool, "%s/%d", dir, i);

		servers[i] = serve_at(path);
		clients[i] = fork();
		if (clients[i] == 0)
			_exit(cases[i].good(path) ? 0 : 1);
	}
	for (int i = 0; i < COUNT; i++) {
		waitpid(clients[i], &status, 0);
		ok(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s",
		    cases[i].name);
		kill(servers[i], SIGTERM);
		waitpid(servers[i], &status, 0);
		is_int(status, 0, "its server leaves when it is told to");
	}
	rmdir(dir);
	pool_free(pool);
	return done();
}
