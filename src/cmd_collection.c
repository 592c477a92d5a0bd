/* hawser collection: remote calendars, and which of them are synced. */
#include "acts/acts_collection.h"
#include "cmd_nouns.h"
#include "cmd_value.h"
#include "jobs/disconnect.h"
#include "store/store_watch.h"
#include "util/banned.h"

struct told { const struct watch_told *items; size_t count; };

/* Does the provider tell of its changes? */
static const char *
watched_name(const struct told *told, uint64_t id)
{
	static const char *const reasons[] = { [WATCH_NOT_OFFERED] =
	    "not_offered", [WATCH_NO_ADDRESS] = "no_address",
	    [WATCH_TROUBLE] = "trouble" };

	for (size_t i = 0; i < told->count; i++)
		if (told->items[i].collection_id == id)
			return told->items[i].live ? "live" :
			    reasons[told->items[i].reason];
	return NULL;
}

static json_t *
collection_json(const struct cmd *cmd, const struct collection_row *r,
    const struct told *told)
{
	return json_pack("{s:o, s:o, s:s, s:s, s:o, s:b, s:o, s:b, s:o, s:o, "
	    "s:o, s:b, s:o, s:o}",
	    "id", cmd_json_id(r->id), "connection", cmd_json_id(r->connection_id),
	    "name", r->name, "remote_id", r->remote_id,
	    "color", cmd_json_text(r->color), "read_only", (int)r->read_only,
	    "missing_since", cmd_json_time(cmd, r->missing_since),
	    "selected", r->binding_id != 0 && r->removing == REMOVAL_NONE,
	    "direction", cmd_json_text(cmd_direction_name(r->direction)),
	    "policy", cmd_json_text(cmd_policy_name(r->policy)),
	    "calendar", cmd_json_id(r->calendar_id), "paused", (int)r->paused,
	    "listed_at", cmd_json_time(cmd, r->listed_at),
	    "watched", cmd_json_text(watched_name(told, r->id)));
}

static void
collection_say(const struct cmd *cmd, const struct collection_row *r)
{
	cmd_say(cmd, "%-5llu %-4s %-9s %s%s%s%s", (unsigned long long)r->id,
	    r->binding_id != 0 ? cmd_direction_name(r->direction) : "-",
	    r->read_only ? "read-only" : "", r->name,
	    r->binding_id != 0 ? " -> " : "",
	    r->binding_id != 0 ? r->calendar_name : "",
	    r->missing_since != WHEN_NONE ? " (gone at the provider)" : "");
}

static bool
collection_list(struct cmd *cmd, struct err *err)
{
	struct collection_row *rows;
	struct watch_told *watches;
	struct told told;
	json_t *list;
	struct act act;
	uint64_t id;
	size_t count, i;

	if (!cmd_act_of(cmd, LOOKUP_CONNECTION, 0, &act, &id, err) ||
	    !acts_collection_list(&act, id, &rows, &count, err) ||
	    !store_watch_list_told(cmd->db, cmd->pool, act.org_id, id,
	    &watches, &told.count, err))
		return false;
	told.items = watches;
	list = json_array();
	for (i = 0; i < count; i++) {
		json_array_append_new(list, collection_json(cmd, &rows[i],
		    &told));
		if (!cmd->json)
			collection_say(cmd, &rows[i]);
	}
	cmd_put_list(cmd, list);
	return true;
}

static bool
collection_select(struct cmd *cmd, struct err *err)
{
	struct collection_choice choice = {
		.calendar_id = cmd_number(cmd, "calendar") };
	uint64_t id, calendar;
	struct act act;

	if (!cmd_act_of(cmd, LOOKUP_COLLECTION, 0, &act, &id, err) ||
	    !cmd_direction(cmd, &choice.direction, err) ||
	    !cmd_policy(cmd, &choice.policy, err) ||
	    !acts_collection_select(&act, id, &choice, &calendar, err))
		return false;
	if (cmd->json)
		cmd_put_json(cmd, json_pack("{s:o, s:o}", "collection",
		    cmd_json_id(id), "calendar", cmd_json_id(calendar)));
	else
		cmd_say(cmd, "Chosen; it syncs with calendar %llu.",
		    (unsigned long long)calendar);
	return true;
}

static bool
collection_unselect(struct cmd *cmd, struct err *err)
{
	struct collection_row row;
	struct act act;
	uint64_t id;

	if (!cmd_act_of(cmd, LOOKUP_COLLECTION, 0, &act, &id, err) ||
	    store_collection_find(cmd->db, cmd->pool, act.org_id, 0, id, &row,
	    err) != 1 ||
	    !acts_collection_unselect(&act, id, cmd_has(cmd, "delete-events") ?
	    REMOVAL_DELETE : REMOVAL_KEEP, err) ||
	    !disconnect_finish(cmd->db, cmd->pool, act.org_id,
	    row.connection_id, err))
		return false;
	if (cmd->json)
		cmd_put_json(cmd, json_pack("{s:o, s:b}", "collection",
		    cmd_json_id(id), "selected", 0));
	else
		cmd_say(cmd, "No longer synced.");
	return true;
}

static const struct cmd_option SELECT_OPTIONS[] = {
	{ "direction", CMD_TEXT, false, "both|pull|push",
	    "which way (both; pull when it can only be read)" },
	{ "policy", CMD_TEXT, false, "remote_wins|newest_wins|local_wins",
	    "who wins when both sides changed the same field (remote_wins)" },
	{ "calendar", CMD_NUMBER, false, "ID",
	    "an existing calendar here instead of a new one" },
	{ NULL }
};

static const struct cmd_option UNSELECT_OPTIONS[] = {
	{ "delete-events", CMD_FLAG, false, NULL, "the imported events go, here" },
	{ NULL }
};

const struct cmd_verb cmd_collection_verbs[] = {
	{ "collection", "list", "CONNECTION", 1, 1, NULL, CMD_DB_SYNC,
	    collection_list, "Lists the calendars a connection offers." },
	{ "collection", "select", "COLLECTION", 1, 1, SELECT_OPTIONS,
	    CMD_DB_SYNC, collection_select, "Chooses a remote calendar to be "
	    "synced, or changes how." },
	{ "collection", "unselect", "COLLECTION", 1, 1, UNSELECT_OPTIONS,
	    CMD_DB_SYNC, collection_unselect, "Syncs it no longer; at the "
	    "provider nothing changes." },
	{ NULL }
};
