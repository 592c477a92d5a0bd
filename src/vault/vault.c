/*
 * AES-256-GCM envelopes on GnuTLS and the keys that seal them. Knows nothing of
 * the database, and of what a credential is good for.
 */
#include <errno.h>
#include <fcntl.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/digest.h"
#include "vault/vault_p.h"
#include "util/banned.h"

#define VAULT_VERSION 1
#define VAULT_AES_256_GCM 1

#define VAULT_NONCE_BYTES 12
#define VAULT_TAG_BYTES 16
#define VAULT_HEAD_BYTES (1 + 1 + 8 + VAULT_NONCE_BYTES)
#define VAULT_AAD_BYTES (1 + 8 + 4 + 8 + 1 + 8)
#define VAULT_MOST_PLAIN_BYTES 4000

static const char LACKING[] = "The key file lacks the key that wraps this "
    "organisation's secrets; put it back as a further line of the key file.";

struct vault_kek {
	uint8_t id[VAULT_KEK_ID_BYTES];
	const struct secret *bytes;
};

struct vault {
	struct vault_kek keks[VAULT_MOST_KEKS];	/* the first one wraps */
	size_t kek_count;
};

struct vault_key {
	uint8_t id[8];			/* big-endian, as it stands in envelopes */
	const struct secret *bytes;
};

static void
vault_put_u64(uint8_t out[8], uint64_t n)
{
	int i;

	for (i = 7; i >= 0; i--, n >>= 8)
		out[i] = (uint8_t)n;
}

static void
vault_aad(const struct vault_place *place, const uint8_t key_id[8],
    uint8_t out[VAULT_AAD_BYTES])
{
	out[0] = VAULT_VERSION;
	vault_put_u64(out + 1, place->org_id);
	memcpy(out + 9, place->table, 4);
	vault_put_u64(out + 13, place->row_id);
	out[21] = place->field;
	memcpy(out + 22, key_id, 8);
}

static gnutls_aead_cipher_hd_t
vault_cipher(const struct secret *key)
{
	gnutls_aead_cipher_hd_t cipher;
	gnutls_datum_t datum = {
		(unsigned char *)(uintptr_t)secret_peek(key), VAULT_KEY_BYTES,
	};
	int rc;

	if (secret_len(key) != VAULT_KEY_BYTES)
		die("a key of %zu bytes", secret_len(key));
	rc = gnutls_aead_cipher_init(&cipher, GNUTLS_CIPHER_AES_256_GCM, &datum);
	if (rc < 0)
		die("AES-256-GCM failed: %s", gnutls_strerror(rc));
	return cipher;
}

static bool
vault_encrypt(const struct secret *key, const uint8_t key_id[8],
    struct pool *pool, const struct vault_place *place,
    const struct secret *plain, struct vault_blob *out, struct err *err)
{
	size_t len = secret_len(plain), sealed = len + VAULT_TAG_BYTES;
	uint8_t aad[VAULT_AAD_BYTES], *to;
	gnutls_aead_cipher_hd_t cipher;
	int rc;

	if (len == 0 || len > VAULT_MOST_PLAIN_BYTES)
		return err_set(err, ERR_INPUT,
		    "A password has 1 to %d bytes.", VAULT_MOST_PLAIN_BYTES);
	to = pool_alloc(pool, VAULT_HEAD_BYTES + sealed);
	to[0] = VAULT_VERSION;
	to[1] = VAULT_AES_256_GCM;
	memcpy(to + 2, key_id, 8);
	digest_random(to + 10, VAULT_NONCE_BYTES);
	vault_aad(place, key_id, aad);

	cipher = vault_cipher(key);
	rc = gnutls_aead_cipher_encrypt(cipher, to + 10, VAULT_NONCE_BYTES,
	    aad, sizeof(aad), VAULT_TAG_BYTES, secret_peek(plain), len,
	    to + VAULT_HEAD_BYTES, &sealed);
	gnutls_aead_cipher_deinit(cipher);
	if (rc < 0)
		die("AES-256-GCM failed: %s", gnutls_strerror(rc));
	*out = (struct vault_blob){ to, VAULT_HEAD_BYTES + sealed };
	return true;
}

/* One answer for every way to be wrong. */
static bool
vault_refuse(struct err *err)
{
	return err_set_scope(err, ERR_INTERNAL, ERR_CONNECTION,
	    "A stored secret does not open: it was changed, cut or moved.");
}

