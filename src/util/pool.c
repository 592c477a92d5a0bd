/*
 * Memory with a named lifetime: chunks that are given back together. Knows
 * nothing of what lies inside; foreign objects come with their release.
 */
#include <malloc.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/err.h"
#include "util/pool.h"
#include "util/banned.h"

#define POOL_ALIGN 16
#define POOL_MAX_BYTES ((size_t)1 << 40)

/* Under ASan each allocation is a chunk of its own, so that overruns and use
 * after a reset are seen. */
#ifdef __SANITIZE_ADDRESS__
#define POOL_CHUNK_BYTES ((size_t)1)
#define POOL_KEEP 0
#else
#define POOL_CHUNK_BYTES ((size_t)8000)
#define POOL_KEEP 1
#endif

struct chunk {
	struct chunk *next;
	size_t size;
	size_t used;
	size_t pad;
	unsigned char bytes[];
};

struct adopted {
	struct adopted *next;
	void *obj;
	void (*release)(void *);
};

struct pool {
	struct pool *parent;
	struct pool *children;
	struct pool *next, *prev;	/* among the parent's children */
	struct chunk *chunks;		/* newest first; only it is filled */
	struct adopted *adopted;
	size_t used_bytes;
	bool clean;			/* what lay in it is wiped */
};

struct pool *
pool_new(struct pool *parent)
{
	struct pool *pool = calloc(1, sizeof(*pool));

	if (pool == NULL)
		die("out of memory: a pool");
	pool->parent = parent;
	if (parent != NULL) {
		pool->next = parent->children;
		if (pool->next != NULL)
			pool->next->prev = pool;
		parent->children = pool;
		pool->clean = parent->clean;
	}
	return pool;
}

void
pool_clean(struct pool *pool)
{
	pool->clean = true;
}

static void
pool_unlink(struct pool *pool)
{
	if (pool->prev != NULL)
		pool->prev->next = pool->next;
	else if (pool->parent != NULL)
		pool->parent->children = pool->next;
	if (pool->next != NULL)
		pool->next->prev = pool->prev;
}

static void
pool_release_all(struct pool *pool)
{
	struct adopted *a;

	while (pool->children != NULL)
		pool_free(pool->children);
	while ((a = pool->adopted) != NULL) {
		pool->adopted = a->next;
		a->release(a->obj);
	}
}

static void
pool_drop_chunks(struct pool *pool, bool keep_one)
{
	struct chunk *c, *next, *kept = NULL;

	for (c = pool->chunks; c != NULL; c = next) {
		next = c->next;
		if (pool->clean)
			explicit_bzero(c->bytes, c->used);
		if (keep_one && kept == NULL && c->size == POOL_CHUNK_BYTES)
			kept = c;
		else
			free(c);
	}
	if (kept != NULL) {
		kept->next = NULL;
		kept->used = 0;
	}
	pool->chunks = kept;
	pool->used_bytes = 0;
}

void
pool_reset(struct pool *pool)
{
	pool_release_all(pool);
	pool_drop_chunks(pool, POOL_KEEP);
}

void
pool_free(struct pool *pool)
{
	if (pool == NULL)
		return;
	pool_release_all(pool);
	pool_drop_chunks(pool, false);
	pool_unlink(pool);
	free(pool);
}

/* A large block goes behind the chunk being filled, so that its room is not
 * lost. */
static struct chunk *
pool_chunk_new(struct pool *pool, size_t bytes)
{
	size_t size = bytes > POOL_CHUNK_BYTES ? bytes : POOL_CHUNK_BYTES;
	struct chunk *c = malloc(sizeof(*c) + size);

	if (c == NULL)
		die("out of memory: %zu bytes", size);
	c->size = size;
	c->used = 0;
	if (size > POOL_CHUNK_BYTES && pool->chunks != NULL) {
		c->next = pool->chunks->next;
		pool->chunks->next = c;
	} else {
		c->next = pool->chunks;
		pool->chunks = c;
	}
	return c;
}

