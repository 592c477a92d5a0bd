/* The list of accepted writes; knows nothing of what was written. */
#include <stdio.h>
#include "sandbox/sandbox_ledger.h"
#include "util/banned.h"

void
sandbox_ledger_add(struct sandbox *sb, json_t *entry)
{
	struct pool *pool = pool_new(NULL);
	json_int_t seq = sandbox_next(sb, "ledger");
	char *key = pool_printf(pool, "%012lld", (long long)seq);

	json_object_set_new(entry, "seq", json_integer(seq));
	json_object_set_new(entry, "at",
	    json_string(when_format(pool, sandbox_now(sb))));
	SANDBOX_PUT(&sb->tree, entry, "ledger", key);
	pool_free(pool);
}

json_t *
sandbox_ledger_list(const struct sandbox *sb, json_int_t after)
{
	json_t *all = SANDBOX_GET(&sb->tree, "ledger"), *list = json_array(), *entry;
	const char *key;

	json_object_foreach(all, key, entry)
		if (json_integer_value(json_object_get(entry, "seq")) > after)
			json_array_append(list, entry);
	return list;
}