static bool
vault_decrypt(const struct secret *key, const uint8_t key_id[8],
    struct pool *pool, const struct vault_place *place,
    const uint8_t *envelope, size_t len, struct secret **out, struct err *err)
{
	uint8_t aad[VAULT_AAD_BYTES];
	gnutls_aead_cipher_hd_t cipher;
	struct secret *plain;
	size_t got;
	int rc;

	if (len <= VAULT_OVERHEAD_BYTES ||
	    len > VAULT_OVERHEAD_BYTES + VAULT_MOST_PLAIN_BYTES ||
	    envelope[0] != VAULT_VERSION || envelope[1] != VAULT_AES_256_GCM ||
	    memcmp(envelope + 2, key_id, 8) != 0)
		return vault_refuse(err);
	got = len - VAULT_OVERHEAD_BYTES;
	plain = secret_alloc(pool, got);
	vault_aad(place, key_id, aad);

	cipher = vault_cipher(key);
	rc = gnutls_aead_cipher_decrypt(cipher, envelope + 10,
	    VAULT_NONCE_BYTES, aad, sizeof(aad), VAULT_TAG_BYTES,
	    envelope + VAULT_HEAD_BYTES, len - VAULT_HEAD_BYTES,
	    secret_bytes(plain), &got);
	gnutls_aead_cipher_deinit(cipher);
	if (rc < 0 || got != len - VAULT_OVERHEAD_BYTES) {
		secret_wipe(plain);
		return vault_refuse(err);
	}
	*out = plain;
	return true;
}

/* ---- the key file ---- */

bool
vault_line(struct pool *pool, const char *line, size_t len,
    uint8_t id_out[VAULT_KEK_ID_BYTES], struct secret **out)
{
	struct secret *text = secret_new(pool, line, len);
	struct secret *bytes = secret_alloc(pool, VAULT_KEY_BYTES);
	struct digest id;
	size_t got = 0;
	bool ok = len == VAULT_KEY_TEXT_BYTES &&
	    digest_unbase64url(secret_peek(text), secret_bytes(bytes),
	    VAULT_KEY_BYTES, &got) && got == VAULT_KEY_BYTES;

	secret_wipe(text);
	id = digest_sha256(secret_peek(bytes), VAULT_KEY_BYTES);
	memcpy(id_out, id.bytes, VAULT_KEK_ID_BYTES);
	*out = bytes;
	return ok;
}

static bool
vault_add_kek(struct vault *v, struct pool *pool, const char *line, size_t len,
    const char *path, size_t number, struct err *err)
{
	struct vault_kek kek;
	struct secret *bytes;

	if (!vault_line(pool, line, len, kek.id, &bytes))
		return err_set(err, ERR_INPUT, "Line %zu of the key file %s is "
		    "not 32 bytes in base64url (43 characters).", number, path);
	if (v->kek_count == VAULT_MOST_KEKS)
		return err_set(err, ERR_INPUT,
		    "The key file %s holds more than %d keys.", path,
		    VAULT_MOST_KEKS);
	kek.bytes = bytes;
	v->keks[v->kek_count++] = kek;
	return true;
}

static bool
vault_parse(struct vault *v, struct pool *pool, const struct secret *file,
    const char *path, struct err *err)
{
	const char *at = secret_peek(file), *end = at + secret_len(file);
	size_t number = 0, len;

	while (at < end) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));

		len = (size_t)((stop != NULL ? stop : end) - at);
		number++;
		if (len > 0 && !vault_add_kek(v, pool, at, len, path, number,
		    err))
			return false;
		at += len + 1;
	}
	if (v->kek_count == 0)
		return err_set(err, ERR_INPUT, "The key file %s holds no key.",
		    path);
	return true;
}

/* Nobody else may read it; asked of the open file, not of its name. */
static bool
vault_check_mode(int fd, const char *path, struct stat *st, struct err *err)
{
	if (fstat(fd, st) != 0)
		return err_set(err, ERR_INPUT, "Cannot read the key file %s: %s.",
		    path, strerror(errno));
	if (!S_ISREG(st->st_mode))
		return err_set(err, ERR_INPUT, "The key file %s is not a file.",
		    path);
	if (secret_mode_open(st))
		return err_set(err, ERR_INPUT, "The key file %s may be read by "
		    "others; run: chmod 0600 %s", path, path);
	return true;
}

bool
vault_read_file(struct pool *pool, const char *kek_file, struct secret **out,
    struct stat *st_out, struct err *err)
{
	int fd;
	bool ok;

	if (kek_file == NULL || *kek_file == '\0')
		return err_set(err, ERR_INPUT, "No key file is configured; "
		    "set kek_file in [keys].");
	fd = open(kek_file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return err_set(err, ERR_INPUT, "Cannot open the key file %s: %s.",
		    kek_file, strerror(errno));
	ok = vault_check_mode(fd, kek_file, st_out, err);
	if (ok && !secret_read_fd(pool, fd, out, err))
		ok = err_add(err, "key file %s", kek_file);
	close(fd);
	return ok;
}

bool
vault_open(struct pool *pool, const char *kek_file, struct vault **out,
    struct err *err)
{
	struct vault *v = POOL_NEW(pool, struct vault);
	struct secret *file;
	struct stat st;
	bool ok;

