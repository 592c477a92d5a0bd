/* An error is complete, bounded, and cut only between characters. */
#include "t/dies.h"
#include "t/tap.h"
#include "util/err.h"
#include "util/str.h"
#include "util/banned.h"

static void end(void) { die("the %s", "end"); }

static void
test_set(void)
{
	struct err e = { .retry_after_secs = 5, .detail = "old" };

	ok(!err_set(&e, ERR_GONE, "The cursor %d is gone.", 7), "returns false");
	is_int(e.kind, ERR_GONE, "kind");
	is_int(e.scope, ERR_ITEM, "scope is the item unless said");
	is_text(e.msg, "The cursor 7 is gone.", "message");
	ok(e.retry_after_secs == 0 && e.detail[0] == '\0',
	    "nothing of an earlier error is left");
	ok(!err_detail(&e, "etag %s", "\"x\""), "detail returns false");
	is_text(e.detail, "etag \"x\"", "detail");
	ok(!err_add(&e, "listing %s", "home"), "context returns false");
	is_text(e.msg, "listing home: The cursor 7 is gone.", "context first");
	is_text(e.detail, "etag \"x\"", "context keeps the detail");
	err_set_scope(&e, ERR_LIMIT, ERR_CONNECTION, "Slow down.");
	ok(e.kind == ERR_LIMIT && e.scope == ERR_CONNECTION, "a given scope");
}

static void
test_self(void)
{
	struct err e;

	err_set(&e, ERR_INPUT, "inner");
	err_set(&e, ERR_UPSTREAM, "outer of %s", e.msg);
	is_text(e.msg, "outer of inner", "an error may quote itself");
}

static void
test_cut(void)
{
	static const char *const marks[] = { "\xc3\xa9", "\xe2\x82\xac",
	    "\xf0\x9f\x98\x80", "\xc3\xa9" };
	char text[1200] = "";
	struct err e;
	size_t shift, i, n;
	bool good = true;

	for (shift = 0; shift < 8; shift++) {
		memset(text, 'a', shift);
		for (n = shift, i = 0; n < 900; i++) {
			memcpy(text + n, marks[i % 4], strlen(marks[i % 4]) + 1);
			n += strlen(marks[i % 4]);
		}
		err_set(&e, ERR_INPUT, "%s", text);
		good = good && strlen(e.msg) > 230 &&
		    str_utf8_valid(e.msg, strlen(e.msg));
		err_add(&e, "%s", text);
		good = good && strlen(e.msg) > 230 &&
		    str_utf8_valid(e.msg, strlen(e.msg));
		err_detail(&e, "%s", text);
		good = good && str_utf8_valid(e.detail, strlen(e.detail));
	}
	ok(good, "a long text is cut between characters");
	err_set(&e, ERR_INPUT, "%239s", "x");
	is_int(strlen(e.msg), 239, "what just fits stays whole");
	err_add(&e, "%s", "");
	is_int(strlen(e.msg), 239, "and is bounded after more context");
}

int
main(void)
{
	int kind;

	test_set();
	test_self();
	test_cut();
	for (kind = ERR_NONE; kind <= ERR_INTERNAL; kind++)
		ok(!str_eq(err_kind_name(kind), "unknown"), "name of kind %d: %s",
		    kind, err_kind_name(kind));
	is_text(err_kind_name((enum err_kind)99), "unknown", "a foreign kind");
	ok(dies(end), "die ends by SIGABRT");
	return done();
}
