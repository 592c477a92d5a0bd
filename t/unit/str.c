/* Bounds hold, overflow sticks, and every escape escapes. */
#include "t/tap.h"
#include "util/jsonx.h"
#include "util/str.h"
#include "util/banned.h"

static struct pool *pool;

static const char *
made(void (*verb)(struct str *, const char *), const char *text)
{
	struct str s;

	str_init(&s, pool, 100000);
	verb(&s, text);
	return str_ok(&s) ? s.data : "(overflow)";
}

static void
test_bounds(void)
{
	struct str s;
	size_t max, i;
	bool good = true;

	for (max = 0; max < 300; max += 7) {
		str_init(&s, pool, max);
		for (i = 0; i < max; i++)
			str_addc(&s, 'a');
		good = good && str_ok(&s) && s.len == max;
		str_addn(&s, "", 0);
		str_add(&s, NULL);
		good = good && str_ok(&s);
		str_addc(&s, 'b');
		good = good && !str_ok(&s) && s.len == max &&
		    strlen(s.data) == max;
		str_addf(&s, "%s", "");
		good = good && !str_ok(&s);
	}
	ok(good, "a text fills exactly its maximum, then overflow sticks");
	str_init(&s, pool, 10);
	str_add(&s, "12345678901234567890");
	is_text(s.data, "1234567890", "the rest is dropped");
	str_add(&s, "x");
	is_text(s.data, "1234567890", "and all that follows");
	str_clear(&s);
	ok(str_ok(&s) && s.len == 0 && s.data[0] == '\0', "clear forgets it");
	str_addf(&s, "%d-%s", 12, "abcdefghijkl");
	ok(!str_ok(&s), "printf past the maximum overflows");
	is_text(s.data, "12-abcdefg", "and keeps what fits");
	str_init(&s, pool, SIZE_MAX);
	str_addf(&s, "%0*d", 70000, 7);
	str_addn(&s, "a\0b", 3);
	ok(str_ok(&s) && s.len == 70003 && s.data[70003] == '\0',
	    "growth, a NUL inside, and the one at the end");
}

static void
test_markup(void)
{
	const char *evil = "<script>\"'&amp;</script>";

	is_text(made(str_html, evil),
	    "&lt;script&gt;\"'&amp;amp;&lt;/script&gt;", "html");
	is_text(made(str_attr, evil),
	    "&lt;script&gt;&quot;&#39;&amp;amp;&lt;/script&gt;", "attribute");
	is_text(made(str_html, NULL), "", "NULL is nothing");
	is_text(made(str_urlarg, "a b/c?d=\xc3\xa9&~-._%"),
	    "a%20b%2Fc%3Fd%3D%C3%A9%26~-._%25", "url argument");
	is_text(made(str_urlpath, "/a b/../c?#"), "/a%20b/../c%3F%23",
	    "url path");
	is_text(made(str_header, "a\r\nSet-Cookie: x\t\x7f\xc3\xa9"),
	    "aSet-Cookie: x\xc3\xa9", "header loses control bytes");
}

static void
test_json(void)
{
	char all[128], *text;
	struct err err;
	json_t *root;
	struct str s;
	int i;

	is_text(made(str_json, NULL), "null", "NULL is null");
	is_text(made(str_json, "a\"\\\n\x01\x7f"),
	    "\"a\\\"\\\\\\n\\u0001\\u007f\"", "json escapes");
	is_text(made(str_json, "</script>&'"),
	    "\"\\u003c/script\\u003e\\u0026\\u0027\"", "json inside a script");
	is_text(made(str_json, "\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xa7"),
	    "\"\\u2028\\u2029\xe2\x80\xa7\"", "line separators");
	is_text(made(str_json, "a\xff\xc3(\xed\xa0\x80"),
	    "\"a\\ufffd\\ufffd(\\ufffd\\ufffd\\ufffd\"", "bad UTF-8");
	is_text(made(str_json, "\xc2\x9b\xe2\x80\xae\xe2\x81\xa6\xc2\xa0"),
	    "\"\\u009b\\u202e\\u2066\xc2\xa0\"", "what steers a terminal");
	for (i = 1; i < 128; i++)
		all[i - 1] = (char)i;
	all[127] = '\0';
	str_init(&s, pool, 10000);
	str_addc(&s, '[');
	str_json(&s, all);
	str_addc(&s, ']');
	ok(jsonx_parse(pool, s.data, s.len, &root, &err) &&
	    jsonx_unpack(root, &err, "[s]", &text) && strcmp(text, all) == 0,
	    "every ASCII character comes back");
}

