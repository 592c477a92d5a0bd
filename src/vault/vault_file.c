/* The key file changed as a whole. Knows nothing of what its keys wrap. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/digest.h"
#include "vault/vault_file.h"
#include "vault/vault_p.h"
#include "util/banned.h"

#define VAULT_FILE_MOST_BYTES ((VAULT_KEY_TEXT_BYTES + 1) * (VAULT_MOST_KEKS + 1))

struct vault_file {
	struct pool *pool;
	const char *path, *dir, *fresh;	/* behind links; its folder; its successor */
	int dir_fd;			/* carries the lock */
};

/* The lines of a file to be. */
struct lines {
	struct secret *text;
	size_t len, count;
};

static bool
vault_file_fail(const struct vault_file *f, const char *what, struct err *err)
{
	return err_set(err, ERR_INPUT, "The key file %s cannot be %s: %s.",
	    f->path, what, strerror(errno));
}

bool
vault_file_lock(struct pool *pool, const char *kek_file,
    struct vault_file **out, struct err *err)
{
	struct vault_file *f = POOL_NEW(pool, struct vault_file);
	char real[PATH_MAX];

	f->pool = pool;
	f->path = kek_file;
	if (realpath(kek_file, real) == NULL)
		return vault_file_fail(f, "found", err);
	f->path = pool_strdup(pool, real);
	*strrchr(real, '/') = '\0';
	f->dir = pool_strdup(pool, *real != '\0' ? real : "/");
	f->fresh = pool_printf(pool, "%s.new", f->path);
	f->dir_fd = open(f->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (f->dir_fd < 0)
		return vault_file_fail(f, "locked", err);
	while (flock(f->dir_fd, LOCK_EX) != 0)
		if (errno != EINTR) {
			close(f->dir_fd);
			return vault_file_fail(f, "locked", err);
		}
	*out = f;
	return true;
}

void
vault_file_unlock(struct vault_file *f)
{
	close(f->dir_fd);
}

static void
vault_file_put_line(struct lines *l, const char *line, size_t len)
{
	char *to = (char *)secret_bytes(l->text) + l->len;

	if (l->len + len + 1 > VAULT_FILE_MOST_BYTES)
		die("a key file of too many lines");
	memcpy(to, line, len);
	to[len] = '\n';
	l->len += len + 1;
	l->count++;
}

/* Every key of the file but one; NULL = every key. */
static bool
vault_file_keep(struct vault_file *f, const uint8_t *but, struct lines *out,
    struct stat *st_out, struct err *err)
{
	struct secret *file, *bytes;
	uint8_t id[VAULT_KEK_ID_BYTES];
	const char *at, *end;

	if (!vault_read_file(f->pool, f->path, &file, st_out, err))
		return false;
	*out = (struct lines){ secret_alloc(f->pool, VAULT_FILE_MOST_BYTES), 0, 0 };
	at = secret_peek(file);
	end = at + secret_len(file);
	while (at < end) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		size_t len = (size_t)((stop != NULL ? stop : end) - at);

		if (len > 0 && (!vault_line(f->pool, at, len, id, &bytes) ||
		    out->count == VAULT_MOST_KEKS))
			return err_set(err, ERR_INPUT, "The key file %s is not one "
			    "of at most %d keys.", f->path, VAULT_MOST_KEKS);
		if (len > 0 && (but == NULL ||
		    memcmp(id, but, VAULT_KEK_ID_BYTES) != 0))
			vault_file_put_line(out, at, len);
		at += len + 1;
	}
	secret_wipe(file);
	return true;
}

static bool
vault_file_write(int fd, const struct lines *l, const struct stat *as)
{
	const char *at = secret_peek(l->text);
	size_t left = l->len;

	while (left > 0) {
		ssize_t n = write(fd, at, left);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		at += n;
		left -= (size_t)n;
	}
	return fchown(fd, as->st_uid, as->st_gid) == 0 &&
	    fchmod(fd, as->st_mode & 0777) == 0 && fsync(fd) == 0;
}

static bool
vault_file_replace(struct vault_file *f, struct lines *l, const struct stat *as,
    struct err *err)
{
	int fd, saved;
	bool ok;

	unlink(f->fresh);		/* of a change that was killed */
	fd = open(f->fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
	    0600);
	if (fd < 0)
		return vault_file_fail(f, "written", err);
	ok = vault_file_write(fd, l, as);
	saved = errno;
	secret_wipe(l->text);
	close(fd);
	if (ok && (rename(f->fresh, f->path) != 0 || fsync(f->dir_fd) != 0)) {
		saved = errno;
		ok = false;
	}
	if (ok)
		return true;
	unlink(f->fresh);
	errno = saved;
	return vault_file_fail(f, "written", err);
}

bool
vault_file_add(struct vault_file *f, uint8_t id_out[VAULT_KEK_ID_BYTES],
    struct err *err)
{
	struct secret *key = secret_alloc(f->pool, VAULT_KEY_BYTES);
	struct lines l;
	struct digest id;
	struct stat st;
	char *text;

	if (!vault_file_keep(f, NULL, &l, &st, err))
		return false;
	if (l.count == VAULT_MOST_KEKS)
		return err_set(err, ERR_CONFLICT, "The key file %s holds %d keys, "
		    "as many as it can. Drop one first: hawser keys list says "
		    "which are not used any more.", f->path, VAULT_MOST_KEKS);
	digest_random(secret_bytes(key), VAULT_KEY_BYTES);
	id = digest_sha256(secret_peek(key), VAULT_KEY_BYTES);
	text = digest_base64url(f->pool, secret_peek(key), VAULT_KEY_BYTES);
	secret_wipe(key);
	vault_file_put_line(&l, text, VAULT_KEY_TEXT_BYTES);
	digest_wipe(text, VAULT_KEY_TEXT_BYTES);
	memcpy(id_out, id.bytes, VAULT_KEK_ID_BYTES);
	return vault_file_replace(f, &l, &st, err);
}

bool
vault_file_remove(struct vault_file *f, const uint8_t id[VAULT_KEK_ID_BYTES],
    struct err *err)
{
	struct lines l;
	struct stat st;

	if (!vault_file_keep(f, id, &l, &st, err))
		return false;
	if (l.count == 0)
		return err_set(err, ERR_CONFLICT, "It is the only key of the key "
		    "file %s.", f->path);
	return vault_file_replace(f, &l, &st, err);
}
