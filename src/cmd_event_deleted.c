/* hawser event list --deleted and event restore: over acts_deleted. */
#include "acts/acts_deleted.h"
#include "acts/acts_event.h"
#include "cmd.h"
#include "cmd_nouns.h"
#include "cmd_value.h"
#include "util/str.h"
#include "util/banned.h"

/* Deleted ones and single dates taken out, newest first. */
bool cmd_event_deleted_list(struct cmd *cmd, const struct act *act,
    struct err *err)
{
	json_t *array = json_array();
	struct deleted_row *rows;
	size_t count, i;

	if (!acts_deleted_list(act, "", REMOVAL_BY_ANY, &rows, &count, err))
		return false;
	for (i = 0; i < count; i++) {
		const struct deleted_row *r = &rows[i];

		if (!cmd->json)
			cmd_say(cmd, "%6llu  %-20s %s%s%s, by %s",
			    (unsigned long long)r->event_id,
			    when_format(cmd->pool, r->deleted_at), r->title,
			    *r->recurrence_id ? " on " : "", r->recurrence_id,
			    r->by_person ? *r->user_name ? r->user_name :
			    "the operator" : r->run_id ? "a sync" :
			    "another program");
		json_array_append_new(array, json_pack(
		    "{s:o, s:s, s:s, s:o, s:b, s:s, s:o}", "id",
		    cmd_json_id(r->event_id), "title", r->title, "occurrence",
		    r->recurrence_id, "deleted_at", cmd_json_time(cmd,
		    r->deleted_at), "by_person", r->by_person, "user",
		    r->user_name, "run_id", cmd_json_id(r->run_id)));
	}
	cmd_put_list(cmd, array);
	return true;
}

static bool say(struct cmd *cmd, uint64_t id, bool restored)
{
	if (cmd->json)
		cmd_put_json(cmd, json_pack("{s:o, s:b}", "id", cmd_json_id(id),
		    "restored", restored));
	else
		cmd_say(cmd, restored ? "Restored. The next sync sends it." :
		    "It is not deleted, so there was nothing to restore.");
	return true;
}

/* --occurrence: this date of a series; else the event. */
static bool restore(struct cmd *cmd, struct err *err)
{
	const char *key = cmd_text(cmd, "occurrence");
	struct deleted_row *rows;
	size_t count, i;
	struct act act;
	bool restored;
	uint64_t id;

	if (!cmd_act_of(cmd, LOOKUP_EVENT, 0, &act, &id, err))
		return false;
	if (!key)
		return acts_event_restore(&act, id, &restored, err) &&
		    say(cmd, id, restored);
	if (!acts_deleted_list(&act, "", REMOVAL_BY_ANY, &rows, &count, err))
		return false;
	for (i = 0; i < count; i++)
		if (rows[i].event_id == id && str_eq(rows[i].recurrence_id, key))
			return acts_deleted_restore_date(&act,
			    rows[i].removal_id, &id, err) &&
			    say(cmd, id, true);
	return err_set(err, ERR_NOT_FOUND, "No such date of it was deleted.");
}

static const struct cmd_option RESTORE_OPTIONS[] = {
	{ "occurrence", CMD_TEXT, false, "KEY",
	    "this date of a series: 20261120T093000" }, { NULL }
};

const struct cmd_verb cmd_event_deleted_verbs[] = {
	{ "event", "restore", "ID", 1, 1, RESTORE_OPTIONS, CMD_DB_SYNC, restore,
	    "Undoes a deletion, also one that came with a sync." },
	{ NULL }
};
