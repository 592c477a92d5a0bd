/* hawser conflict: what changed on both sides, with all its versions. */
#include "acts/acts_run.h"
#include "cmd_nouns.h"
#include "cmd_value.h"
#include "util/banned.h"

#define LIST_MOST 200

static const char *const WINNERS[] = { "", "local", "remote" };

static const char *
conflict_winner(const struct conflict_row *r)
{
	return r->winner == 1 || r->winner == 2 ? WINNERS[r->winner] : "";
}

static json_t *
conflict_json(const struct cmd *cmd, const struct conflict_row *r)
{
	return json_pack("{s:o, s:o, s:o, s:s, s:s, s:o, s:o}",
	    "id", cmd_json_id(r->id), "run", cmd_json_id(r->run_id),
	    "event", cmd_json_id(r->event_id), "fields", r->fields,
	    "winner", conflict_winner(r),
	    "created_at", cmd_json_time(cmd, r->created_at),
	    "resolved_at", cmd_json_time(cmd, r->resolved_at));
}

static void
conflict_say(const struct cmd *cmd, const struct conflict_row *r)
{
	cmd_say(cmd, "%-6llu event %llu, %s: %s; the %s side won%s",
	    (unsigned long long)r->id, (unsigned long long)r->event_id,
	    cmd_time(cmd, r->created_at), r->fields, conflict_winner(r),
	    r->resolved_at != WHEN_NONE ? " (seen)" : "");
}

static bool
conflict_list(struct cmd *cmd, struct err *err)
{
	struct conflict_row *rows;
	uint64_t connection = 0;
	struct act act;
	json_t *list;
	size_t count, i;

	if (cmd->arg_count > 0 ? !cmd_act_of(cmd, LOOKUP_CONNECTION, 0, &act,
	    &connection, err) : !cmd_act(cmd, cmd_text(cmd, "org"), &act, err))
		return false;
	if (!acts_run_conflicts(&act, connection, !cmd_has(cmd, "all"),
	    LIST_MOST, &rows, &count, err))
		return false;
	list = json_array();
	for (i = 0; i < count; i++) {
		json_array_append_new(list, conflict_json(cmd, &rows[i]));
		if (!cmd->json)
			conflict_say(cmd, &rows[i]);
	}
	cmd_put_list(cmd, list);
	return true;
}

static json_t *
version_json(const struct stmt_blob *b)
{
	return b->data != NULL ? json_stringn(b->data, b->len) : json_null();
}

static void
version_say(const struct cmd *cmd, const char *label, const struct stmt_blob *b)
{
	if (b->data == NULL)
		cmd_say(cmd, "---- %s: deleted, or none", label);
	else
		cmd_say(cmd, "---- %s\n%.*s", label, (int)b->len,
		    (const char *)b->data);
}

static bool
conflict_show(struct cmd *cmd, struct err *err)
{
	struct conflict_row row;
	struct act act;
	uint64_t id;
	json_t *whole;

	if (!cmd_act_of(cmd, LOOKUP_CONFLICT, 0, &act, &id, err) ||
	    !acts_run_conflict(&act, id, &row, err))
		return false;
	if (cmd->json) {
		whole = conflict_json(cmd, &row);
		json_object_set_new(whole, "base", version_json(&row.base));
		json_object_set_new(whole, "local", version_json(&row.local));
		json_object_set_new(whole, "remote", version_json(&row.remote));
		cmd_put_json(cmd, whole);
		return true;
	}
	conflict_say(cmd, &row);
	version_say(cmd, "both sides before", &row.base);
	version_say(cmd, "here", &row.local);
	version_say(cmd, "at the provider", &row.remote);
	return true;
}

static const struct cmd_option LIST_OPTIONS[] = {
	{ "org", CMD_TEXT, false, "NAME", "the organisation; needed when there "
	    "are several" },
	{ "all", CMD_FLAG, false, NULL, "also those that were seen" },
	{ NULL }
};

const struct cmd_verb cmd_conflict_verbs[] = {
	{ "conflict", "list", "[CONNECTION]", 0, 1, LIST_OPTIONS, CMD_DB_SYNC,
	    conflict_list, "Lists what changed on both sides." },
	{ "conflict", "show", "CONFLICT", 1, 1, NULL, CMD_DB_SYNC,
	    conflict_show, "Shows both versions and the one before." },
	{ NULL }
};
