/* What a process gave up, it has not: tried from inside, in children. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "t/tap.h"
#include "util/confine.h"
#include "util/err.h"
#include "util/banned.h"

static struct pool *pool;
static char dir[] = "/tmp/hawser-confine-XXXXXX";
static char *page, *key, *sock;

static int sign(long rc) { return rc < 0 ? errno : 0; }

static int try_exec(void)
{
	char *const argv[] = { (char *)(uintptr_t)"true", NULL };

	return sign(execve("/bin/true", argv, argv));
}
static int try_execveat(void)
{
	return sign(syscall(SYS_execveat, AT_FDCWD, "/bin/true", NULL, NULL, 0));
}
static int try_ptrace(void)
{
	return sign(ptrace(PTRACE_ATTACH, getppid(), NULL, NULL));
}
static int try_memory(void)
{
	return sign(syscall(SYS_process_vm_readv, getppid(), NULL, 0, NULL, 0, 0));
}
static int try_ring(void) { return sign(syscall(SYS_io_uring_setup, 1, NULL)); }
static int try_unix(void) { return sign(socket(AF_UNIX, SOCK_STREAM, 0)); }
static int try_inet(void) { return sign(socket(AF_INET, SOCK_STREAM, 0)); }
static int try_inet6(void) { return sign(socket(AF_INET6, SOCK_DGRAM, 0)); }
static int try_netlink(void) { return sign(socket(AF_NETLINK, SOCK_RAW, 0)); }
static int try_packet(void) { return sign(socket(AF_PACKET, SOCK_RAW, 0)); }
static int try_page(void) { return sign(open(page, O_RDONLY)); }
static int try_key(void) { return sign(open(key, O_RDONLY)); }
static int try_write(void) { return sign(open(page, O_WRONLY)); }
static int try_make(void)
{
	return sign(open(pool_printf(pool, "%s/new", dir), O_WRONLY | O_CREAT, 0600));
}
static int try_list(void) { return sign(open(dir, O_RDONLY | O_DIRECTORY)); }
static int try_zone(void) { return sign(open("/usr/share/zoneinfo/UTC", O_RDONLY)); }
static int try_kill_file(void) { return sign(unlink(key)); }

static int try_bind(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0), rc;

	memcpy(a.sun_path, sock, strlen(sock));
	rc = sign(bind(fd, (struct sockaddr *)&a, sizeof(a)));
	if (rc == 0)
		rc = sign(unlink(sock));
	return rc;
}

/* The child of an expansion does what it likes with what is left. */
static int try_fork(void)
{
	pid_t pid = fork();
	int status = 0;

	if (pid == 0)
		_exit(try_exec() == EPERM ? 7 : 1);
	if (pid < 0)
		return errno;
	return waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 7 ? 0 : 1;
}
static int try_dumpable(void) { return prctl(PR_GET_DUMPABLE) == 0 ? 0 : 1; }
static int try_core(void)
{
	struct rlimit now;

	return getrlimit(RLIMIT_CORE, &now) == 0 && now.rlim_max == 0 ? 0 : 1;
}

static int inside(const struct confine *c, int (*what)(void))
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		confine_basic();
		if (c)
			confine_enter(c);
		_exit(what());
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

struct row { const char *name; int (*what)(void); int web, sync; };

int main(void)
{
	static const struct row ROWS[] = {
		{ "execve", try_exec, EPERM, EPERM },
		{ "execveat", try_execveat, EPERM, EPERM },
		{ "ptrace", try_ptrace, EPERM, EPERM },
		{ "another's memory", try_memory, EPERM, EPERM },
		{ "io_uring", try_ring, EPERM, EPERM },
		{ "a unix socket", try_unix, 0, 0 },
		{ "an IPv4 socket", try_inet, EAFNOSUPPORT, 0 },
		{ "an IPv6 socket", try_inet6, EAFNOSUPPORT, 0 },
		{ "a netlink socket", try_netlink, EAFNOSUPPORT, EAFNOSUPPORT },
		{ "a raw socket", try_packet, EAFNOSUPPORT, EAFNOSUPPORT },
		{ "a child, as confined", try_fork, 0, 0 },
		{ "not dumpable", try_dumpable, 0, 0 },
		{ "no core file", try_core, 0, 0 },
	}, FILES[] = {
		{ "a file that is named", try_page, 0, 0 },
		{ "the key file", try_key, EACCES, 0 },
		{ "writing", try_write, EACCES, EACCES },
		{ "a new file", try_make, EACCES, EACCES },
		{ "removing a file", try_kill_file, EACCES, EACCES },
		{ "listing a folder", try_list, EACCES, EACCES },
		{ "time zones", try_zone, 0, 0 },
		{ "a socket in its folder", try_bind, EACCES, 0 },
	};
	const struct row *r;
	bool has = syscall(444, NULL, 0, 1) > 0;	/* Landlock's version */
	struct confine web, sync;

	pool = pool_new(NULL);
	if (!mkdtemp(dir) || mkdir(pool_printf(pool, "%s/keys", dir), 0700) != 0 ||
	    mkdir(pool_printf(pool, "%s/run", dir), 0700) != 0)
		die("no folder");
	page = pool_printf(pool, "%s/page", dir);
	key = pool_printf(pool, "%s/keys/kek", dir);
	sock = pool_printf(pool, "%s/run/x.sock", dir);
	close(open(page, O_WRONLY | O_CREAT, 0600));
	close(open(key, O_WRONLY | O_CREAT, 0600));
	web = (struct confine){ .reads = (const char *const[]){ page, "/usr",
	    "/no/such/path", "", NULL } };
	sync = (struct confine){ .internet = true,
	    .reads = (const char *const[]){ page, "/usr",
	    confine_folder(pool, key), NULL },
	    .sockets = (const char *const[]){ pool_printf(pool, "%s/run", dir),
	    NULL } };
	is_int(inside(NULL, try_inet), 0, "before it, a socket is made");
	is_int(inside(NULL, try_key), 0, "and any file opened");
	is_int(inside(NULL, try_dumpable), 0, "but nothing is dumped");
	is_int(inside(NULL, try_core), 0, "and no core file written");
	for (r = ROWS; r < ROWS + sizeof(ROWS) / sizeof(*ROWS); r++) {
		is_int(inside(&web, r->what), r->web, pool_printf(pool,
		    "pages: %s", r->name));
		is_int(inside(&sync, r->what), r->sync, pool_printf(pool,
		    "with the internet: %s", r->name));
	}
	if (!has)
		note("this kernel has no Landlock");
	for (r = FILES; has && r < FILES + sizeof(FILES) / sizeof(*FILES); r++) {
		is_int(inside(&web, r->what), r->web, pool_printf(pool,
		    "pages: %s", r->name));
		is_int(inside(&sync, r->what), r->sync, pool_printf(pool,
		    "with keys: %s", r->name));
	}
	is_text(confine_folder(pool, "/a/b"), "/a", "the folder of a file");
	is_text(confine_folder(pool, "/a"), "/", "of one at the top");
	is_text(confine_folder(pool, ""), "", "of none");
	unlink(page);
	unlink(key);
	rmdir(pool_printf(pool, "%s/keys", dir));
	rmdir(pool_printf(pool, "%s/run", dir));
	rmdir(dir);
	pool_free(pool);
	return done();
}