static void
test_utf8(void)
{
	static const char *const good[] = { "", "a", "\xc2\x80", "\xdf\xbf",
	    "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80", "\xf0\x90\x80\x80",
	    "\xf4\x8f\xbf\xbf" };
	static const char *const bad[] = { "\x80", "\xc0\xaf", "\xc1\xbf",
	    "\xc2", "\xe0\x9f\xbf", "\xe2\x82", "\xed\xa0\x80", "\xed\xbf\xbf",
	    "\xf0\x8f\xbf\xbf", "\xf0\x9f\x98", "\xf4\x90\x80\x80",
	    "\xf5\x80\x80\x80", "\xff", "a\xe2\x28\xa1" };
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(*good); i++)
		ok(str_utf8_valid(good[i], strlen(good[i])), "good %zu", i);
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ok(!str_utf8_valid(bad[i], strlen(bad[i])), "bad %zu", i);
	ok(str_utf8_valid("a\0b", 3), "a NUL is a character");
	ok(!str_utf8_valid("\xe2\x82\xac", 2), "the length is obeyed");
}

static void
test_numbers(void)
{
	static const char *const bad[] = { "", " 1", "1 ", "+1", "-1", "0x1",
	    "1e3", "18446744073709551616", "99999999999999999999999", "1.0" };
	unsigned long long n = 5;
	size_t i;

	ok(str_to_u64("18446744073709551615", &n) && n == UINT64_MAX, "largest");
	ok(str_to_u64("0007", &n) && n == 7, "leading zeros");
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ok(!str_to_u64(bad[i], &n), "no number: '%s'", bad[i]);
	ok(!str_to_u64(NULL, &n) && n == 7, "out is untouched on failure");
}

static void
test_small(void)
{
	char upper[] = "AbZ\xc3\x89[@";
	char steering[] = "a\x1b\n\tb\xc2\x9b\xe2\x80\xae" "c\xe2\x81\xa6"
	    "d\xc2\xa0\xe2\x80\x9e" "e\x7f";

	ok(str_eq(NULL, NULL) && !str_eq(NULL, "") && !str_eq("", NULL) &&
	    str_eq("a", "a") && !str_eq("a", "A"), "equality");
	ok(str_starts("abc", "ab") && !str_starts("a", "ab") &&
	    str_starts("a", "") && !str_starts(NULL, ""), "starts");
	ok(str_ends("abc", "bc") && !str_ends("c", "bc") &&
	    str_ends("a", "") && !str_ends(NULL, ""), "ends");
	str_lower(upper);
	is_text(upper, "abz\xc3\x89[@", "lower case in ASCII only");
	str_plain(steering);
	is_text(steering, "a \n\tb     c   d\xc2\xa0\xe2\x80\x9e" "e ", "for a terminal");
	memcpy(steering, "a\nb\tc\rd\x1b", 9);
	str_plain_line(steering);
	is_text(steering, "a b c d ", "of one line");
	is_text(str_trim(pool, " \t\r\n a b \v\f"), "a b", "trim");
	is_text(str_trim(pool, " \n "), "", "trim to nothing");
	is_text(str_trim(pool, NULL), NULL, "trim NULL");
	is_text(str_cut(pool, "ab\xc3\x89", 3), "ab", "cut at a character");
	is_text(str_cut(pool, "ab\xc3\x89", 4), "ab\xc3\x89", "whole");
	is_text(str_cut(pool, "\xf0\x9f\x8e\x89", 3), "", "cut to nothing");
	is_text(str_cut(pool, NULL, 3), NULL, "cut NULL");
}

int
main(void)
{
	pool = pool_new(NULL);
	test_bounds();
	test_markup();
	test_json();
	test_utf8();
	test_numbers();
	test_small();
	pool_free(pool);
	return done();
}
