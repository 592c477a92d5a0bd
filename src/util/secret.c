/*
 * Bytes nobody may print: own pages, locked, not dumped, wiped on release.
 * Knows nothing of what they open.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/digest.h"
#include "util/secret.h"
#include "util/banned.h"

#define SECRET_MAX_BYTES ((size_t)64 * 1024)

struct secret {
	unsigned char *bytes;		/* NUL-terminated, alone in its pages */
	size_t len;
	size_t mapped_bytes;
};

static void
secret_release(void *obj)
{
	struct secret *s = obj;

	digest_wipe(s->bytes, s->mapped_bytes);
	munmap(s->bytes, s->mapped_bytes);
	s->bytes = NULL;
}

struct secret *
secret_alloc(struct pool *pool, size_t len)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct secret *s = POOL_NEW(pool, struct secret);

	if (len > SECRET_MAX_BYTES)
		die("a secret of %zu bytes is beyond reason", len);
	s->len = len;
	s->mapped_bytes = (len + 1 + page - 1) / page * page;
	s->bytes = mmap(NULL, s->mapped_bytes, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (s->bytes == MAP_FAILED)
		die("out of memory: a secret");
	if (madvise(s->bytes, s->mapped_bytes, MADV_DONTDUMP) != 0)
		die("a secret cannot be kept out of core dumps");
	/* Locking may exceed RLIMIT_MEMLOCK; then swap has to be encrypted. */
	(void)mlock(s->bytes, s->mapped_bytes);
	pool_adopt(pool, s, secret_release);
	return s;
}

struct secret *
secret_new(struct pool *pool, const void *bytes, size_t len)
{
	struct secret *s = secret_alloc(pool, len);

	if (len > 0)
		memcpy(s->bytes, bytes, len);
	return s;
}

const void *
secret_peek(const struct secret *s)
{
	return s->bytes;
}

void *
secret_bytes(struct secret *s)
{
	return s->bytes;
}

size_t
secret_len(const struct secret *s)
{
	return s->len;
}

void
secret_wipe(struct secret *s)
{
	digest_wipe(s->bytes, s->mapped_bytes);
	s->len = 0;
}

/* Fills s from the descriptor: its length so far, or -1 with errno. */
static ssize_t
secret_fill(struct secret *s, int fd)
{
	size_t len = 0;
	ssize_t n;

	while (len < s->len) {
		n = read(fd, s->bytes + len, s->len - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	return (ssize_t)len;
}

/* Locked pages are dear: a file that fits into one gets one. */
static size_t
secret_room(int fd)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size >= 0 &&
	    (size_t)st.st_size < page - 1 ? page - 1 : SECRET_MAX_BYTES;
}

static bool
secret_read(struct pool *pool, int fd, const char *name, struct secret **out,
    struct err *err)
{
	size_t room = secret_room(fd);
	struct secret *s = secret_alloc(pool, room);
	ssize_t n = secret_fill(s, fd);
	char extra = 0;
	ssize_t more = n < (ssize_t)room ? 0 : read(fd, &extra, 1);

	digest_wipe(&extra, 1);
	if (n < 0 || more < 0)
		return err_set(err, ERR_INPUT, "Cannot read %s: %s.", name,
		    strerror(errno));
	if (more > 0)
		return err_set(err, ERR_INPUT, room < SECRET_MAX_BYTES ?
		    "%s grew while it was read. Try again when it is whole." :
		    "%s is larger than 64 KiB, too large for a secret.", name);
	s->len = (size_t)n;
	if (n > 0 && s->bytes[n - 1] == '\n')
		s->len--;
	if (s->len < (size_t)n && s->len > 0 && s->bytes[s->len - 1] == '\r')
		s->len--;
	if (s->len == 0)
		return err_set(err, ERR_INPUT, "%s is empty.", name);
	if (room < SECRET_MAX_BYTES) {
		digest_wipe(s->bytes + s->len, (size_t)n - s->len);
		*out = s;
		return true;
	}
	*out = secret_new(pool, s->bytes, s->len);
	secret_wipe(s);
	return true;
}

bool secret_mode_open(const struct stat *st)
{
	bool handed = st->st_uid == 0 && st->st_gid != 0;

	return (st->st_mode & (handed ? 037 : 077)) != 0;
}

bool
secret_read_fd(struct pool *pool, int fd, struct secret **out, struct err *err)
{
	return secret_read(pool, fd, "The input", out, err);
}

bool
secret_read_file(struct pool *pool, const char *path, struct secret **out,
    struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	bool ok;

	if (fd < 0)
		return err_set(err, ERR_INPUT, "Cannot open the file %s: %s.",
		    path, strerror(errno));
	ok = secret_read(pool, fd, path, out, err);
	close(fd);
	return ok;
}
