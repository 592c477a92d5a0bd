/* Who holds a lease, and whether that process still lives. */
#include "sync/owner.h"
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "util/str.h"
#include "util/banned.h"

/* Small files of /proc; empty when it cannot be read. */
static void read_small(const char *path, char *out, size_t room)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, out, room - 1);

	if (fd >= 0)
		close(fd);
	out[n > 0 ? n : 0] = '\0';
	if (n > 0 && out[n - 1] == '\n')
		out[n - 1] = '\0';
}

/* Field 22 of /proc/PID/stat, counted after the command's last bracket. A
 * zombie works no more. */
static const char *start_of(struct pool *pool, long pid)
{
	char text[1024];
	char *at;

	read_small(pool_printf(pool, "/proc/%ld/stat", pid), text, sizeof(text));
	at = strrchr(text, ')');
	if (!at || at[1] != ' ' || at[2] == 'Z' || at[2] == 'X')
		return NULL;
	at += 2;
	for (int field = 3; field < 22 && at; field++) {
		at = strchr(at, ' ');
		at = at ? at + 1 : NULL;
	}
	return at ? pool_strndup(pool, at, strcspn(at, " ")) : NULL;
}

static const char *boot_id(struct pool *pool)
{
	char text[64];

	read_small("/proc/sys/kernel/random/boot_id", text, sizeof(text));
	return pool_strdup(pool, text);
}

const char *owner_self(struct pool *pool)
{
	const char *start = start_of(pool, (long)getpid());

	return pool_printf(pool, "%s:%ld:%s", boot_id(pool), (long)getpid(),
	    start ? start : "0");
}

static bool is_dead(struct pool *pool, const char *owner)
{
	const char *boot = boot_id(pool), *start;
	size_t n = strlen(boot);
	char stamp[32];
	long pid;

	if (n == 0 || strncmp(owner, boot, n) != 0 || owner[n] != ':' ||
	    sscanf(owner + n + 1, "%ld:%31s", &pid, stamp) != 2)
		return false;
	start = start_of(pool, pid);
	return !start || !str_eq(start, stamp);
}

bool owner_is_dead(const char *owner)
{
	struct pool *pool = pool_new(NULL);
	bool dead = is_dead(pool, owner);

	pool_free(pool);
	return dead;
}
