/* Envelopes open only where they were sealed, with the key they were sealed
 * with, and whole. */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "t/tap.h"
#include "util/digest.h"
#include "vault/vault.h"
#include "util/banned.h"

#define ORG 7
#define KEY 3

static struct pool *pool;
static char dir[] = "/tmp/hawser-vault-XXXXXX";

static char *
key_line(void)
{
	uint8_t bytes[32];

	digest_random(bytes, sizeof(bytes));
	return digest_base64url(pool, bytes, sizeof(bytes));
}

static const char *
write_file(const char *name, const char *text, mode_t mode)
{
	char *path = pool_printf(pool, "%s/%s", dir, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text) ||
	    fchmod(fd, mode) != 0)
		die("cannot write %s", path);
	close(fd);
	return path;
}

static struct vault *
vault_of(const char *name, const char *text)
{
	struct vault *v = NULL;
	struct err err = { 0 };

	if (!vault_open(pool, write_file(name, text, 0600), &v, &err))
		die("%s: %s", name, err.msg);
	return v;
}

static struct vault_blob
new_key(struct vault *v, uint64_t org)
{
	struct vault_blob wrapped = { 0 };
	struct err err = { 0 };

	if (!vault_key_new(v, vault_kek_id(v, 0), pool, org, &wrapped, &err))
		die("%s", err.msg);
	return wrapped;
}

static struct vault_key *
open_key(struct vault *v, uint64_t org, uint64_t id, struct vault_blob wrapped)
{
	struct vault_key *key = NULL;
	struct err err = { 0 };

	if (!vault_key_open(v, pool, org, id, wrapped.data, wrapped.len, &key,
	    &err))
		die("%s", err.msg);
	return key;
}

static enum err_kind
file_kind(const char *path, const char *wanted_words)
{
	struct vault *v = NULL;
	struct err err = { 0 };

	if (vault_open(pool, path, &v, &err))
		return ERR_NONE;
	ok(strstr(err.msg, wanted_words) != NULL, "it says \"%s\": %s",
	    wanted_words, err.msg);
	return err.kind;
}

static void
test_files(void)
{
	char *line = key_line(), *text;
	int i;

	is_int(file_kind(pool_printf(pool, "%s/none", dir), "Cannot open"),
	    ERR_INPUT, "a missing key file");
	is_int(file_kind(dir, "not a file"), ERR_INPUT, "a folder");
	is_int(file_kind(write_file("m1", line, 0640), "chmod 0600"), ERR_INPUT,
	    "a file its group may read");
	if (geteuid() == 0) {
		const char *handed = write_file("m4", line, 0640);

		ok(chown(handed, 0, 1) == 0 &&
		    file_kind(handed, "") == ERR_NONE,
		    "a file of root's that was handed to a group");
		ok(chmod(handed, 0660) == 0, "which may write it");
		is_int(file_kind(handed, "chmod 0600"), ERR_INPUT, "is refused");
	}
	is_int(file_kind(write_file("m2", line, 0604), "chmod 0600"), ERR_INPUT,
	    "a file others may read");
	is_int(file_kind(write_file("m3", line, 0620), "chmod 0600"), ERR_INPUT,
	    "a file its group may write");
	is_int(file_kind(write_file("m4", line, 0400), ""), ERR_NONE,
	    "a read-only file is fine");
	is_int(file_kind(write_file("e", "", 0600), "empty"), ERR_INPUT,
	    "an empty file");
	is_int(file_kind(write_file("n", "\n\n", 0600), "no key"), ERR_INPUT,
	    "empty lines only");
	is_int(file_kind(write_file("s", "c2hvcnQ", 0600), "Line 1"), ERR_INPUT,
	    "a short key");
	is_int(file_kind(write_file("l", pool_printf(pool, "%sAA", line), 0600),
	    "Line 1"), ERR_INPUT, "a long key");
	is_int(file_kind(write_file("b", pool_printf(pool, "%s\n%.42s!\n", line,
	    line), 0600), "Line 2"), ERR_INPUT, "a bad second line");
	text = pool_strdup(pool, "");
	for (i = 0; i < 17; i++)
		text = pool_printf(pool, "%s%s\n", text, key_line());
	is_int(file_kind(write_file("x", text, 0600), "more than"), ERR_INPUT,
	    "seventeen keys");
}

