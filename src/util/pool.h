#ifndef HAWSER_UTIL_POOL_H
#define HAWSER_UTIL_POOL_H
/*
 * Memory with a named lifetime. Every unit of work (a request, a job, a sync
 * run) owns one pool; a child pool serves one item of a loop and is reset for
 * the next. Allocation never fails (out of memory is die()) and is zeroed.
 *
 *	struct pool *p = pool_new(NULL);
 *	... pool_alloc(p, n) ...
 *	pool_free(p);		children first, adopted objects in reverse order
 *
 * Transactions, locks and leases are never left to a pool.
 */
#include <stddef.h>

struct pool;

/* A pool; with a parent it dies with the parent at the latest. */
struct pool *pool_new(struct pool *parent);
/* From now on what lay in it, and in its later children, is wiped when it is
 * given back: for what people type. */
void pool_clean(struct pool *pool);
/* Forgets everything inside (children too), keeps the pool for reuse. */
void pool_reset(struct pool *pool);
void pool_free(struct pool *pool);

void *pool_alloc(struct pool *pool, size_t bytes);
/* n elements of size bytes each; an overflowing product is die(). */
void *pool_array(struct pool *pool, size_t count, size_t bytes);
/* A grown copy of an array: old_count elements are kept, the rest is zero. */
void *pool_grow(struct pool *pool, const void *old, size_t old_count,
    size_t new_count, size_t bytes);
void *pool_memdup(struct pool *pool, const void *src, size_t bytes);
/* NULL in, NULL out. */
char *pool_strdup(struct pool *pool, const char *src);
char *pool_strndup(struct pool *pool, const char *src, size_t bytes);
char *pool_printf(struct pool *pool, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Runs release(obj) at reset or free, newest first. */
void pool_adopt(struct pool *pool, void *obj, void (*release)(void *));
/* Bytes handed out since the last reset, children not counted. */
size_t pool_used_bytes(const struct pool *pool);

#define POOL_NEW(pool, type) ((type *)pool_alloc((pool), sizeof(type)))
/* For a process that works on one thing after the other: what is given back is
 * kept for what comes next, as fresh pages cost more than the work on them. */
void pool_keep_memory(void);
#endif
