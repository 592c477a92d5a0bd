/* hawser user: people and what they may do. */
#include <unistd.h>
#include "acts/acts_account.h"
#include "cmd_nouns.h"
#include "store/store_user.h"
#include "util/str.h"
#include "util/banned.h"

static bool read_role(const char *word, enum role *out, struct err *err)
{
	for (int i = ROLE_MEMBER; i <= ROLE_OWNER; i++)
		if (str_eq(word, store_user_role(i))) {
			*out = (enum role)i;
			return true;
		}
	return cmd_wrong(err, "The role is member, admin or owner, not "
	    "\"%s\".", word);
}

static json_t *user_json(struct cmd *cmd, const struct user_row *u)
{
	return json_pack("{s:o, s:s, s:s, s:s, s:s, s:s, s:b}",
	    "id", json_string(pool_printf(cmd->pool, "%llu",
	    (unsigned long long)u->id)), "email", u->email, "name", u->name,
	    "role", store_user_role(u->role), "time_zone", u->time_zone,
	    "created_at", when_format(cmd->pool, u->created_at),
	    "disabled", u->disabled_at != WHEN_NONE);
}

static bool show(struct cmd *cmd, const struct act *act, uint64_t id,
    const char *done, struct err *err)
{
	struct user_row user;

	if (store_user_find(cmd->db, cmd->pool, act->org_id, id, &user, err) != 1)
		return false;
	if (cmd->json)
		cmd_put_json(cmd, user_json(cmd, &user));
	else
		cmd_say(cmd, "%s: %s (%s)", done, user.email, store_user_role(user.role));
	return true;
}

static bool add(struct cmd *cmd, struct err *err)
{
	struct act act;
	struct account_form form = { .email = cmd->args[0],
	    .name = cmd_text(cmd, "name"),
	    .time_zone = cmd_text(cmd, "time-zone"), .role = ROLE_MEMBER };
	struct secret *password = NULL;
	uint64_t id;

	if (cmd_text(cmd, "role") &&
	    !read_role(cmd_text(cmd, "role"), &form.role, err))
		return false;
	if (!cmd_act(cmd, cmd_text(cmd, "org"), &act, err))
		return false;
	if (cmd_has(cmd, "password-stdin") &&
	    !secret_read_fd(cmd->pool, STDIN_FILENO, &password, err))
		return false;
	form.password = password;
	return acts_account_add_user(&act, &form, &id, err) &&
	    show(cmd, &act, id, "Member", err);
}

static bool list(struct cmd *cmd, struct err *err)
{
	struct act act;
	struct user_row *rows;
	size_t count;
	json_t *array = json_array();

	if (!cmd_act(cmd, cmd_text(cmd, "org"), &act, err) ||
	    !store_user_list(cmd->db, cmd->pool, act.org_id, &rows, &count, err))
		return false;
	for (size_t i = 0; i < count; i++)
		if (cmd->json)
			json_array_append_new(array, user_json(cmd, &rows[i]));
		else
			cmd_say(cmd, "%6llu  %-8s %s%s",
			    (unsigned long long)rows[i].id, store_user_role(rows[i].role),
			    rows[i].email, rows[i].disabled_at != WHEN_NONE ?
			    "  (disabled)" : "");
	cmd_put_list(cmd, array);
	return true;
}

static bool password(struct cmd *cmd, struct err *err)
{
	struct act act;
	struct secret *plain;
	uint64_t id;

	return cmd_act(cmd, cmd_text(cmd, "org"), &act, err) &&
	    cmd_member(cmd, &act, cmd->args[0], &id, err) &&
	    secret_read_fd(cmd->pool, STDIN_FILENO, &plain, err) &&
	    acts_account_set_password(&act, id, plain, err) &&
	    show(cmd, &act, id, "New password", err);
}

static bool role(struct cmd *cmd, struct err *err)
{
	struct act act;
	enum role role = ROLE_MEMBER;
	uint64_t id;

	return read_role(cmd->args[1], &role, err) &&
	    cmd_act(cmd, cmd_text(cmd, "org"), &act, err) &&
	    cmd_member(cmd, &act, cmd->args[0], &id, err) &&
	    acts_account_set_role(&act, id, role, err) &&
	    show(cmd, &act, id, "New role", err);
}

static bool drop(struct cmd *cmd, struct err *err)
{
	struct act act;
	uint64_t id;

	if (!cmd_act(cmd, cmd_text(cmd, "org"), &act, err) ||
	    !cmd_member(cmd, &act, cmd->args[0], &id, err) ||
	    !acts_account_remove_member(&act, id, err))
		return false;
	if (cmd->json)
		cmd_put_json(cmd, json_pack("{s:b}", "removed", 1));
	else
		cmd_say(cmd, "No member any more: %s", cmd->args[0]);
	return true;
}

static const struct cmd_option ADD_OPTIONS[] = {
	{ "org", CMD_TEXT, false, "NAME", "the organisation" },
	{ "role", CMD_TEXT, false, "ROLE", "member (default), admin or owner" },
	{ "name", CMD_TEXT, false, "NAME", "how the pages call the person" },
	{ "time-zone", CMD_TEXT, false, "ZONE", "as Europe/Berlin; default UTC" },
	{ "password-stdin", CMD_FLAG, false, NULL,
	    "reads the password from standard input" },
	{ NULL }
};
static const struct cmd_option ORG_OPTION[] = {
	{ "org", CMD_TEXT, false, "NAME", "the organisation" },
	{ NULL }
};
static const struct cmd_option PASSWORD_OPTIONS[] = {
	{ "org", CMD_TEXT, false, "NAME", "the organisation" },
	{ "password-stdin", CMD_FLAG, true, NULL,
	    "reads the password from standard input" },
	{ NULL }
};

const struct cmd_verb cmd_user_verbs[] = {
	{ "user", "add", "EMAIL", 1, 1, ADD_OPTIONS, CMD_DB_ADMIN, add,
	    "Adds a person to an organisation." },
	{ "user", "list", "", 0, 0, ORG_OPTION, CMD_DB_ADMIN, list,
	    "Lists the members of an organisation." },
	{ "user", "password", "EMAIL", 1, 1, PASSWORD_OPTIONS, CMD_DB_ADMIN,
	    password, "Sets a new password and ends all sessions." },
	{ "user", "role", "EMAIL ROLE", 2, 2, ORG_OPTION, CMD_DB_ADMIN, role,
	    "Gives a member another role: member, admin or owner." },
	{ "user", "remove", "EMAIL", 1, 1, ORG_OPTION, CMD_DB_ADMIN, drop,
	    "Ends a membership and its sessions." },
	{ NULL }
};
