#ifndef HAWSER_UTIL_DIGEST_H
#define HAWSER_UTIL_DIGEST_H
/* Hashes, random bytes and their spellings (GnuTLS). Failures of the library
 * are broken invariants: die(). */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "util/pool.h"

#define DIGEST_BYTES 32

struct digest { uint8_t bytes[DIGEST_BYTES]; };	/* SHA-256 */

struct digest digest_sha256(const void *data, size_t len);
struct digest digest_hmac(const void *key, size_t key_len,
    const void *data, size_t len);
bool digest_eq(const struct digest *a, const struct digest *b);
/* Order for qsort and bsearch. */
int digest_cmp(const void *a, const void *b);
bool digest_is_zero(const struct digest *d);

/* Streaming SHA-256. */
struct digest_ctx;
struct digest_ctx *digest_open(struct pool *pool);
void digest_update(struct digest_ctx *ctx, const void *data, size_t len);
struct digest digest_finish(struct digest_ctx *ctx);

void digest_random(void *out, size_t len);
/* Constant time in len. */
bool digest_mem_eq(const void *a, const void *b, size_t len);
void digest_wipe(void *p, size_t len);

char *digest_hex(struct pool *pool, const void *data, size_t len);
bool digest_unhex(const char *hex, void *out, size_t len);	/* exactly len */
/* base64url without padding, RFC 4648 section 5. */
char *digest_base64url(struct pool *pool, const void *data, size_t len);
bool digest_unbase64url(const char *text, void *out, size_t max,
    size_t *len_out);
#endif
