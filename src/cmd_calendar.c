/* hawser calendar: calendars here, and what they are tied to. */
#include "acts/acts_collection.h"
#include "cmd_nouns.h"
#include "cmd_value.h"
#include "util/banned.h"

static json_t *
calendar_json(const struct cmd *cmd, const struct calendar_row *r)
{
	return json_pack("{s:o, s:s, s:s, s:b, s:s, s:I, s:I, s:o}",
	    "id", cmd_json_id(r->id), "name", r->name, "color", r->color,
	    "shared", (int)r->shared, "owner", r->owner_name,
	    "events", (json_int_t)r->events,
	    "bindings", (json_int_t)r->bindings,
	    "created_at", cmd_json_time(cmd, r->created_at));
}

static void
calendar_say(const struct cmd *cmd, const struct calendar_row *r)
{
	cmd_say(cmd, "%-5llu %-8s %s (%s): %llu events", (unsigned long long)
	    r->id, r->shared ? "shared" : "private", r->name, r->owner_name,
	    (unsigned long long)r->events);
}

static bool
calendar_show_one(struct cmd *cmd, const struct act *act, uint64_t id,
    struct err *err)
{
	struct calendar_row row;

	if (!acts_calendar_get(act, id, &row, err))
		return false;
	if (cmd->json)
		cmd_put_json(cmd, calendar_json(cmd, &row));
	else
		calendar_say(cmd, &row);
	return true;
}

static bool
calendar_list(struct cmd *cmd, struct err *err)
{
	struct calendar_row *rows;
	json_t *list;
	struct act act;
	size_t count, i;

	if (!cmd_act(cmd, cmd_text(cmd, "org"), &act, err) ||
	    !acts_calendar_list(&act, &rows, &count, err))
		return false;
	list = json_array();
	for (i = 0; i < count; i++) {
		json_array_append_new(list, calendar_json(cmd, &rows[i]));
		if (!cmd->json)
			calendar_say(cmd, &rows[i]);
	}
	cmd_put_list(cmd, list);
	return true;
}

static bool
calendar_add(struct cmd *cmd, struct err *err)
{
	struct calendar_form form = { .name = cmd->args[0],
	    .color = cmd_text(cmd, "color"), .shared = cmd_has(cmd, "shared") };
	struct act act;
	uint64_t id;

	return cmd_act(cmd, cmd_text(cmd, "org"), &act, err) &&
	    cmd_member(cmd, &act, cmd_text(cmd, "user"), &form.user_id, err) &&
	    acts_calendar_add(&act, &form, &id, err) &&
	    calendar_show_one(cmd, &act, id, err);
}

static bool
calendar_edit(struct cmd *cmd, const struct calendar_form *form,
    struct err *err)
{
	struct act act;
	uint64_t id;

	return cmd_act_of(cmd, LOOKUP_CALENDAR, 0, &act, &id, err) &&
	    acts_calendar_edit(&act, id, form, err) &&
	    calendar_show_one(cmd, &act, id, err);
}

static bool
calendar_share(struct cmd *cmd, struct err *err)
{
	struct calendar_form form = { .shared = !cmd_has(cmd, "off") };

	return calendar_edit(cmd, &form, err);
}

static bool
calendar_rename(struct cmd *cmd, struct err *err)
{
	struct calendar_form form = { .name = cmd->args[1], .shared = -1 };

	return calendar_edit(cmd, &form, err);
}

static bool
calendar_bind(struct cmd *cmd, struct err *err)
{
	struct collection_choice choice = { 0 };
	uint64_t collection, bound;
	struct act act;

	return cmd_act_of(cmd, LOOKUP_CALENDAR, 0, &act, &choice.calendar_id,
	    err) &&
	    cmd_id(cmd, 1, &collection, err) &&
	    cmd_direction(cmd, &choice.direction, err) &&
	    cmd_policy(cmd, &choice.policy, err) &&
	    acts_collection_select(&act, collection, &choice, &bound, err) &&
	    calendar_show_one(cmd, &act, bound, err);
}

static bool
calendar_remove(struct cmd *cmd, struct err *err)
{
	struct act act;
	uint64_t id;

	if (!cmd_act_of(cmd, LOOKUP_CALENDAR, 0, &act, &id, err) ||
	    !acts_calendar_remove(&act, id, err))
		return false;
	if (cmd->json)
		cmd_put_json(cmd, json_pack("{s:o, s:b}", "id", cmd_json_id(id),
		    "removed", 1));
	else
		cmd_say(cmd, "Removed.");
	return true;
}

static const struct cmd_option LIST_OPTIONS[] = {
	{ "org", CMD_TEXT, false, "NAME", "the organisation; needed when there "
	    "are several" },
	{ NULL }
};

static const struct cmd_option ADD_OPTIONS[] = {
	{ "org", CMD_TEXT, false, "NAME", "the organisation; needed when there "
	    "are several" },
	{ "user", CMD_TEXT, true, "EMAIL", "whose calendar it is" },
	{ "color", CMD_TEXT, false, "#RRGGBB", "picked when not given" },
	{ "shared", CMD_FLAG, false, NULL, "seen by the whole organisation" },
	{ NULL }
};

static const struct cmd_option SHARE_OPTIONS[] = {
	{ "off", CMD_FLAG, false, NULL, "private again" },
	{ NULL }
};

static const struct cmd_option BIND_OPTIONS[] = {
	{ "direction", CMD_TEXT, false, "both|pull|push",
	    "which way (both; pull when it can only be read)" },
	{ "policy", CMD_TEXT, false, "remote_wins|newest_wins|local_wins",
	    "who wins when both sides changed the same field (remote_wins)" },
	{ NULL }
};

const struct cmd_verb cmd_calendar_verbs[] = {
	{ "calendar", "list", "", 0, 0, LIST_OPTIONS, CMD_DB_SYNC,
	    calendar_list, "Lists the calendars of an organisation." },
	{ "calendar", "add", "NAME", 1, 1, ADD_OPTIONS, CMD_DB_SYNC,
	    calendar_add, "Adds a calendar." },
	{ "calendar", "rename", "CALENDAR NAME", 2, 2, NULL, CMD_DB_SYNC,
	    calendar_rename, "Gives a calendar another name." },
	{ "calendar", "share", "CALENDAR", 1, 1, SHARE_OPTIONS, CMD_DB_SYNC,
	    calendar_share, "Shows a calendar to the whole organisation." },
	{ "calendar", "bind", "CALENDAR COLLECTION", 2, 2, BIND_OPTIONS,
	    CMD_DB_SYNC, calendar_bind, "Ties a calendar to a remote one of "
	    "its owner." },
	{ "calendar", "remove", "CALENDAR", 1, 1, NULL, CMD_DB_SYNC,
	    calendar_remove, "Removes a calendar that is tied to nothing, with "
	    "its events." },
	{ NULL }
};
