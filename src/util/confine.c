/*
 * seccomp (a filter of system calls) and Landlock (a list of paths), set by the
 * process itself. Must not know what the programs do.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "util/confine.h"
#include "util/err.h"
#include "util/log.h"
#include "util/banned.h"

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#else
#define ARCH 0
#endif

void confine_basic(void)
{
	const struct rlimit none = { 0, 0 };

	if (setrlimit(RLIMIT_CORE, &none) != 0 ||
	    prctl(PR_SET_DUMPABLE, 0) != 0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		die("the process could not be locked down: %s", strerror(errno));
}

/* ---- system calls ---- */

/* Programs, other processes, other kernels, and ways around the filter. */
static const int REFUSED[] = {
	SYS_execveat, SYS_process_vm_readv, SYS_process_vm_writev,
	SYS_kcmp, SYS_pidfd_getfd, SYS_io_uring_setup, SYS_io_uring_enter,
	SYS_io_uring_register, SYS_bpf, SYS_perf_event_open, SYS_userfaultfd,
	SYS_unshare, SYS_setns, SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot,
	SYS_keyctl, SYS_add_key, SYS_request_key, SYS_init_module,
	SYS_finit_module, SYS_delete_module, SYS_kexec_load, SYS_reboot,
	SYS_open_by_handle_at, SYS_personality, SYS_setuid, SYS_setgid,
	SYS_setresuid, SYS_setresgid, SYS_setgroups,
};
enum { REFUSED_COUNT = sizeof(REFUSED) / sizeof(*REFUSED), FILTER_MOST = 64 };

struct filter {
	struct sock_filter code[FILTER_MOST];
	unsigned short len;
};

static void add(struct filter *f, struct sock_filter line)
{
	if (f->len == FILTER_MOST)
		die("the filter of system calls is too long");
	f->code[f->len++] = line;
}

static void load(struct filter *f, size_t offset)
{
	add(f, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
	    (uint32_t)offset));
}

/* If it is that, the next line counts, else the one after. */
static void when(struct filter *f, uint32_t value)
{
	add(f, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1));
}

static void give(struct filter *f, uint32_t action)
{
	add(f, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action));
}

static void refuse(struct filter *f, int call)
{
	when(f, (uint32_t)call);
	give(f, SECCOMP_RET_ERRNO | EPERM);
}

/* Only these families. The low half of the argument is what the kernel takes. */
static void add_socket(struct filter *f, bool internet)
{
	static const uint32_t FAMILIES[] = { AF_UNIX, AF_INET, AF_INET6 };
	unsigned count = internet ? 3 : 1;

	add(f, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket,
	    0, (unsigned char)(2 + 2 * count)));
	load(f, offsetof(struct seccomp_data, args[0]));
	for (unsigned i = 0; i < count; i++) {
		when(f, FAMILIES[i]);
		give(f, SECCOMP_RET_ALLOW);
	}
	give(f, SECCOMP_RET_ERRNO | EAFNOSUPPORT);
}

static bool filter_calls(const struct confine *c)
{
	struct filter f = { .len = 0 };
	struct sock_fprog program = { 0, f.code };

	load(&f, offsetof(struct seccomp_data, arch));
	add(&f, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0));
	give(&f, SECCOMP_RET_KILL_PROCESS);
	load(&f, offsetof(struct seccomp_data, nr));
#if defined(__x86_64__)
	/* The second numbering of the same calls. */
	add(&f, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000,
	    0, 1));
	give(&f, SECCOMP_RET_ERRNO | ENOSYS);
#endif
	if (!c->traced)
		refuse(&f, SYS_ptrace);
	if (!c->runs)
		refuse(&f, SYS_execve);
	/* One comparison a call, one refusal for all of them. */
	for (size_t i = 0; i < REFUSED_COUNT; i++)
		add(&f, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
		    (uint32_t)REFUSED[i], (unsigned char)(REFUSED_COUNT - i), 0));
	add(&f, (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, 1));
	give(&f, SECCOMP_RET_ERRNO | EPERM);
	add_socket(&f, c->internet);
	give(&f, SECCOMP_RET_ALLOW);
	program.len = f.len;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0;
}

/* ---- files ---- */

#define READ_FILE (LANDLOCK_ACCESS_FS_READ_FILE)
#define READ_ALL (READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define SOCKETS (LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_REMOVE_FILE)
/* Everything that the first version of Landlock knows: 13 rights. */
#define EVERYTHING ((UINT64_C(1) << 13) - 1)

static void allow(int ruleset, const char *path, uint64_t rights)
{
	struct landlock_path_beneath_attr rule = { .allowed_access = rights };
	struct stat st;

	rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
	if (rule.parent_fd < 0)
		return;
	if (fstat(rule.parent_fd, &st) == 0 && !S_ISDIR(st.st_mode))
		rule.allowed_access &= READ_FILE;
	if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH,
	    &rule, 0) != 0)
		log_warn("a path can not be allowed", LOG_STR("path", path),
		    LOG_INT("errno", errno));
	close(rule.parent_fd);
}

static bool limit_files(const struct confine *c)
{
	struct landlock_ruleset_attr all = { .handled_access_fs = EVERYTHING };
	int ruleset = (int)syscall(SYS_landlock_create_ruleset, &all, sizeof(all), 0);
	bool ok;

	if (ruleset < 0)
		return false;
	for (const char *const *p = c->reads; p && *p; p++)
		allow(ruleset, *p, READ_ALL);
	for (const char *const *p = c->sockets; p && *p; p++)
		allow(ruleset, *p, READ_ALL | SOCKETS);
	ok = syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
	close(ruleset);
	return ok;
}

const char *confine_folder(struct pool *pool, const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return *path ? "." : "";
	return slash == path ? "/" : pool_strndup(pool, path,
	    (size_t)(slash - path));
}

void confine_enter(const struct confine *c)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		die("new rights could not be given up: %s", strerror(errno));
	if (!c->all_files && !limit_files(c))
		log_info("this kernel limits no paths", LOG_INT("errno", errno));
	if (ARCH == 0 || !filter_calls(c))
		log_warn("system calls are not filtered", LOG_INT("errno", errno));
}
