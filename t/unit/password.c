/* Passwords: what is taken, that each hash is salted, and that the answer to a
 * stored setting is the stored hash for the right password alone. */
#include <time.h>
#include "t/tap.h"
#include "util/str.h"
#include "vault/password.h"

static struct pool *pool;

static struct secret *word(const char *text)
{
	return secret_new(pool, text, strlen(text));
}

static struct secret *many(char c, size_t len)
{
	char *text = pool_alloc(pool, len + 1);

	memset(text, c, len);
	return secret_new(pool, text, len);
}

static void refused(struct secret *plain, const char *part, const char *name)
{
	struct err err = { 0 };

	ok(!password_check(plain, &err) && err.kind == ERR_INPUT &&
	    strstr(err.msg, part), "%s: %s", name, err.msg);
}

static void taken(struct secret *plain, const char *name)
{
	struct err err = { 0 };

	ok(password_check(plain, &err), "%s %s", name, err.msg);
}

static void test_check(void)
{
	refused(word(""), "too short", "nothing");
	refused(word("1234567"), "at least 8", "seven letters");
	taken(word("12345678"), "eight letters");
	refused(word("äöüäöüä"), "too short", "seven letters of two bytes each");
	taken(word("äöüäöüäö"), "eight of them");
	taken(word("        "), "blanks are letters too");
	taken(many('x', 500), "500 bytes");
	refused(many('x', 501), "too long", "501 bytes");
	refused(secret_new(pool, "12345678\0abc", 12), "not text",
	    "a zero byte, behind which nothing would count");
	refused(word("12345678\xff"), "not text", "bytes that are no text");
}

static char *hash(const char *text)
{
	struct err err = { 0 };
	char *out = NULL;

	if (!password_hash(pool, word(text), &out, &err))
		die("%s", err.msg);
	return out;
}

/* What the database tells of a stored hash: all but the answer. */
static char *setting_of(const char *stored)
{
	return pool_strndup(pool, stored,
	    (size_t)(strrchr(stored, '$') - stored));
}

static void test_hash(void)
{
	struct err err = { 0 };
	char *one = hash("correct horse"), *two = hash("correct horse");
	char *out = NULL;

	ok(str_starts(one, "$y$") && strlen(one) > 60 && strlen(one) < 255,
	    "yescrypt, and it fits its column");
	ok(strcmp(one, two) != 0 &&
	    strcmp(setting_of(one), setting_of(two)) != 0,
	    "the same password twice has two salts and two hashes");
	ok(!strstr(one, "correct"), "the password is not in it");
	ok(!password_hash(pool, word("short"), &out, &err) &&
	    err.kind == ERR_INPUT && !out, "what is refused is not hashed");
	ok(strcmp(hash("äöüäöüäö"), hash("äöüäöüäo")) != 0, "UTF-8");
}

static bool fits(const char *stored, struct secret *plain)
{
	return strcmp(password_answer(pool, plain, setting_of(stored)),
	    stored) == 0;
}

static void test_answer(void)
{
	char *stored = hash("correct horse");
	char *longest = pool_alloc(pool, 501);

	ok(fits(stored, word("correct horse")), "the right password");
	ok(!fits(stored, word("correct horsf")), "one letter off");
	ok(!fits(stored, word("Correct horse")), "another case");
	ok(!fits(stored, word("correct horse ")), "one more");
	ok(!fits(stored, word("correct hors")), "one less");
	ok(!fits(stored, word("")), "none");
	ok(!fits(stored, secret_new(pool, "correct horse\0x", 15)),
	    "more behind a zero byte");
	ok(!fits(stored, many('x', 5000)), "one that is too long");
	memset(longest, 'x', 500);
	stored = hash(longest);
	longest[499] = 'y';
	ok(fits(stored, many('x', 500)) && !fits(stored, word(longest)),
	    "the last of 500 bytes counts");
}

static double seconds_of(const char *setting)
{
	struct timespec a, b;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
	password_answer(pool, word("correct horse"), setting);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
	return (double)(b.tv_sec - a.tv_sec) +
	    (double)(b.tv_nsec - a.tv_nsec) / 1e9;
}

/* Nobody of that name: as much work, and an answer that fits no hash. */
static void test_nobody(void)
{
	char *setting = setting_of(hash("correct horse"));
	double known = 0, unknown = 0;

	ok(!strchr(password_answer(pool, word("correct horse"), NULL), '$'),
	    "an unknown name answers with what no hash is");
	ok(!strchr(password_answer(pool, word("correct horse"), ""), '$'),
	    "an empty setting, too");
	ok(!strchr(password_answer(pool, word("correct horse"), "$y$"), '$') &&
	    !strchr(password_answer(pool, word("correct horse"), "nonsense!"),
	    '$'), "and one that is broken");
	for (int i = 0; i < 8; i++) {
		known += seconds_of(setting);
		unknown += seconds_of(NULL);
	}
	ok(known > 0.008 && unknown > 0.6 * known && unknown < 1.7 * known,
	    "it takes as long: %.1f and %.1f ms", known * 125, unknown * 125);
}

int main(void)
{
	pool = pool_new(NULL);
	test_check();
	test_hash();
	test_answer();
	test_nobody();
	pool_free(pool);
	return done();
}
