/* hawser connection: accounts at providers, as the operator sees them. */
#include <unistd.h>

#include "acts/acts_connection.h"
#include "cmd_nouns.h"
#include "cmd_value.h"
#include "jobs/disconnect.h"
#include "util/secret.h"
#include "util/str.h"
#include "util/banned.h"

static const char *const STATES[] = { "", "active", "paused", "reconnect",
    "removing" };

static json_t *
connection_json(const struct cmd *cmd, const struct connection_card *card)
{
	const struct connection_row *r = &card->row;
	const struct connection_counts *n = &card->counts;

	return json_pack("{s:o, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o, "
	    "s:o, s:o, s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:o}",
	    "id", cmd_json_id(r->id), "provider", r->provider,
	    "name", r->name, "account", r->account, "login", r->login,
	    "url", r->base_url, "owner", r->owner_email,
	    "state", STATES[r->state], "reason", cmd_json_text(r->state_reason),
	    "wait_until", cmd_json_time(cmd, r->wait_until),
	    "last_sync", cmd_json_time(cmd, r->last_ok_at),
	    "next_sync", cmd_json_time(cmd, r->next_due),
	    "last_run", cmd_json_id(r->last_run_id),
	    "collections", (json_int_t)n->collections,
	    "calendars", (json_int_t)n->bindings,
	    "events", (json_int_t)n->events, "waiting", (json_int_t)n->waiting,
	    "set_aside", (json_int_t)n->set_aside,
	    "conflicts", (json_int_t)n->conflicts,
	    "held_run", cmd_json_id(n->held_run_id));
}

static void
connection_say(const struct cmd *cmd, const struct connection_card *card)
{
	const struct connection_row *r = &card->row;
	const struct connection_counts *n = &card->counts;

	cmd_say(cmd, "%-5llu %-8s %-10s %s (%s): %llu of %llu calendars, "
	    "%llu events, last sync %s%s%s", (unsigned long long)r->id,
	    r->provider, STATES[r->state], r->name, r->owner_email,
	    (unsigned long long)n->bindings, (unsigned long long)n->collections,
	    (unsigned long long)n->events, cmd_time(cmd, r->last_ok_at),
	    *r->state_reason != '\0' ? ": " : "", r->state_reason);
}

static void
connection_say_more(const struct cmd *cmd, const struct connection_card *card)
{
	const struct connection_counts *n = &card->counts;

	cmd_say(cmd, "      at %s as %s\n      next sync %s; %llu waiting to be "
	    "sent, %llu set aside, %llu conflicts", card->row.base_url,
	    card->row.login, cmd_time(cmd, card->row.next_due),
	    (unsigned long long)n->waiting, (unsigned long long)n->set_aside,
	    (unsigned long long)n->conflicts);
	if (n->held_run_id)
		cmd_say(cmd, "      run %llu asks before it deletes: hawser run "
		    "show, then approve or refuse",
		    (unsigned long long)n->held_run_id);
}

static bool
connection_show_one(struct cmd *cmd, const struct act *act, uint64_t id,
    struct err *err)
{
	struct connection_card card;

	if (!acts_connection_get(act, id, &card, err))
		return false;
	if (cmd->json)
		cmd_put_json(cmd, connection_json(cmd, &card));
	else {
		connection_say(cmd, &card);
		connection_say_more(cmd, &card);
	}
	return true;
}

static bool
connection_password(struct cmd *cmd, struct secret **out, struct err *err)
{
	if (!cmd_has(cmd, "password-stdin"))
		return cmd_wrong(err, "Give the password on standard "
		    "input, with --password-stdin.");
	return secret_read_fd(cmd->pool, STDIN_FILENO, out, err);
}

static bool
connection_add(struct cmd *cmd, struct err *err)
{
	struct connection_form form = {
		.provider = cmd->args[0], .name = cmd_text(cmd, "name"),
		.url = cmd_text(cmd, "url"), .login = cmd_text(cmd, "login"),
	};
	struct secret *password;
	struct act act;
	uint64_t id;

	if (!cmd_act(cmd, cmd_text(cmd, "org"), &act, err) ||
	    !cmd_member(cmd, &act, cmd_text(cmd, "user"), &form.user_id, err) ||
	    !connection_password(cmd, &password, err))
		return false;
	form.password = password;
	return acts_connection_add(&act, &form, &id, err) &&
	    connection_show_one(cmd, &act, id, err);
}

static bool
connection_list(struct cmd *cmd, struct err *err)
{
	struct connection_card *cards;
	json_t *list;
	struct act act;
	size_t count, i;

	if (!cmd_act(cmd, cmd_text(cmd, "org"), &act, err) ||
	    !acts_connection_list(&act, &cards, &count, err))
		return false;
	list = json_array();
	for (i = 0; i < count; i++) {
		json_array_append_new(list, connection_json(cmd, &cards[i]));
		if (!cmd->json)
			connection_say(cmd, &cards[i]);
	}
	cmd_put_list(cmd, list);
	return true;
}

/* One connection by its id, and what is done with it. */
static bool
connection_do(struct cmd *cmd, bool (*what)(const struct act *, uint64_t,
    struct err *), struct err *err)
{
	struct act act;
	uint64_t id;

	return cmd_act_of(cmd, LOOKUP_CONNECTION, 0, &act, &id, err) &&
	    (what == NULL || what(&act, id, err)) &&
	    connection_show_one(cmd, &act, id, err);
}

static bool
connection_show(struct cmd *cmd, struct err *err)
{
	return connection_do(cmd, NULL, err);
}