static size_t
pool_round(size_t bytes)
{
	/* Exact under ASan, or the byte after the end would be ours too. */
	if (!POOL_KEEP)
		return bytes == 0 ? 1 : bytes;
	return bytes == 0 ? POOL_ALIGN :
	    (bytes + POOL_ALIGN - 1) & ~(size_t)(POOL_ALIGN - 1);
}

static void *
pool_take(struct pool *pool, size_t bytes)
{
	struct chunk *c = pool->chunks;
	size_t need;
	void *p;

	if (bytes > POOL_MAX_BYTES)
		die("allocation of %zu bytes is beyond reason", bytes);
	need = pool_round(bytes);
	if (c == NULL || c->size - c->used < need)
		c = pool_chunk_new(pool, need);
	p = c->bytes + c->used;
	c->used += need;
	pool->used_bytes += bytes;
	return p;
}

void *
pool_alloc(struct pool *pool, size_t bytes)
{
	void *p = pool_take(pool, bytes);

	memset(p, 0, bytes);
	return p;
}

static size_t
pool_product(size_t count, size_t bytes)
{
	size_t total;

	if (__builtin_mul_overflow(count, bytes, &total))
		die("array of %zu times %zu bytes overflows", count, bytes);
	return total;
}

void *
pool_array(struct pool *pool, size_t count, size_t bytes)
{
	return pool_alloc(pool, pool_product(count, bytes));
}

void *
pool_grow(struct pool *pool, const void *old, size_t old_count,
    size_t new_count, size_t bytes)
{
	size_t total = pool_product(new_count, bytes), kept;
	char *p;

	if (old_count > new_count)
		die("array cannot shrink from %zu to %zu", old_count, new_count);
	kept = old == NULL ? 0 : old_count * bytes;
	p = pool_take(pool, total);
	if (kept > 0)
		memcpy(p, old, kept);
	memset(p + kept, 0, total - kept);
	return p;
}

void *
pool_memdup(struct pool *pool, const void *src, size_t bytes)
{
	void *p = pool_take(pool, bytes);

	if (bytes > 0)
		memcpy(p, src, bytes);
	return p;
}

char *
pool_strndup(struct pool *pool, const char *src, size_t bytes)
{
	size_t len;
	char *p;

	if (src == NULL)
		return NULL;
	len = strnlen(src, bytes);
	p = pool_take(pool, len + 1);
	memcpy(p, src, len);
	p[len] = '\0';
	return p;
}

char *
pool_strdup(struct pool *pool, const char *src)
{
	return src == NULL ? NULL : pool_memdup(pool, src, strlen(src) + 1);
}

char *
pool_printf(struct pool *pool, const char *fmt, ...)
{
	char small[256];	/* most fit: printed once, not twice */
	va_list ap;
	char *p;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(small, sizeof(small), fmt, ap);
	va_end(ap);
	if (len < 0)
		die("format '%s' cannot be printed", fmt);
	if ((size_t)len < sizeof(small)) {
		p = pool_memdup(pool, small, (size_t)len + 1);
		if (pool->clean)
			explicit_bzero(small, (size_t)len);
		return p;
	}
	p = pool_take(pool, (size_t)len + 1);
	va_start(ap, fmt);
	vsnprintf(p, (size_t)len + 1, fmt, ap);
	va_end(ap);
	return p;
}

void
pool_adopt(struct pool *pool, void *obj, void (*release)(void *))
{
	struct adopted *a = POOL_NEW(pool, struct adopted);

	a->obj = obj;
	a->release = release;
	a->next = pool->adopted;
	pool->adopted = a;
}

size_t
pool_used_bytes(const struct pool *pool)
{
	return pool->used_bytes;
}

void
pool_keep_memory(void)
{
	mallopt(M_MMAP_THRESHOLD, 16 << 20);
	mallopt(M_TRIM_THRESHOLD, 32 << 20);
}
