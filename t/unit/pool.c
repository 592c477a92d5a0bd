/* Lifetimes end in the right order, sizes cannot overflow, memory is zero. */
#include "t/dies.h"
#include "t/tap.h"
#include "util/pool.h"
#include "util/banned.h"

static struct pool *pool;
static char order[64];
static size_t order_len;

static void
release(void *obj)
{
	order[order_len++] = *(char *)obj;
	order[order_len] = '\0';
}

static void
adopt(struct pool *p, char letter)
{
	pool_adopt(p, pool_memdup(p, &letter, 1), release);
}

static void huge_array(void) { pool_array(pool, SIZE_MAX / 2 + 1, 2); }
static void huge_alloc(void) { pool_alloc(pool, SIZE_MAX); }
static void huge_grow(void) { pool_grow(pool, NULL, 0, SIZE_MAX / 4 + 1, 4); }
static void shrink(void) { pool_grow(pool, "abc", 3, 2, 1); }

static bool
all_zero(const unsigned char *p, size_t n)
{
	while (n-- > 0)
		if (*p++ != 0)
			return false;
	return true;
}

static void
test_lifetimes(void)
{
	struct pool *p = pool_new(NULL), *child = pool_new(p), *grandchild;

	adopt(p, 'a');
	adopt(p, 'b');
	adopt(child, 'c');
	grandchild = pool_new(child);
	adopt(grandchild, 'd');
	pool_reset(p);
	is_text(order, "dcba", "children first, then newest first");
	order_len = 0;
	adopt(p, 'x');
	child = pool_new(p);
	adopt(pool_new(p), 'y');
	pool_free(child);
	ok(order_len == 0, "a child freed early releases nothing else");
	pool_reset(p);
	pool_reset(p);
	is_text(order, "yx", "a second reset releases nothing again");
	pool_free(p);
	pool_free(NULL);
}

static void
test_siblings(void)
{
	struct pool *p = pool_new(NULL), *kids[3];
	int first, i;

	for (first = 0; first < 3; first++) {
		for (i = 0; i < 3; i++)
			kids[i] = pool_new(p);
		for (i = 0; i < 3; i++)
			pool_free(kids[(first + i) % 3]);
	}
	pool_alloc(p, 1);
	pool_free(p);
	ok(true, "children may be freed in any order");
}

static void
test_memory(void)
{
	struct pool *p = pool_new(NULL);
	bool zero = true, aligned = true;
	unsigned char *at;
	int round, i;

	for (round = 0; round < 3; round++) {
		for (i = 0; i < 300; i++) {
			at = pool_alloc(p, (size_t)i * 7);
			zero = zero && all_zero(at, (size_t)i * 7);
			aligned = aligned && (uintptr_t)at % 16 == 0;
			memset(at, 0xee, (size_t)i * 7);
		}
		pool_reset(p);
	}
	ok(zero, "memory is zero, also after a reset");
	ok(aligned, "memory is aligned to 16 bytes");
	is_int(pool_used_bytes(p), 0, "nothing is used after a reset");
	pool_alloc(p, 10);
	pool_alloc(p, 100000);
	pool_alloc(pool_new(p), 50);
	is_int(pool_used_bytes(p), 100010, "children are not counted");
	ok(pool_alloc(p, 0) != pool_alloc(p, 0), "empty ones are distinct");
	pool_free(p);
}

static void
test_grow(void)
{
	int *a = pool_array(pool, 2, sizeof(*a)), *b;

	a[0] = 7;
	a[1] = 8;
	b = pool_grow(pool, a, 2, 5, sizeof(*b));
	ok(b[0] == 7 && b[1] == 8 && b[2] == 0 && b[4] == 0,
	    "growth keeps the old and zeroes the new");
	b = pool_grow(pool, NULL, 0, 3, sizeof(*b));
	ok(b[0] == 0 && b[2] == 0, "growth from nothing");
}

static void
test_strings(void)
{
	const char unterminated[3] = { 'a', 'b', 'c' };
	char *big;

	is_text(pool_strdup(pool, NULL), NULL, "NULL in, NULL out");
	is_text(pool_strndup(pool, NULL, 3), NULL, "NULL in, NULL out, again");
	is_text(pool_strdup(pool, ""), "", "an empty copy");
	is_text(pool_strndup(pool, unterminated, 3), "abc",
	    "bytes without a NUL");
	is_text(pool_strndup(pool, "ab\0cd", 5), "ab", "up to the first NUL");
	is_text(pool_printf(pool, "%s-%d", "x", 42), "x-42", "printf");
	big = pool_printf(pool, "%0*d", 100000, 1);
	is_int(strlen(big), 100000, "a large printf");
	ok(big[99999] == '1', "with its end");
}

int
main(void)
{
	pool = pool_new(NULL);
	test_lifetimes();
	test_siblings();
	test_memory();
	test_grow();
	test_strings();
	ok(dies(huge_array), "an overflowing array ends the process");
	ok(dies(huge_alloc), "so does a size nobody has");
	ok(dies(huge_grow), "and an overflowing growth");
	ok(dies(shrink), "and an array that would shrink");
	pool_free(pool);
	return done();
}