static bool
connection_sync(struct cmd *cmd, struct err *err)
{
	return connection_do(cmd, acts_connection_sync, err);
}

static bool
connection_pause(struct cmd *cmd, struct err *err)
{
	return connection_do(cmd, acts_connection_pause, err);
}

static bool
connection_resume(struct cmd *cmd, struct err *err)
{
	return connection_do(cmd, acts_connection_resume, err);
}

static bool
connection_rescan(struct cmd *cmd, struct err *err)
{
	return connection_do(cmd, acts_connection_rescan, err);
}

static bool
connection_reconnect(struct cmd *cmd, struct err *err)
{
	struct secret *password;
	struct act act;
	uint64_t id;

	return cmd_act_of(cmd, LOOKUP_CONNECTION, 0, &act, &id, err) &&
	    connection_password(cmd, &password, err) &&
	    acts_connection_reconnect(&act, id, &(struct connection_access){
	    cmd_text(cmd, "login"), password, cmd_has(cmd, "same-account") },
	    err) &&
	    connection_show_one(cmd, &act, id, err);
}

/* Begun before and not finished: go on. */
static bool
connection_begin_removal(struct cmd *cmd, const struct act *act, uint64_t id,
    struct err *err)
{
	struct connection_card card;

	if (!acts_connection_get(act, id, &card, err))
		return false;
	return card.row.state == CONNECTION_REMOVING ||
	    acts_connection_remove(act, id, cmd_has(cmd, "delete-events") ?
	    REMOVAL_DELETE : REMOVAL_KEEP, err);
}

static bool
connection_remove(struct cmd *cmd, struct err *err)
{
	struct act act;
	uint64_t id;

	if (cmd_has(cmd, "delete-events") && cmd_has(cmd, "keep-events"))
		return cmd_wrong(err,
		    "The events either stay or go, not both.");
	if (!cmd_act_of(cmd, LOOKUP_CONNECTION, 0, &act, &id, err) ||
	    !connection_begin_removal(cmd, &act, id, err) ||
	    !disconnect_finish(cmd->db, cmd->pool, act.org_id, id, err))
		return false;
	if (cmd->json)
		cmd_put_json(cmd, json_pack("{s:o, s:b}", "id", cmd_json_id(id),
		    "removed", 1));
	else
		cmd_say(cmd, "Removed.");
	return true;
}

static const struct cmd_option ADD_OPTIONS[] = {
	{ "org", CMD_TEXT, false, "NAME", "the organisation; needed when there "
	    "are several" },
	{ "user", CMD_TEXT, true, "EMAIL", "whose connection it becomes" },
	{ "url", CMD_TEXT, false, "URL", "address of the server (caldav)" },
	{ "login", CMD_TEXT, true, "LOGIN", "the account there" },
	{ "name", CMD_TEXT, false, "NAME", "how it is called here" },
	{ "password-stdin", CMD_FLAG, true, NULL,
	    "reads the password from standard input" },
	{ NULL }
};

static const struct cmd_option LIST_OPTIONS[] = {
	{ "org", CMD_TEXT, false, "NAME", "the organisation; needed when there "
	    "are several" },
	{ NULL }
};

static const struct cmd_option RECONNECT_OPTIONS[] = {
	{ "login", CMD_TEXT, false, "LOGIN", "when that has changed too" },
	{ "password-stdin", CMD_FLAG, true, NULL,
	    "reads the password from standard input" },
	{ "same-account", CMD_FLAG, false, NULL,
	    "it is, though the server names it otherwise now" },
	{ NULL }
};

static const struct cmd_option REMOVE_OPTIONS[] = {
	{ "keep-events", CMD_FLAG, false, NULL,
	    "the imported events stay here (as without it)" },
	{ "delete-events", CMD_FLAG, false, NULL, "the imported events go, here" },
	{ NULL }
};

const struct cmd_verb cmd_connection_verbs[] = {
	{ "connection", "add", "caldav|icloud", 1, 1, ADD_OPTIONS, CMD_DB_SYNC,
	    connection_add, "Logs in at the provider, lists its calendars, and "
	    "saves the connection when that went well." },
	{ "connection", "list", "", 0, 0, LIST_OPTIONS, CMD_DB_SYNC,
	    connection_list, "Lists the connections of an organisation." },
	{ "connection", "show", "ID", 1, 1, NULL, CMD_DB_SYNC, connection_show,
	    "Shows one connection." },
	{ "connection", "sync", "ID", 1, 1, NULL, CMD_DB_SYNC, connection_sync,
	    "Queues a sync now and wakes hawser-sync." },
	{ "connection", "pause", "ID", 1, 1, NULL, CMD_DB_SYNC,
	    connection_pause, "Stops syncing until it is resumed." },
	{ "connection", "resume", "ID", 1, 1, NULL, CMD_DB_SYNC,
	    connection_resume, "Syncs a paused connection again." },
	{ "connection", "reconnect", "ID", 1, 1, RECONNECT_OPTIONS, CMD_DB_SYNC,
	    connection_reconnect, "Takes a new password for the same account." },
	{ "connection", "rescan", "ID", 1, 1, NULL, CMD_DB_SYNC,
	    connection_rescan, "Asks the provider for its calendars again." },
	{ "connection", "remove", "ID", 1, 1, REMOVE_OPTIONS, CMD_DB_SYNC,
	    connection_remove, "Removes the connection with its password, "
	    "links and jobs; at the provider nothing changes." },
	{ NULL }
};
