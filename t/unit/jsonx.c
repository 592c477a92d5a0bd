/* Foreign JSON is refused with a reason; a misfit is named by its path. */
#include "t/dies.h"
#include "t/tap.h"
#include "util/jsonx.h"
#include "util/banned.h"

static struct pool *pool;
static struct err err;

static void bad_pack(void) { jsonx_pack(pool, "{s:s}", "a", "\xff"); }
static void
bad_format(void)
{
	int i;

	if (jsonx_unpack(jsonx_pack(pool, "{s:i}", "a", 1), &err, "{s:q}", "a", &i))
		return;
}

static json_t *
parsed(const char *text)
{
	json_t *root = NULL;

	return jsonx_parse(pool, text, strlen(text), &root, &err) ? root : NULL;
}

static void
test_refusals(void)
{
	static const char *const bad[] = { "", "{", "{\"a\":1,\"a\":2}",
	    "[\"\\u0000\"]", "[\"\xff\"]", "[1e999]", "[99999999999999999999]",
	    "[1] x", "nul", "\"text\"", "[01]", "[\"\\ud800\"]", "{\"a\" 1}" };
	char deep[200];
	json_t *root;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		err.kind = ERR_NONE;
		ok(parsed(bad[i]) == NULL && err.kind == ERR_INPUT,
		    "refused %zu: %s", i, err.msg);
	}
	ok(!jsonx_parse(pool, "[1,\0002]", 6, &root, &err), "a raw NUL");
	ok(!jsonx_parse(pool, "[1]", 2, &root, &err), "the length is obeyed");
	memset(deep, '[', 64);
	memset(deep + 64, ']', 64);
	deep[128] = '\0';
	ok(parsed(deep) != NULL, "64 levels");
	memset(deep, '[', 65);
	memset(deep + 65, ']', 65);
	deep[130] = '\0';
	ok(parsed(deep) == NULL && strstr(err.msg, "64 levels") != NULL,
	    "65 levels are refused: %s", err.msg);
	memset(deep, '[', 100);
	deep[0] = '"';
	deep[99] = '"';
	deep[100] = '\0';
	ok(parsed(pool_printf(pool, "[%s]", deep)) != NULL,
	    "brackets inside texts do not count");
	ok(parsed(pool_printf(pool, "[\"\\\"%s]", deep + 1)) != NULL,
	    "nor behind an escaped quote");
}

static void
misfit(const char *text, const char *want)
{
	char *s, *t = NULL;
	int i;
	json_t *o;

	err.msg[0] = '\0';
	ok(!jsonx_unpack(parsed(text), &err,
	    "{s:s, s:{s:i, s?[s%, b]}, s?:o, s?n}", "name", &s, "in", "count",
	    &i, "list", &t, &(size_t){ 0 }, &(int){ 0 }, "any", &o, "none"),
	    "does not fit: %s", text);
	is_text(err.msg, want, "and says where");
}

static void
test_unpack(void)
{
	char *s = NULL;
	int i = 0;

	ok(jsonx_unpack(parsed("{\"a\":\"x\",\"b\":{\"c\":4},\"z\":1}"), &err,
	    "{s:s,s:{s:i}}", "a", &s, "b", "c", &i) && i == 4,
	    "unknown keys are allowed");
	is_text(s, "x", "a borrowed text");
	misfit("[]", "The whole must be an object.");
	misfit("{}", "name is missing.");
	misfit("{\"name\":4,\"in\":{}}", "name must be a text.");
	misfit("{\"name\":\"x\"}", "in is missing.");
	misfit("{\"name\":\"x\",\"in\":[]}", "in must be an object.");
	misfit("{\"name\":\"x\",\"in\":{}}", "in.count is missing.");
	misfit("{\"name\":\"x\",\"in\":{\"count\":1.5}}",
	    "in.count must be a whole number.");
	misfit("{\"name\":\"x\",\"in\":{\"count\":1,\"list\":{}}}",
	    "in.list must be a list.");
	misfit("{\"name\":\"x\",\"in\":{\"count\":1,\"list\":[\"a\",7]}}",
	    "in.list[1] must be true or false.");
	misfit("{\"name\":\"x\",\"in\":{\"count\":1,\"list\":[]}}",
	    "in.list[0] is missing.");
	misfit("{\"name\":\"x\",\"in\":{\"count\":1},\"none\":3}",
	    "none must be null.");
	ok(!jsonx_unpack(parsed("{\"a\":1,\"b\":2}"), &err, "{s:i !}", "a", &i) &&
	    err.msg[0] != '\0', "a strict unpack refuses more: %s", err.msg);
	ok(dies(bad_format), "a wrong format ends the process");
}

static void
test_pack(void)
{
	json_t *root = jsonx_pack(pool, "{s:s, s:i, s:[o], s:s?}", "b", "x", "a",
	    7, "list", json_true(), "none", NULL);

	is_text(jsonx_dump(pool, root),
	    "{\"a\":7,\"b\":\"x\",\"list\":[true],\"none\":null}",
	    "compact, sorted keys");
	is_text(jsonx_dump(pool, json_object_get(root, "a")), "7",
	    "a part of a tree");
	ok(dies(bad_pack), "packing bad UTF-8 ends the process");
}

int
main(void)
{
	pool = pool_new(NULL);
	test_refusals();
	test_unpack();
	test_pack();
	pool_free(pool);
	return done();
}