static bool
opens(const struct vault_key *key, struct vault_place place, const void *data,
    size_t len, const char *wanted)
{
	struct secret *plain = NULL;
	struct err err = { 0 };

	if (!vault_unseal(key, pool, &place, data, len, &plain, &err)) {
		if (err.kind != ERR_INTERNAL || plain != NULL ||
		    err.msg[0] == '\0')
			die("refused, but not as an integrity event");
		return false;
	}
	return secret_len(plain) == strlen(wanted) &&
	    memcmp(secret_peek(plain), wanted, strlen(wanted)) == 0;
}

static void
test_places(struct vault *v)
{
	static const char text[] = "app-specific-password";
	struct vault_place place = { ORG, "cred", 12, 1 }, other;
	struct vault_blob wrapped = new_key(v, ORG), twin = new_key(v, ORG);
	struct vault_key *key = open_key(v, ORG, KEY, wrapped);
	struct vault_blob sealed = { 0 }, again = { 0 };
	struct err err = { 0 };
	uint8_t *copy;
	size_t i;
	int bit, opened;

	ok(vault_seal(key, pool, &place, secret_new(pool, text, strlen(text)),
	    &sealed, &err), "seals");
	is_int(sealed.len, VAULT_OVERHEAD_BYTES + strlen(text), "no byte more");
	ok(memmem(sealed.data, sealed.len, text, 5) == NULL, "nothing shows");
	ok(opens(key, place, sealed.data, sealed.len, text), "opens again");
	ok(opens(open_key(v, ORG, KEY, wrapped), place, sealed.data, sealed.len,
	    text), "opens with the key unwrapped once more");
	ok(vault_seal(key, pool, &place, secret_new(pool, text, strlen(text)),
	    &again, &err) && memcmp(sealed.data, again.data, sealed.len) != 0 &&
	    memcmp(sealed.data + 10, again.data + 10, 12) != 0,
	    "the same text seals to something else");

	other = place;
	other.org_id = ORG + 1;
	ok(!opens(key, other, sealed.data, sealed.len, text), "another organisation");
	other = place;
	other.row_id = 13;
	ok(!opens(key, other, sealed.data, sealed.len, text), "another row");
	other = place;
	other.row_id = UINT64_C(12) << 32;
	ok(!opens(key, other, sealed.data, sealed.len, text), "a row far away");
	other = place;
	other.field = 2;
	ok(!opens(key, other, sealed.data, sealed.len, text), "another field");
	ok(!opens(key, (struct vault_place){ ORG, "dkey", 12, 1 }, sealed.data,
	    sealed.len, text), "another table");
	ok(!opens(open_key(v, ORG, KEY + 1, wrapped), place, sealed.data,
	    sealed.len, text), "the key under another id");
	ok(!opens(open_key(v, ORG, KEY, twin), place, sealed.data, sealed.len,
	    text), "another key under the same id");

	copy = pool_memdup(pool, sealed.data, sealed.len);
	for (i = 0, opened = 0; i < sealed.len; i++)
		for (bit = 0; bit < 8; bit++) {
			copy[i] ^= (uint8_t)(1 << bit);
			opened += opens(key, place, copy, sealed.len, text);
			copy[i] ^= (uint8_t)(1 << bit);
		}
	is_int(opened, 0, "every bit flipped: none opens");
	for (i = 0, opened = 0; i < sealed.len; i++)
		opened += opens(key, place, sealed.data, i, text);
	is_int(opened, 0, "cut at every byte: none opens");
	copy = pool_grow(pool, sealed.data, sealed.len, sealed.len + 1, 1);
	ok(!opens(key, place, copy, sealed.len + 1, text), "a byte longer");
	ok(!opens(key, place, copy, 1 << 20, text), "a length beyond reason");

	ok(!vault_seal(key, pool, &place, secret_alloc(pool, 0), &again, &err) &&
	    err.kind == ERR_INPUT, "nothing is not sealed");
	ok(!vault_seal(key, pool, &place, secret_alloc(pool, 4001), &again,
	    &err) && err.kind == ERR_INPUT, "nor what no column takes");
	ok(vault_seal(key, pool, &place, secret_alloc(pool, 4000), &again,
	    &err) && again.len <= 4096, "4000 bytes fit the column");
}

