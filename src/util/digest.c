/*
 * Hashes, random bytes and their spellings on GnuTLS. Knows nothing of keys,
 * tokens or what the bytes mean.
 */
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <string.h>

#include "util/digest.h"
#include "util/err.h"
#include "util/banned.h"

struct digest_ctx {
	gnutls_hash_hd_t handle;	/* NULL after finish */
};

static void
digest_check(int rc, const char *what)
{
	if (rc < 0)
		die("%s failed: %s", what, gnutls_strerror(rc));
}

struct digest
digest_sha256(const void *data, size_t len)
{
	struct digest d;

	digest_check(gnutls_hash_fast(GNUTLS_DIG_SHA256, len > 0 ? data : "",
	    len, d.bytes), "SHA-256");
	return d;
}

struct digest
digest_hmac(const void *key, size_t key_len, const void *data, size_t len)
{
	struct digest d;

	digest_check(gnutls_hmac_fast(GNUTLS_MAC_SHA256,
	    key_len > 0 ? key : "", key_len, len > 0 ? data : "", len,
	    d.bytes), "HMAC");
	return d;
}

bool
digest_eq(const struct digest *a, const struct digest *b)
{
	return digest_mem_eq(a->bytes, b->bytes, DIGEST_BYTES);
}

int
digest_cmp(const void *a, const void *b)
{
	return memcmp(((const struct digest *)a)->bytes,
	    ((const struct digest *)b)->bytes, DIGEST_BYTES);
}

bool
digest_is_zero(const struct digest *d)
{
	static const struct digest zero;

	return digest_eq(d, &zero);
}

static void
digest_release(void *obj)
{
	struct digest_ctx *ctx = obj;

	if (ctx->handle != NULL)
		gnutls_hash_deinit(ctx->handle, NULL);
	ctx->handle = NULL;
}

struct digest_ctx *
digest_open(struct pool *pool)
{
	struct digest_ctx *ctx = POOL_NEW(pool, struct digest_ctx);

	digest_check(gnutls_hash_init(&ctx->handle, GNUTLS_DIG_SHA256),
	    "SHA-256");
	pool_adopt(pool, ctx, digest_release);
	return ctx;
}

void
digest_update(struct digest_ctx *ctx, const void *data, size_t len)
{
	if (ctx->handle == NULL)
		die("digest_update after digest_finish");
	if (len > 0)
		digest_check(gnutls_hash(ctx->handle, data, len), "SHA-256");
}

struct digest
digest_finish(struct digest_ctx *ctx)
{
	struct digest d;

	if (ctx->handle == NULL)
		die("digest_finish called twice");
	gnutls_hash_deinit(ctx->handle, d.bytes);
	ctx->handle = NULL;
	return d;
}

void
digest_random(void *out, size_t len)
{
	if (len > 0)
		digest_check(gnutls_rnd(GNUTLS_RND_KEY, out, len), "random");
}

bool
digest_mem_eq(const void *a, const void *b, size_t len)
{
	return len == 0 || gnutls_memcmp(a, b, len) == 0;
}

void
digest_wipe(void *p, size_t len)
{
	if (len > 0)
		explicit_bzero(p, len);
}

char *
digest_hex(struct pool *pool, const void *data, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *in = data;
	char *out = pool_array(pool, len + 1, 2);
	size_t i;

	for (i = 0; i < len; i++) {
		out[2 * i] = digits[in[i] >> 4];
		out[2 * i + 1] = digits[in[i] & 15];
	}
	return out;
}

static int
digest_hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool
digest_unhex(const char *hex, void *out, size_t len)
{
	uint8_t *to = out;
	size_t i;

	if (hex == NULL)
		return false;
	for (i = 0; i < len; i++) {
		int high = digest_hex_value(hex[2 * i]), low;

		if (high < 0 || (low = digest_hex_value(hex[2 * i + 1])) < 0)
			return false;
		to[i] = (uint8_t)(high << 4 | low);
	}
	return hex[2 * len] == '\0';
}

static const char digest_alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

char *
digest_base64url(struct pool *pool, const void *data, size_t len)
{
	const uint8_t *in = data;
	char *out = pool_array(pool, len / 3 + 2, 4), *p = out;
	uint32_t bits = 0;
	int have = 0;
	size_t i;

	for (i = 0; i < len; i++) {
		bits = bits << 8 | in[i];
		for (have += 8; have >= 6; have -= 6)
			*p++ = digest_alphabet[bits >> (have - 6) & 63];
	}
	if (have > 0)
		*p++ = digest_alphabet[bits << (6 - have) & 63];
	*p = '\0';
	return out;
}

bool
digest_unbase64url(const char *text, void *out, size_t max, size_t *len_out)
{
	uint8_t *to = out;
	uint32_t bits = 0;
	int have = 0;
	size_t len = 0;
	const char *at;

	if (text == NULL || strlen(text) % 4 == 1)
		return false;
	for (; *text != '\0'; text++) {
		if ((at = strchr(digest_alphabet, *text)) == NULL)
			return false;
		bits = bits << 6 | (uint32_t)(at - digest_alphabet);
		if ((have += 6) < 8)
			continue;
		if (len == max)
			return false;
		have -= 8;
		to[len++] = (uint8_t)(bits >> have);
	}
	/* One value, one spelling: left-over bits must be zero. */
	if ((bits & ((1u << have) - 1)) != 0)
		return false;
	*len_out = len;
	return true;
}
