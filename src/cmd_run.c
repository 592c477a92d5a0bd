/* hawser run: what syncs did, why, and what they ask. */
#include "acts/acts_run.h"
#include "cmd_nouns.h"
#include "cmd_value.h"
#include "util/banned.h"

#define LIST_MOST 50
#define ROWS_MOST 500

static const char *const CAUSES[] = { "", "schedule", "change", "person",
    "command", "first" };
static const char *const STATES[] = { "", "listing", "applying", "done",
    "failed", "dry_run" };
static const char *const GUARDS[] = { "none", "held", "approved", "refused" };
static const char *const KINDS[] = { "nothing", "pull_create", "pull_update",
    "pull_delete", "push_create", "push_update", "push_delete", "merge",
    "adopt", "restore_local", "restore_remote", "drop_link", "fetch" };
static const char *const PHASES[] = { "", "planned", "sent", "done", "failed",
    "held", "refused", "skipped" };

#define NAME(names, value) run_name((names), \
    sizeof(names) / sizeof((names)[0]), (value))

static const char *
run_name(const char *const *names, size_t count, int value)
{
	return value >= 0 && (size_t)value < count ? names[value] : "";
}

static json_t *
run_json(const struct cmd *cmd, const struct run_row *r)
{
	return json_pack("{s:o, s:o, s:s, s:s, s:s, s:i, s:i, s:o, s:o, s:i, "
	    "s:i, s:i, s:i, s:i, s:i, s:o}",
	    "id", cmd_json_id(r->id),
	    "connection", cmd_json_id(r->connection_id),
	    "cause", NAME(CAUSES, r->cause), "state", NAME(STATES, r->state),
	    "guard", NAME(GUARDS, r->guard), "guard_count", r->guard_count,
	    "guard_known", r->guard_known,
	    "started_at", cmd_json_time(cmd, r->started_at),
	    "finished_at", cmd_json_time(cmd, r->finished_at),
	    "planned", r->planned, "done", r->done, "in", r->count_in,
	    "out", r->count_out, "conflicts", r->count_conflicts,
	    "set_aside", r->count_set_aside,
	    "message", cmd_json_text(r->message));
}

static void
run_say(const struct cmd *cmd, const struct run_row *r)
{
	cmd_say(cmd, "%-6llu connection %llu, %s, %s: %d in, %d out, %d of %d "
	    "done, %d conflicts, %d set aside%s%s", (unsigned long long)r->id,
	    (unsigned long long)r->connection_id, cmd_time(cmd, r->started_at),
	    NAME(STATES, r->state), r->count_in, r->count_out, r->done,
	    r->planned, r->count_conflicts, r->count_set_aside,
	    *r->message != '\0' ? ": " : "", r->message);
	if (r->guard == GUARD_HELD)
		cmd_say(cmd, "       It would delete %d of %d events. Look with "
		    "hawser run show, answer with hawser run approve or refuse.",
		    r->guard_count, r->guard_known);
}

static json_t *
action_json(const struct cmd *cmd, const struct action_row *a)
{
	return json_pack("{s:i, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o}",
	    "seq", a->seq, "kind", NAME(KINDS, a->kind),
	    "phase", NAME(PHASES, a->phase), "event", cmd_json_id(a->event_id),
	    "remote_id", cmd_json_text(a->remote_id),
	    "title", cmd_json_text(a->title),
	    "reason", cmd_json_text(a->reason),
	    "message", cmd_json_text(a->message),
	    "updated_at", cmd_json_time(cmd, a->updated_at));
}

static void
action_say(const struct cmd *cmd, const struct action_row *a)
{
	cmd_say(cmd, "%6d %-14s %-8s %s: %s%s%s", a->seq, NAME(KINDS, a->kind),
	    NAME(PHASES, a->phase), a->title, a->reason,
	    *a->message != '\0' ? " " : "", a->message);
}