static enum err_kind
key_kind(struct vault *v, uint64_t org, const void *data, size_t len)
{
	struct vault_key *key = NULL;
	struct err err = { 0 };

	return vault_key_open(v, pool, org, KEY, data, len, &key, &err) ?
	    ERR_NONE : err.kind;
}

static void
test_key_files(void)
{
	char *one = key_line(), *two = key_line();
	struct vault *first = vault_of("k1", one);
	struct vault *both = vault_of("k2", pool_printf(pool, "%s\n%s\n", two, one));
	struct vault *second = vault_of("k3", pool_printf(pool, "\n%s\n", two));
	struct vault_blob wrapped = new_key(first, ORG);
	struct vault_blob newer = new_key(both, ORG);
	uint8_t *copy = pool_memdup(pool, wrapped.data, wrapped.len);
	size_t i;
	int opened = 0;

	ok(wrapped.len <= 128, "a wrapped key fits its column");
	is_int(key_kind(first, ORG, wrapped.data, wrapped.len), ERR_NONE,
	    "the file that wrapped it opens it");
	is_int(key_kind(both, ORG, wrapped.data, wrapped.len), ERR_NONE,
	    "a file that has the key as second line opens it");
	is_int(key_kind(second, ORG, wrapped.data, wrapped.len), ERR_NOT_FOUND,
	    "another file says that it lacks the key");
	is_int(key_kind(first, ORG, newer.data, newer.len), ERR_NOT_FOUND,
	    "the first line wraps");
	is_int(key_kind(second, ORG, newer.data, newer.len), ERR_NONE,
	    "and alone it opens");
	ok(memcmp(vault_kek_id(both, 0), vault_kek_id(second, 0),
	    VAULT_KEK_ID_BYTES) == 0 && memcmp(vault_kek_id(both, 0),
	    vault_kek_id(first, 0), VAULT_KEK_ID_BYTES) != 0, "key ids");
	ok(memcmp(wrapped.data + 2, vault_kek_id(first, 0), 8) == 0,
	    "the wrapped key names its wrapping key");
	is_int(key_kind(first, ORG + 1, wrapped.data, wrapped.len),
	    ERR_INTERNAL, "a wrapped key moved to another organisation");
	for (i = 0; i < wrapped.len; i++) {
		copy[i] ^= 0x40;
		opened += key_kind(first, ORG, copy, wrapped.len) == ERR_NONE;
		opened += key_kind(first, ORG, wrapped.data, i) == ERR_NONE;
		copy[i] ^= 0x40;
	}
	is_int(opened, 0, "a changed or cut wrapped key never opens");
}

int
main(void)
{
	pool = pool_new(NULL);
	if (mkdtemp(dir) == NULL)
		die("no temporary folder");
	test_files();
	test_places(vault_of("k", key_line()));
	test_key_files();
	pool_free(pool);
	if (system(pool_printf(pool = pool_new(NULL), "rm -rf %s", dir)) != 0)
		note("the temporary folder stays: %s", dir);
	pool_free(pool);
	return done();
}
