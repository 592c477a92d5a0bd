/* hawser org: organisations. */
#include "acts/acts_account.h"
#include "cmd_nouns.h"
#include "store/store_org.h"
#include "util/banned.h"

static json_t *org_json(struct cmd *cmd, const struct org_row *o)
{
	return json_pack("{s:o, s:s, s:s}", "id", json_string(pool_printf(
	    cmd->pool, "%llu", (unsigned long long)o->id)), "name", o->name,
	    "created_at", when_format(cmd->pool, o->created_at));
}

static bool add(struct cmd *cmd, struct err *err)
{
	struct act act = { .db = cmd->db, .pool = cmd->pool,
	    .config = cmd->config, .role = ROLE_OWNER, .via = "command" };
	struct org_row org;
	uint64_t id;

	if (!acts_account_add_org(&act, cmd->args[0], &id, err) ||
	    store_org_find(cmd->db, cmd->pool, id, &org, err) != 1)
		return false;
	if (cmd->json)
		cmd_put_json(cmd, org_json(cmd, &org));
	else
		cmd_say(cmd, "Organisation %llu: %s", (unsigned long long)id,
		    org.name);
	return true;
}

static bool list(struct cmd *cmd, struct err *err)
{
	struct org_row *rows;
	size_t count;
	json_t *array = json_array();

	if (!store_org_list(cmd->db, cmd->pool, &rows, &count, err))
		return false;
	for (size_t i = 0; i < count; i++)
		if (cmd->json)
			json_array_append_new(array, org_json(cmd, &rows[i]));
		else
			cmd_say(cmd, "%6llu  %s", (unsigned long long)rows[i].id,
			    rows[i].name);
	cmd_put_list(cmd, array);
	return true;
}

const struct cmd_verb cmd_org_verbs[] = {
	{ "org", "add", "NAME", 1, 1, NULL, CMD_DB_ADMIN, add,
	    "Adds an organisation." },
	{ "org", "list", "", 0, 0, NULL, CMD_DB_ADMIN, list,
	    "Lists the organisations." },
	{ NULL }
};