/* All of one connection, or of an organisation. */
static bool
run_act(struct cmd *cmd, struct act *act, uint64_t *connection_out,
    struct err *err)
{
	*connection_out = 0;
	if (cmd->arg_count > 0)
		return cmd_act_of(cmd, LOOKUP_CONNECTION, 0, act,
		    connection_out, err);
	return cmd_act(cmd, cmd_text(cmd, "org"), act, err);
}

static bool
run_list(struct cmd *cmd, struct err *err)
{
	struct run_row *rows;
	uint64_t connection;
	struct act act;
	json_t *list;
	size_t count, i;

	if (!run_act(cmd, &act, &connection, err) ||
	    !acts_run_list(&act, connection, LIST_MOST, &rows, &count, err))
		return false;
	list = json_array();
	for (i = 0; i < count; i++) {
		json_array_append_new(list, run_json(cmd, &rows[i]));
		if (!cmd->json)
			run_say(cmd, &rows[i]);
	}
	cmd_put_list(cmd, list);
	return true;
}

/* Row by row, a page at a time; into list when there is one. */
static bool
run_rows(struct cmd *cmd, const struct act *act, uint64_t run_id, json_t *list,
    struct err *err)
{
	struct action_filter filter = { .run_id = run_id, .most = ROWS_MOST };
	struct action_row *rows;
	size_t count, i;

	do {
		if (!acts_run_actions(act, &filter, &rows, &count, err))
			return false;
		for (i = 0; i < count; i++) {
			if (list != NULL)
				json_array_append_new(list,
				    action_json(cmd, &rows[i]));
			else
				action_say(cmd, &rows[i]);
			filter.after_seq = rows[i].seq;
		}
	} while (count == ROWS_MOST);
	return true;
}

static bool
run_show(struct cmd *cmd, struct err *err)
{
	struct run_row row;
	struct act act;
	uint64_t id;
	json_t *list, *whole;

	if (!cmd_act_of(cmd, LOOKUP_RUN, 0, &act, &id, err) ||
	    !acts_run_get(&act, id, &row, err))
		return false;
	if (!cmd->json) {
		run_say(cmd, &row);
		return run_rows(cmd, &act, id, NULL, err);
	}
	list = json_array();
	if (!run_rows(cmd, &act, id, list, err)) {
		json_decref(list);
		return false;
	}
	whole = run_json(cmd, &row);
	json_object_set_new(whole, "actions", list);
	cmd_put_json(cmd, whole);
	return true;
}

static bool
run_answer(struct cmd *cmd, bool (*answer)(const struct act *, uint64_t,
    struct err *), struct err *err)
{
	struct run_row row;
	struct act act;
	uint64_t id;

	if (!cmd_act_of(cmd, LOOKUP_RUN, 0, &act, &id, err) ||
	    !answer(&act, id, err) || !acts_run_get(&act, id, &row, err))
		return false;
	if (cmd->json)
		cmd_put_json(cmd, run_json(cmd, &row));
	else
		cmd_say(cmd, "Answered: %s.", NAME(GUARDS, row.guard));
	return true;
}

static bool
run_approve(struct cmd *cmd, struct err *err)
{
	return run_answer(cmd, acts_run_approve, err);
}

static bool
run_refuse(struct cmd *cmd, struct err *err)
{
	return run_answer(cmd, acts_run_refuse, err);
}

static const struct cmd_option LIST_OPTIONS[] = {
	{ "org", CMD_TEXT, false, "NAME", "the organisation; needed when there "
	    "are several" },
	{ NULL }
};

const struct cmd_verb cmd_run_verbs[] = {
	{ "run", "list", "[CONNECTION]", 0, 1, LIST_OPTIONS, CMD_DB_SYNC,
	    run_list, "Lists the latest runs." },
	{ "run", "show", "RUN", 1, 1, NULL, CMD_DB_SYNC, run_show,
	    "Shows what a run did to each event, and why." },
	{ "run", "approve", "RUN", 1, 1, NULL, CMD_DB_SYNC, run_approve,
	    "Lets a run delete what it held back." },
	{ "run", "refuse", "RUN", 1, 1, NULL, CMD_DB_SYNC, run_refuse,
	    "Keeps what a run wanted to delete." },
	{ NULL }
};
