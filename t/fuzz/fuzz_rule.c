/*
 * The rule validator on any text (libFuzzer): what is accepted can be taken
 * apart, its other spelling is accepted too, and it has words.
 */
#include <stdint.h>
#include <string.h>
#include "model/recur.h"
#include "model/recur_rule.h"
#include "util/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static char *spelt(struct pool *pool, const struct recur_rule *rule)
{
	struct str out;

	str_init(&out, pool, 64 * 1024);
	recur_rule_format(&out, rule);
	return out.data;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct pool *pool = pool_new(NULL);
	const char *text = pool_strndup(pool, (const char *)data, len);
	struct recur_rule rule, again;
	struct err err = { 0 };
	bool good = recur_check_rule(text, &err);

	if (!good && !*err.msg)
		die("refused without a reason");
	if (good) {
		char *one, *two;

		if (!recur_rule_parse(text, &rule, &err))
			die("accepted, but not readable: %s", err.msg);
		one = spelt(pool, &rule);
		if (!recur_rule_parse(one, &again, &err))
			die("its other spelling is refused: %s", err.msg);
		two = spelt(pool, &again);
		if (strcmp(one, two) != 0)
			die("two spellings: %s and %s", one, two);
	}
	pool_free(pool);
	return 0;
}
