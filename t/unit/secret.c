/* A secret is kept out of dumps, wiped, and read whole or not at all. */
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "t/dies.h"
#include "t/tap.h"
#include "util/secret.h"
#include "util/banned.h"

static struct pool *pool;
static char dir[] = "/tmp/hawser-secret-XXXXXX";

static void too_large(void) { secret_alloc(pool, 64 * 1024 + 1); }

/* Does the mapping that holds p carry this flag in /proc/self/smaps? */
static bool
has_flag(const void *p, const char *flag)
{
	FILE *f = fopen("/proc/self/smaps", "re");
	bool inside = false, found = false;
	unsigned long from, to;
	char line[512];

	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
			inside = (uintptr_t)p >= from && (uintptr_t)p < to;
		else if (inside && strncmp(line, "VmFlags:", 8) == 0)
			found = strstr(line, flag) != NULL;
	}
	if (f != NULL)
		fclose(f);
	return found;
}

static void
test_memory(void)
{
	struct pool *p = pool_new(pool);
	struct secret *s = secret_new(p, "hunter\0two", 10);
	const char *at = secret_peek(s);
	struct secret *empty = secret_new(p, NULL, 0);

	is_int(secret_len(s), 10, "length");
	ok(memcmp(at, "hunter\0two\0", 11) == 0, "bytes and a NUL behind");
	ok(has_flag(at, " dd"), "not in core dumps");
#ifndef __SANITIZE_ADDRESS__
	ok(has_flag(at, " lo"), "locked into memory");
#endif
	ok(!has_flag(&pool, " dd"), "the flag is not everywhere");
	is_int(secret_len(empty), 0, "an empty one");
	is_text(secret_peek(empty), "", "is an empty text");
	memcpy(secret_bytes(s), "H", 1);
	ok(*at == 'H', "bytes may be filled in place");
	secret_wipe(s);
	ok(secret_len(s) == 0 && memcmp(at, "\0\0\0\0\0\0\0\0\0\0", 10) == 0,
	    "wiped");
	pool_free(p);
	ok(msync((void *)(uintptr_t)at, 1, MS_ASYNC) != 0,
	    "the page goes with the pool");
	ok(dies(too_large), "a size beyond reason ends the process");
}

static const char *
put(const char *bytes, size_t len)
{
	char *path = pool_printf(pool, "%s/secret", dir);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, bytes, len) != (ssize_t)len)
		die("cannot write %s", path);
	close(fd);
	return path;
}

static void
reads(const char *bytes, size_t len, const char *want, size_t want_len)
{
	struct secret *s = NULL;
	struct err err = { 0 };

	ok(secret_read_file(pool, put(bytes, len), &s, &err) &&
	    secret_len(s) == want_len &&
	    memcmp(secret_peek(s), want, want_len) == 0 &&
	    ((const char *)secret_peek(s))[want_len] == '\0',
	    "%zu bytes are read as %zu %s", len, want_len, err.msg);
}

static void
refuses(const char *path, const char *why)
{
	struct secret *s = NULL;
	struct err err = { 0 };

	ok(!secret_read_file(pool, path, &s, &err) && s == NULL &&
	    err.kind == ERR_INPUT && strstr(err.msg, why) != NULL &&
	    strstr(err.msg, path) != NULL, "refused: %s", err.msg);
}

static void
test_files(void)
{
	char *big = pool_alloc(pool, 64 * 1024 + 1);

	memset(big, 'k', 64 * 1024 + 1);
	reads("abc", 3, "abc", 3);
	reads("abc\n", 4, "abc", 3);
	reads("abc\n\n", 5, "abc\n", 4);
	reads("abc\r\n", 5, "abc", 3);
	reads("a\0b\n", 4, "a\0b", 3);
	reads(" a ", 3, " a ", 3);
	reads(big, 64 * 1024, big, 64 * 1024);
	refuses(put(big, 64 * 1024 + 1), "64 KiB");
	refuses(put("", 0), "empty");
	refuses(put("\n", 1), "empty");
	refuses("/nonexistent/secret", "No such file");
	refuses(dir, "directory");
}

static void
test_pipe(void)
{
	struct secret *s = NULL;
	struct err err;
	int ends[2];

	if (pipe(ends) != 0 || write(ends[1], "from a ", 7) != 7 ||
	    write(ends[1], "pipe\n", 5) != 5)
		die("no pipe");
	close(ends[1]);
	ok(secret_read_fd(pool, ends[0], &s, &err), "a descriptor is read");
	is_text(s != NULL ? secret_peek(s) : NULL, "from a pipe", "to its end");
	close(ends[0]);
	ok(!secret_read_fd(pool, ends[0], &s, &err) && err.kind == ERR_INPUT,
	    "a closed one is refused");
}

int
main(void)
{
	pool = pool_new(NULL);
	if (mkdtemp(dir) == NULL)
		die("no temporary directory");
	test_memory();
	test_files();
	test_pipe();
	unlink(pool_printf(pool, "%s/secret", dir));
	rmdir(dir);
	pool_free(pool);
	return done();
}
