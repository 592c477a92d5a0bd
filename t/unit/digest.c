/* Known answers, and spellings that read back only what was written. */
#include "t/dies.h"
#include "t/tap.h"
#include "util/digest.h"
#include "util/banned.h"

static struct pool *pool;

static const char *
hex(struct digest d)
{
	return digest_hex(pool, d.bytes, DIGEST_BYTES);
}

static void
twice(void)
{
	struct digest_ctx *c = digest_open(pool);

	digest_finish(c);
	digest_finish(c);
}

static void
test_known(void)
{
	struct digest_ctx *c = digest_open(pool);
	struct digest zero = { { 0 } }, d;
	char key[131];

	is_text(hex(digest_sha256("", 0)), "e3b0c44298fc1c149afbf4c8996fb924"
	    "27ae41e4649b934ca495991b7852b855", "SHA-256 of nothing");
	is_text(hex(digest_sha256(NULL, 0)), "e3b0c44298fc1c149afbf4c8996fb924"
	    "27ae41e4649b934ca495991b7852b855", "and of NULL");
	is_text(hex(digest_sha256("abc", 3)), "ba7816bf8f01cfea414140de5dae2223"
	    "b00361a396177a9cb410ff61f20015ad", "SHA-256 of abc");
	digest_update(c, "a", 1);
	digest_update(c, NULL, 0);
	digest_update(c, "bc", 2);
	d = digest_finish(c);
	is_text(hex(d), "ba7816bf8f01cfea414140de5dae2223"
	    "b00361a396177a9cb410ff61f20015ad", "the same in pieces");
	memset(key, 0xaa, sizeof(key));
	is_text(hex(digest_hmac(key, sizeof(key), "Test Using Larger Than "
	    "Block-Size Key - Hash Key First", 54)),
	    "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
	    "HMAC, RFC 4231 case 6");
	ok(digest_is_zero(&zero) && !digest_is_zero(&d), "zero");
	zero.bytes[31] = 1;
	ok(!digest_is_zero(&zero), "not zero in the last byte");
	ok(digest_eq(&d, &d) && !digest_eq(&d, &zero), "equality");
	digest_open(pool);		/* never finished: the pool does it */
	ok(dies(twice), "finishing twice ends the process");
}

static void
test_hex(void)
{
	uint8_t b[4] = { 9, 9, 9, 9 };

	is_text(digest_hex(pool, "\x00\xff\x10", 3), "00ff10", "hex");
	is_text(digest_hex(pool, NULL, 0), "", "hex of nothing");
	ok(digest_unhex("00fF10aB", b, 4) && b[1] == 0xff && b[3] == 0xab,
	    "unhex, either case");
	ok(!digest_unhex("00ff10", b, 4) && !digest_unhex("00ff10ab0", b, 4) &&
	    !digest_unhex("00ff10abcd", b, 4) && !digest_unhex("00ff10ag", b, 4) &&
	    !digest_unhex("00ff10a", b, 4) && !digest_unhex(NULL, b, 4) &&
	    !digest_unhex(" 0ff10ab", b, 4), "exactly so many digits");
}

static void
test_base64url(void)
{
	static const char *const bad[] = { "A", "AAAAA", "AA==", "AB", "AAB",
	    "A A", "AA+/", "AA\n", "\xc3\xa9" };
	uint8_t in[70], out[70];
	size_t n, len, i;
	bool good = true;

	digest_random(in, sizeof(in));
	for (n = 0; n <= sizeof(in); n++) {
		char *text = digest_base64url(pool, in, n);

		good = good && strlen(text) == (n * 8 + 5) / 6 &&
		    digest_unbase64url(text, out, n, &len) && len == n &&
		    memcmp(in, out, n) == 0;
		if (n > 0)
			good = good &&
			    !digest_unbase64url(text, out, n - 1, &len);
	}
	ok(good, "every length comes back, and never past the room");
	is_text(digest_base64url(pool, "\xfb\xff\xfe", 3), "-__-", "alphabet");
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ok(!digest_unbase64url(bad[i], out, sizeof(out), &len),
		    "refused spelling %zu", i);
	ok(!digest_unbase64url(NULL, out, sizeof(out), &len), "NULL");
}

static void
test_memory(void)
{
	uint8_t a[32], b[32] = { 0 };

	digest_random(a, sizeof(a));
	ok(!digest_mem_eq(a, b, sizeof(a)), "random is not zero");
	memcpy(b, a, sizeof(a));
	ok(digest_mem_eq(a, b, sizeof(a)), "a copy is equal");
	b[31] ^= 1;
	ok(!digest_mem_eq(a, b, 32) && digest_mem_eq(a, b, 31),
	    "the last bit counts");
	ok(digest_mem_eq(NULL, NULL, 0), "nothing equals nothing");
	memset(b, 0, sizeof(b));
	digest_wipe(a, sizeof(a));
	ok(memcmp(a, b, sizeof(a)) == 0, "wiped");
	digest_wipe(NULL, 0);
	digest_random(NULL, 0);
}

int
main(void)
{
	pool = pool_new(NULL);
	test_known();
	test_hex();
	test_base64url();
	test_memory();
	pool_free(pool);
	return done();
}
