#ifndef HAWSER_VAULT_VAULT_H
#define HAWSER_VAULT_VAULT_H
/*
 * Seals and opens credentials. Pure towards the database: the caller brings
 * the wrapped organisation key and takes the envelope.
 *
 *	key file (KEK) --wraps--> data key of an organisation --seals--> credential
 *
 * Envelope: version(1) alg(1) key id(8) nonce(12) ciphertext tag(16), AES-256-GCM.
 * AAD: version, org, table tag, row id, field tag, key id, fixed width; so an
 * envelope moved to another row, field or organisation does not open, and a
 * failure is an integrity event (ERR_INTERNAL), never retried.
 */
#include <stdint.h>
#include "util/err.h"
#include "util/pool.h"
#include "util/secret.h"

#define VAULT_KEK_ID_BYTES 8
#define VAULT_OVERHEAD_BYTES (1 + 1 + 8 + 12 + 16)

struct vault;

/* Where a ciphertext belongs; all of it is authenticated. */
struct vault_place {
	uint64_t org_id;
	char table[4];		/* "cred", "dkey" */
	uint64_t row_id;
	uint8_t field;
};

struct vault_blob { uint8_t *data; size_t len; };

/* Reads the key file: 32 bytes in base64url a line, at most 16 lines. All of
 * them unwrap; which one wraps is the caller's to say. Refused when others may
 * read it. */
ERR_CHECKED bool vault_open(struct pool *pool, const char *kek_file,
    struct vault **out, struct err *err);
/* Its keys in the order of the lines, by id: the first 8 bytes of the SHA-256. */
size_t vault_kek_count(const struct vault *v);
const uint8_t *vault_kek_id(const struct vault *v, size_t i);
bool vault_has(const struct vault *v, const uint8_t *kek_id);

/* A fresh organisation key, wrapped; one wrapped anew by another key; and one
 * made usable (ERR_NOT_FOUND: the key file does not hold the wrapping key). */
ERR_CHECKED bool vault_key_new(struct vault *v, const uint8_t *kek_id,
    struct pool *pool, uint64_t org_id, struct vault_blob *wrapped_out,
    struct err *err);
ERR_CHECKED bool vault_key_rewrap(struct vault *v, const uint8_t *kek_id,
    struct pool *pool, uint64_t org_id, const void *wrapped,
    size_t wrapped_len, struct vault_blob *out, struct err *err);

struct vault_key;			/* an unwrapped organisation key */
ERR_CHECKED bool vault_key_open(struct vault *v, struct pool *pool,
    uint64_t org_id, uint64_t key_id, const void *wrapped, size_t wrapped_len,
    struct vault_key **out, struct err *err);

ERR_CHECKED bool vault_seal(const struct vault_key *key, struct pool *pool,
    const struct vault_place *place, const struct secret *plain,
    struct vault_blob *out, struct err *err);
ERR_CHECKED bool vault_unseal(const struct vault_key *key, struct pool *pool,
    const struct vault_place *place, const void *envelope, size_t len,
    struct secret **out, struct err *err);
#endif