	if (!vault_read_file(pool, kek_file, &file, &st, err))
		return false;
	ok = vault_parse(v, pool, file, kek_file, err);
	secret_wipe(file);
	if (ok)
		*out = v;
	return ok;
}

size_t
vault_kek_count(const struct vault *v)
{
	return v->kek_count;
}

const uint8_t *
vault_kek_id(const struct vault *v, size_t i)
{
	return v->keks[i].id;
}

static const struct vault_kek *
vault_find_kek(const struct vault *v, const uint8_t *id)
{
	size_t i;

	for (i = 0; i < v->kek_count; i++)
		if (memcmp(v->keks[i].id, id, VAULT_KEK_ID_BYTES) == 0)
			return &v->keks[i];
	return NULL;
}

bool
vault_has(const struct vault *v, const uint8_t *kek_id)
{
	return vault_find_kek(v, kek_id) != NULL;
}

/* ---- keys of organisations ---- */

/* The row's id is not known when the key is wrapped, so it stays 0. */
static struct vault_place
vault_key_place(uint64_t org_id)
{
	return (struct vault_place){ org_id, "dkey", 0, 0 };
}

static bool
vault_wrap(const struct vault *v, const uint8_t *kek_id, struct pool *pool,
    uint64_t org_id, struct secret *key, struct vault_blob *out,
    struct err *err)
{
	struct vault_place place = vault_key_place(org_id);
	const struct vault_kek *kek = vault_find_kek(v, kek_id);
	bool ok = kek != NULL ? vault_encrypt(kek->bytes, kek->id, pool, &place,
	    key, out, err) : err_set(err, ERR_NOT_FOUND, "%s", LACKING);

	secret_wipe(key);
	return ok;
}

bool
vault_key_new(struct vault *v, const uint8_t *kek_id, struct pool *pool,
    uint64_t org_id, struct vault_blob *wrapped_out, struct err *err)
{
	struct secret *key = secret_alloc(pool, VAULT_KEY_BYTES);

	digest_random(secret_bytes(key), VAULT_KEY_BYTES);
	return vault_wrap(v, kek_id, pool, org_id, key, wrapped_out, err);
}

static bool
vault_unwrap(const struct vault *v, struct pool *pool, uint64_t org_id,
    const void *wrapped, size_t wrapped_len, struct secret **out,
    struct err *err)
{
	struct vault_place place = vault_key_place(org_id);
	const struct vault_kek *kek;

	if (wrapped_len != VAULT_OVERHEAD_BYTES + VAULT_KEY_BYTES)
		return vault_refuse(err);
	kek = vault_find_kek(v, (const uint8_t *)wrapped + 2);
	if (kek == NULL)
		return err_set(err, ERR_NOT_FOUND, "%s", LACKING);
	return vault_decrypt(kek->bytes, kek->id, pool, &place, wrapped,
	    wrapped_len, out, err);
}

bool
vault_key_rewrap(struct vault *v, const uint8_t *kek_id, struct pool *pool,
    uint64_t org_id, const void *wrapped, size_t wrapped_len,
    struct vault_blob *out, struct err *err)
{
	struct secret *key;

	return vault_unwrap(v, pool, org_id, wrapped, wrapped_len, &key, err) &&
	    vault_wrap(v, kek_id, pool, org_id, key, out, err);
}

bool
vault_key_open(struct vault *v, struct pool *pool, uint64_t org_id,
    uint64_t key_id, const void *wrapped, size_t wrapped_len,
    struct vault_key **out, struct err *err)
{
	struct vault_key *key = POOL_NEW(pool, struct vault_key);
	struct secret *bytes;

	if (!vault_unwrap(v, pool, org_id, wrapped, wrapped_len, &bytes, err))
		return false;
	vault_put_u64(key->id, key_id);
	key->bytes = bytes;
	*out = key;
	return true;
}

bool
vault_seal(const struct vault_key *key, struct pool *pool,
    const struct vault_place *place, const struct secret *plain,
    struct vault_blob *out, struct err *err)
{
	return vault_encrypt(key->bytes, key->id, pool, place, plain, out, err);
}

bool
vault_unseal(const struct vault_key *key, struct pool *pool,
    const struct vault_place *place, const void *envelope, size_t len,
    struct secret **out, struct err *err)
{
	return vault_decrypt(key->bytes, key->id, pool, place, envelope, len,
	    out, err);
}
