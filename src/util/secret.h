#ifndef HAWSER_UTIL_SECRET_H
#define HAWSER_UTIL_SECRET_H
/*
 * Bytes nobody may print. The struct is opaque, has no format and lives in
 * pages that are locked and kept out of core dumps; it is wiped when its pool
 * lets go. Only vault, and one call above it, look inside.
 */
#include <stddef.h>
#include <stdbool.h>
#include "util/pool.h"
#include "util/err.h"

struct secret;

struct secret *secret_new(struct pool *pool, const void *bytes, size_t len);
/* Room for len bytes, filled by the caller through secret_bytes. */
struct secret *secret_alloc(struct pool *pool, size_t len);
const void *secret_peek(const struct secret *s);	/* NUL-terminated */
void *secret_bytes(struct secret *s);
size_t secret_len(const struct secret *s);
void secret_wipe(struct secret *s);

/* May somebody read it who should not? Readable by its owner alone is fine, and
 * so is a file of root's that was handed to a group of its own. */
struct stat;
bool secret_mode_open(const struct stat *st);
/* A whole small file (at most 64 KiB); one trailing newline is dropped. */
ERR_CHECKED bool secret_read_file(struct pool *pool, const char *path,
    struct secret **out, struct err *err);
/* The same from a descriptor (--password-stdin). */
ERR_CHECKED bool secret_read_fd(struct pool *pool, int fd,
    struct secret **out, struct err *err);
#endif
