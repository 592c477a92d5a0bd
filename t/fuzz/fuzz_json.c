/*
 * JSON on any bytes (libFuzzer): what is read is bounded, is text, survives
 * dump and parse, and taking it apart by the wrong types is a sentence.
 */
#include <stdint.h>
#include <string.h>
#include "util/jsonx.h"
#include "util/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check_string(const char *text, size_t len)
{
	if (strlen(text) != len || !str_utf8_valid(text, len))
		die("a string that is no text");
}

static void check_tree(json_t *node, int depth)
{
	const char *key;
	json_t *value;
	size_t i;

	if (depth > 65)
		die("too deep");
	if (json_is_string(node))
		check_string(json_string_value(node),
		    json_string_length(node));
	json_array_foreach(node, i, value)
		check_tree(value, depth + 1);
	json_object_foreach(node, key, value) {
		check_string(key, strlen(key));
		check_tree(value, depth + 1);
	}
}

static void check_unpack(json_t *root)
{
	struct err err = { 0 };
	const char *text = NULL;
	json_int_t big = 0;
	int b = 0;
	json_t *tree = NULL;

	if (!jsonx_unpack(root, &err, "{s:s, s?I, s?b, s?o}", "a", &text,
	    "n", &big, "b", &b, "o", &tree)) {
		if (!*err.msg || !str_utf8_valid(err.msg, strlen(err.msg)))
			die("refused without a readable reason");
	} else if (!text) {
		die("no text although it was asked for");
	}
	(void)!jsonx_unpack(root, &err, "[s]", &text);
	(void)!jsonx_unpack(root, &err, "{s:{s:[{s:s}]}}", "a", "b", "c",
	    &text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct pool *pool = pool_new(NULL);
	struct err err = { 0 };
	json_t *root, *again;
	char *text;

	if (jsonx_parse(pool, (const char *)data, len, &root, &err)) {
		check_tree(root, 0);
		text = jsonx_dump(pool, root);
		if (!jsonx_parse(pool, text, strlen(text), &again, &err))
			die("dumped, but not readable: %s", err.msg);
		if (strcmp(jsonx_dump(pool, again), text) != 0)
			die("another text after a round");
		check_unpack(root);
	} else if (!*err.msg) {
		die("refused without a reason");
	}
	pool_free(pool);
	return 0;
}
