/* Ids, times and choices on the command line. It knows no verb. */
#include "cmd_value.h"
#include "util/str.h"
#include "util/banned.h"

static const char *const DIRECTIONS[] = { "", "both", "pull", "push" };
static const char *const POLICIES[] = { "", "remote_wins", "newest_wins",
    "local_wins" };

bool
cmd_act_of_id(struct cmd *cmd, enum lookup_kind kind, uint64_t id,
    struct act *out, struct err *err)
{
	static const char *const names[LOOKUP_KINDS] = { "connection",
	    "remote calendar", "calendar", "event", "run", "conflict" };
	uint64_t org;
	int n;

	n = store_lookup_org(cmd->db, kind, id, &org, err);
	if (n == 0)
		return err_set(err, ERR_NOT_FOUND, "There is no such %s.",
		    names[kind]);
	*out = (struct act){ .db = cmd->db, .pool = cmd->pool,
	    .config = cmd->config, .org_id = org, .role = ROLE_OWNER,
	    .via = "command" };
	return n > 0;
}

bool
cmd_act_of(struct cmd *cmd, enum lookup_kind kind, int i, struct act *out,
    uint64_t *id_out, struct err *err)
{
	return cmd_id(cmd, i, id_out, err) &&
	    cmd_act_of_id(cmd, kind, *id_out, out, err);
}

json_t *
cmd_json_id(uint64_t id)
{
	return id != 0 ? json_sprintf("%llu", (unsigned long long)id) :
	    json_null();
}

json_t *
cmd_json_time(const struct cmd *cmd, when_t t)
{
	return t != WHEN_NONE ? json_string(when_format(cmd->pool, t)) :
	    json_null();
}

json_t *
cmd_json_text(const char *text)
{
	return text != NULL && *text != '\0' ? json_string(text) : json_null();
}

const char *
cmd_time(const struct cmd *cmd, when_t t)
{
	return t != WHEN_NONE ? when_format(cmd->pool, t) : "-";
}

static const char *
name_of(const char *const *names, size_t count, int value)
{
	return value >= 0 && (size_t)value < count ? names[value] : "";
}

const char *
cmd_direction_name(int direction)
{
	return name_of(DIRECTIONS, sizeof(DIRECTIONS) / sizeof(*DIRECTIONS),
	    direction);
}

const char *
cmd_policy_name(int policy)
{
	return name_of(POLICIES, sizeof(POLICIES) / sizeof(*POLICIES), policy);
}

static int
value_of(const char *const *names, int count, const char *word)
{
	int i;

	if (word == NULL)
		return 0;
	for (i = 1; i < count; i++)
		if (str_eq(names[i], word))
			return i;
	return -1;
}

bool
cmd_direction(const struct cmd *cmd, enum binding_direction *out,
    struct err *err)
{
	int value = value_of(DIRECTIONS, 4, cmd_text(cmd, "direction"));

	if (value < 0)
		return cmd_wrong(err,
		    "The direction is both, pull or push.");
	*out = (enum binding_direction)value;
	return true;
}

bool
cmd_policy(const struct cmd *cmd, enum binding_policy *out, struct err *err)
{
	int value = value_of(POLICIES, 4, cmd_text(cmd, "policy"));

	if (value < 0)
		return cmd_wrong(err,
		    "The policy is remote_wins, newest_wins or local_wins.");
	*out = (enum binding_policy)value;
	return true;
}
