/* Content lines: unfolding, parameters, escapes, nesting, limits. */
#include "model/contentline.h"
#include "t/tap.h"

static const struct contentline_limits limits = { 100000, 1000, 5 };
static struct pool *pool;

static bool scan(const char *text, struct contentline_doc *doc, struct err *err)
{
	*err = (struct err){ 0 };
	return contentline_scan(pool, text, strlen(text), &limits, doc, err);
}

static void unfolds(void)
{
	static const char *const spellings[] = {
		"SUMMARY:one two\r\n three\r\nX-A:1\r\n",
		"SUMMARY:one two\n three\nX-A:1\n",
		"SUMMARY:one two\r three\rX-A:1\r",
		"\xEF\xBB\xBFSUMMARY:one two\n\tthree\nX-A:1",
		"  SUMMARY:one\n  two\n three\nX-A:1",
	};
	struct contentline_doc doc;
	struct err err;

	for (size_t i = 0; i < sizeof(spellings) / sizeof(*spellings); i++) {
		bool good = scan(spellings[i], &doc, &err);
		size_t raw = 0;

		ok(good && doc.count == 2, "spelling %zu: two lines", i);
		is_text(pool_strndup(pool, doc.lines[0].text, doc.lines[0].len),
		    "SUMMARY:one twothree", "unfolded");
		for (size_t k = 0; k < doc.count; k++)
			raw += doc.lines[k].raw_len;
		ok(raw == strlen(spellings[i]),
		    "raw ranges cover every byte");
	}
	ok(scan("X:caf\xC3\r\n \xA9\r\n", &doc, &err) &&
	    memcmp(doc.lines[0].text, "X:caf\xC3\xA9", 7) == 0,
	    "a fold inside a UTF-8 sequence is joined before decoding");
}

static void params(void)
{
	struct contentline l;
	const char *t = "ATTENDEE;;CN=\"Doe; J: ^'Jo^' ^^ ^n\";X=;rsvp=TRUE:mailto:a@b";
	size_t len;

	ok(contentline_split(t, strlen(t), &l), "split");
	is_text(pool_strndup(pool, contentline_value(&l, &len), 10),
	    "mailto:a@b", "value after the quotes");
	is_text(contentline_param(pool, &l, "cn"), "Doe; J: \"Jo\" ^ \n",
	    "RFC 6868, quotes, case");
	is_text(contentline_param(pool, &l, "RSVP"), "TRUE", "lower-case name");
	is_text(contentline_param(pool, &l, "X"), "", "empty");
	is_text(contentline_param(pool, &l, "NONE"), NULL, "absent");
	ok(contentline_split("X;A=\"b:c", 8, &l) && l.value_at == 7,
	    "a stray quote: the first colon");
	ok(!contentline_split("SUMMARY=x", 9, &l), "no colon: bad");
	ok(!contentline_split(":x", 2, &l), "no name: bad");
}

static void escapes(void)
{
	struct str s;
	const char *text = "a;b,c\\d\ne \"q\":z";

	str_init(&s, pool, 1000);
	contentline_escape(&s, text);
	is_text(s.data, "a\\;b\\,c\\\\d\\ne \"q\":z", "escaped");
	is_text(contentline_unescape(pool, s.data, s.len), text, "and back");
	is_text(contentline_unescape(pool, "x\\Ny\\qz\\", 9), "x\ny\\qz\\",
	    "unknown escapes stay");
	str_clear(&s);
	contentline_add_param(&s, "CN", "a:b\"c^\n");
	is_text(s.data, ";CN=\"a:b^'c^^^n\"", "parameter encoded");
}

static void folds(void)
{
	struct contentline_doc doc;
	struct err err;
	struct str s, in;

	for (int shift = 0; shift < 80; shift++) {
		bool fits = true, whole = true;

		str_init(&s, pool, 10000);
		str_init(&in, pool, 10000);
		str_add(&in, "X:");
		for (int i = 0; i < shift; i++)
			str_addc(&in, 'a');
		for (int i = 0; i < 60; i++)
			str_add(&in, "\xE2\x82\xAC\xF0\x9F\x8E\x89");
		contentline_fold(&s, in.data, in.len);
		for (const char *p = s.data; *p; ) {
			size_t n = strcspn(p, "\r");

			fits = fits && n <= 75;
			whole = whole && str_utf8_valid(p, n);
			p += n + 2;
		}
		whole = whole && scan(s.data, &doc, &err) && doc.count == 1 &&
		    doc.lines[0].len == in.len &&
		    memcmp(doc.lines[0].text, in.data, in.len) == 0;
		if (!fits || !whole || shift == 79)
			ok(fits && whole, "folded at 75 octets between "
			    "characters, shift %d", shift);
	}
}

static void refuses(void)
{
	struct contentline_doc doc;
	struct err err;
	char *many = pool_alloc(pool, 20000);

	ok(!scan("X:a\xFF\r\n", &doc, &err) && strstr(err.msg, "UTF-8"),
	    "bad UTF-8");
	ok(!contentline_scan(pool, "X:a\0b", 5, &limits, &doc, &err), "NUL");
	ok(!scan("BEGIN:A\nEND:B\n", &doc, &err), "END of another");
	ok(!scan("BEGIN:A\nX:1\n", &doc, &err) && strstr(err.msg, "cut off"),
	    "no END");
	ok(scan("BEGIN;X=1:A\n", &doc, &err) &&
	    doc.lines[0].kind == CONTENTLINE_BAD, "BEGIN has no parameters");
	ok(!scan("END:A\n", &doc, &err), "no BEGIN");
	ok(!scan("BEGIN:A\nBEGIN:A\nBEGIN:A\nBEGIN:A\nBEGIN:A\nBEGIN:A\n",
	    &doc, &err) && strstr(err.msg, "nests"), "six deep");
	for (int i = 0; i < 1500; i++)
		memcpy(many + i * 4, "X:1\n", 4);
	ok(!scan(many, &doc, &err) && strstr(err.msg, "1000"),
	    "too many properties");
	is_int(err.scope, ERR_ITEM, "scope item");
}

static void entries(void)
{
	const char *at = "A:1\nBEGIN:V\nBEGIN:W\nEND:W\nEND:V\nB:2", *entry;
	size_t len;

	ok(contentline_next_entry(&at, &entry, &len) && len == 3, "a line");
	ok(contentline_next_entry(&at, &entry, &len) && len == 27 &&
	    memcmp(entry, "BEGIN:V", 7) == 0, "a block with its inner one");
	ok(contentline_next_entry(&at, &entry, &len) && len == 3, "the last");
	ok(!contentline_next_entry(&at, &entry, &len), "the end");
}

int main(void)
{
	pool = pool_new(NULL);
	unfolds();
	params();
	escapes();
	folds();
	refuses();
	entries();
	pool_free(pool);
	return done();
}
