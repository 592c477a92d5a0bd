/* hawser event: listed, shown, added, edited, removed. Files of iCalendar are
 * cmd_event_file.c. */
#include <stdio.h>
#include <string.h>
#include "acts/acts_calendar.h"
#include "acts/acts_event.h"
#include "cmd_nouns.h"
#include "cmd_value.h"
#include "model/event_series.h"
#include "model/event_words.h"
#include "model/recur.h"
#include "util/str.h"
#include "util/banned.h"

static const char *wall_text(const struct cmd *cmd, const struct wall *w,
    bool all_day)
{
	if (!w->year)
		return NULL;
	if (all_day)
		return pool_printf(cmd->pool, "%04d-%02d-%02d", w->year,
		    w->month, w->day);
	return pool_printf(cmd->pool, "%04d-%02d-%02dT%02d:%02d:%02d", w->year,
	    w->month, w->day, w->hour, w->minute, w->second);
}

/* As people say it: ends of all-day events are the last day. */
static json_t *part_json(const struct cmd *cmd, const struct event *e,
    const struct event_part *part)
{
	struct event_input in;

	event_input_fill(cmd->pool, e, part, &in);
	return json_pack("{s:o, s:o, s:o, s:b, s:o, s:o, s:o, s:o, s:o, s:o,"
	    " s:o}", "title", cmd_json_text(in.summary),
	    "place", cmd_json_text(in.location),
	    "notes", cmd_json_text(in.description),
	    "all_day", part->all_day,
	    "start", cmd_json_text(wall_text(cmd, &in.start, in.all_day)),
	    "end", cmd_json_text(wall_text(cmd, &in.end, in.all_day)),
	    "time_zone", cmd_json_text(in.zone),
	    "starts_at", part->all_day ? json_null() : cmd_json_time(cmd,
	    event_start_utc(cmd->pool, e, part)),
	    "ends_at", part->all_day ? json_null() : cmd_json_time(cmd,
	    event_end_utc(cmd->pool, e, part)),
	    "status", cmd_json_text(part->status),
	    "occurrence", cmd_json_text(part->recurrence_id));
}

static json_t *lines_json(const struct cmd *cmd, const char *lines)
{
	json_t *array = json_array();
	char *line = pool_strdup(cmd->pool, lines), *next;

	for (; line && *line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		json_array_append_new(array, json_string(line));
	}
	return array;
}

static json_t *event_json(const struct cmd *cmd, const struct stored_event *s)
{
	json_t *out = part_json(cmd, s->event, &s->event->master);
	json_t *dates = json_array();
	size_t i;

	json_object_del(out, "occurrence");
	json_object_set_new(out, "id", cmd_json_id(s->id));
	json_object_set_new(out, "calendar_id", cmd_json_id(s->calendar_id));
	json_object_set_new(out, "rev", json_integer((json_int_t)s->rev));
	json_object_set_new(out, "uid", json_string(s->event->uid));
	json_object_set_new(out, "kind", json_string(s->event->kind));
	json_object_set_new(out, "recurrence", lines_json(cmd,
	    s->event->master.recurrence));
	json_object_set_new(out, "updated_at", cmd_json_time(cmd,
	    s->updated_at));
	for (i = 0; i < s->event->override_count; i++)
		json_array_append_new(dates, part_json(cmd, s->event,
		    &s->event->overrides[i]));
	json_object_set_new(out, "changed_dates", dates);
	return out;
}

static void say_event(const struct cmd *cmd, const struct stored_event *s)
{
	const struct event_part *part = &s->event->master;
	struct event_words_span span;

	if (!s->event->has_master && s->event->override_count > 0)
		part = &s->event->overrides[0];
	span = event_words_span(cmd->pool, s->event, part, NULL);
	cmd_say(cmd, "%6llu  %-40s %s%s", (unsigned long long)s->id,
	    event_words_when(cmd->pool, &span, part->all_day),
	    part->summary ? part->summary : "(no title)",
	    event_series_is(s->event) ? " (series)" : "");
}

/* --calendar says the organisation, too. */
static bool act_for_calendar(struct cmd *cmd, struct act *out, struct err *err)
{
	const char *org = cmd_text(cmd, "org");

	return org || !cmd_number(cmd, "calendar") ?
	    cmd_act(cmd, org, out, err) :
	    cmd_act_of_id(cmd, LOOKUP_CALENDAR, cmd_number(cmd, "calendar"),
	    out, err);
}

static bool list(struct cmd *cmd, struct err *err)
{
	struct store_event_listing what = {
	    .calendar_id = cmd_number(cmd, "calendar") };
	struct stored_event *rows;
	struct calendar_row calendar;
	json_t *array;
	struct act act;
	size_t count, i;

	if (!act_for_calendar(cmd, &act, err))
		return false;
	if (what.calendar_id && !acts_calendar_get(&act, what.calendar_id,
	    &calendar, err))
		return false;
	if (cmd_has(cmd, "deleted"))
		return cmd_event_deleted_list(cmd, &act, err);
	array = json_array();
	do {
		if (!store_event_list_alive(act.db, act.pool, act.org_id,
		    &what, &rows, &count, err))
			return false;
		for (i = 0; i < count; i++) {
			what.after_id = rows[i].id;
			if (cmd->json)
				json_array_append_new(array,
				    event_json(cmd, &rows[i]));
			else
				say_event(cmd, &rows[i]);
		}
	} while (count > 0);
	cmd_put_list(cmd, array);
	return true;
}

static void say_details(const struct cmd *cmd, const struct event_part *part)
{
	if (part->location)
		cmd_say(cmd, "        Place: %s", part->location);
	if (part->description)
		cmd_say(cmd, "        Notes: %s", part->description);
}

static bool show_one(struct cmd *cmd, const struct act *act, uint64_t id,
    struct err *err)
{
	struct acts_event_view view;
	json_t *out;

	if (!acts_event_show(act, id, &view, err))
		return false;
	if (!cmd->json) {
		say_event(cmd, &view.stored);
		if (view.recur_words)
			cmd_say(cmd, "        %s", view.recur_words);
		if (view.stored.event->has_master)
			say_details(cmd, &view.stored.event->master);
		cmd_say(cmd, "        %s: %s%s%s", view.calendar_name,
		    view.sync_words, view.sync_detail ? ". " : "",
		    view.sync_detail ? view.sync_detail : "");
		if (view.rule_problem)
			cmd_say(cmd, "        %s", view.rule_problem);
		return true;
	}
	out = event_json(cmd, &view.stored);
	json_object_set_new(out, "calendar", json_string(view.calendar_name));
	json_object_set_new(out, "sync_state", json_string(view.sync_words));
	json_object_set_new(out, "sync_detail", cmd_json_text(
	    view.sync_detail));
	json_object_set_new(out, "rule_problem", cmd_json_text(
	    view.rule_problem));
	json_object_set_new(out, "conflict_id", cmd_json_id(view.conflict_id));
	cmd_put_json(cmd, out);
	return true;
}

static bool show(struct cmd *cmd, struct err *err)
{
	struct act act;
	uint64_t id;

	return cmd_act_of(cmd, LOOKUP_EVENT, 0, &act, &id, err) &&
	    show_one(cmd, &act, id, err);
}

/* ---- add and edit ---- */

/* "2026-11-20", "2026-11-20T09:30" or with seconds; date_out: no time given. */
static bool read_wall(const char *option, const char *text, struct wall *out,
    bool *date_out, struct err *err)
{
	int used = 0, fields;

	*out = (struct wall){ 0 };
	fields = sscanf(text, "%4d-%2d-%2d%n", &out->year, &out->month,
	    &out->day, &used);
	*date_out = fields == 3 && text[used] == '\0';
	if (fields == 3 && (text[used] == 'T' || text[used] == ' ')) {
		int more = 0;

		text += used + 1;
		used = 0;
		if (sscanf(text, "%2d:%2d%n", &out->hour, &out->minute,
		    &used) == 2 && text[used] == ':' &&
		    sscanf(text + used, ":%2d%n", &out->second, &more) == 1)
			used += more;
	}
	if (fields != 3 || text[used] != '\0' || !wall_valid(out))
		return cmd_wrong(err, "--%s: write a day as "
		    "2026-11-20, or a day and time as 2026-11-20T09:30.",
		    option);
	return true;
}

static bool read_times(const struct cmd *cmd, struct event_input *in,
    struct err *err)
{
	const char *start = cmd_text(cmd, "start"), *end = cmd_text(cmd, "end");
	bool date, was_all_day = in->all_day;
	int64_t secs = (wall_to_utc(&in->end) - wall_to_utc(&in->start)) /
	    WHEN_SEC;

	if (start) {
		if (!read_wall("start", start, &in->start, &date, err))
			return false;
		in->all_day = date;
		/* The length stays when only the start is given. */
		in->end = in->start;
		if (was_all_day == date && secs > 0)
			in->end = wall_add_secs(&in->start, secs);
	}
	if (end) {
		if (!read_wall("end", end, &in->end, &date, err))
			return false;
		if (date != in->all_day)
			return cmd_wrong(err, "--start and --end: "
			    "give both with a time, or both without.");
	}
	if (cmd_has(cmd, "zone"))
		in->zone = cmd_text(cmd, "zone");
	return true;
}

static bool read_days(const char *text, unsigned *out, struct err *err)
{
	static const char names[7][3] = { "mo", "tu", "we", "th", "fr", "sa",
	    "su" };
	int i;

	for (*out = 0; *text; text += *text == ',') {
		for (i = 0; i < 7; i++)
			if (text[0] == names[i][0] && text[1] == names[i][1])
				break;
		if (i == 7)
			return cmd_wrong(err, "--days: write them as "
			    "mo,tu,we,th,fr,sa,su.");
		*out |= 1u << i;
		text += 2;
		if (*text && *text != ',')
			return cmd_wrong(err, "--days: write them as "
			    "mo,tu,we,th,fr,sa,su.");
	}
	return true;
}

static bool read_repeat(const struct cmd *cmd, struct event_input *in,
    struct err *err)
{
	static const char *const names[] = { "none", "daily", "weekly",
	    "monthly", "yearly" };
	const char *repeat = cmd_text(cmd, "repeat");
	bool date;
	int i;

	if (repeat) {
		for (i = 0; i < 5 && !str_eq(names[i], repeat); i++)
			;
		if (i == 5)
			return cmd_wrong(err, "--repeat is none, "
			    "daily, weekly, monthly or yearly.");
		in->repeat = (enum event_repeat)i;
	}
	if (cmd_has(cmd, "interval"))
		in->interval = cmd_number(cmd, "interval") > 1000 ? 1000 :
		    (int)cmd_number(cmd, "interval");
	if (cmd_has(cmd, "count"))
		in->count = cmd_number(cmd, "count") > 10000 ? 10000 :
		    (int)cmd_number(cmd, "count");
	if (cmd_has(cmd, "days") && !read_days(cmd_text(cmd, "days"),
	    &in->weekdays, err))
		return false;
	return !cmd_has(cmd, "until") || read_wall("until",
	    cmd_text(cmd, "until"), &in->until, &date, err);
}

static bool read_input(const struct cmd *cmd, struct event_input *in,
    struct err *err)
{
	if (cmd_has(cmd, "title"))
		in->summary = cmd_text(cmd, "title");
	if (cmd_has(cmd, "place"))
		in->location = cmd_text(cmd, "place");
	if (cmd_has(cmd, "notes"))
		in->description = cmd_text(cmd, "notes");
	return read_times(cmd, in, err) && read_repeat(cmd, in, err);
}

static bool add(struct cmd *cmd, struct err *err)
{
	struct event_input in = { 0 };
	struct act act;
	uint64_t id;

	return act_for_calendar(cmd, &act, err) && read_input(cmd, &in, err) &&
	    acts_event_create(&act, cmd_number(cmd, "calendar"), &in, &id,
	    err) && show_one(cmd, &act, id, err);
}

/* What the event, or one of its dates, says now. */
static bool fill_input(struct cmd *cmd, const struct act *act,
    const struct acts_event_target *target, struct event_input *in,
    struct err *err)
{
	struct event_series_date date;
	struct acts_event_view view;
	struct event_series_parts parts;
	struct event_part part;

	if (!acts_event_show(act, target->id, &view, err))
		return false;
	if (target->recurrence_id && cmd_has(cmd, "following")) {
		if (!event_series_split(cmd->pool, view.stored.event,
		    target->recurrence_id, &parts, err))
			return false;
		event_input_fill(cmd->pool, parts.tail, &parts.tail->master,
		    in);
		return true;
	}
	if (!target->recurrence_id) {
		event_input_fill(cmd->pool, view.stored.event,
		    &view.stored.event->master, in);
		return true;
	}
	if (!acts_event_find_date(act, &view.stored, target->recurrence_id,
	    &date, err) || !event_series_peek(cmd->pool, view.stored.event,
	    &date, &part, err))
		return false;
	event_input_fill(cmd->pool, view.stored.event, &part, in);
	return true;
}

static bool edit(struct cmd *cmd, struct err *err)
{
	struct acts_event_target target = {
	    .rev = cmd_number(cmd, "rev"),
	    .recurrence_id = cmd_text(cmd, "occurrence") };
	struct event_input in;
	struct act act;

	return cmd_act_of(cmd, LOOKUP_EVENT, 0, &act, &target.id, err) &&
	    fill_input(cmd, &act, &target, &in, err) &&
	    read_input(cmd, &in, err) &&
	    (cmd_has(cmd, "following") ? acts_event_edit_following(&act,
	    &target, &in, &target.id, err) :
	    acts_event_edit(&act, &target, &in, NULL, err)) &&
	    show_one(cmd, &act, target.id, err);
}

static bool remove_event(struct cmd *cmd, struct err *err)
{
	struct acts_event_target target = {
	    .rev = cmd_number(cmd, "rev"),
	    .recurrence_id = cmd_text(cmd, "occurrence") };
	struct act act;

	if (!cmd_act_of(cmd, LOOKUP_EVENT, 0, &act, &target.id, err) ||
	    !(cmd_has(cmd, "following") ? acts_event_remove_following :
	    acts_event_remove)(&act, &target, err))
		return false;
	if (cmd->json)
		cmd_put_json(cmd, json_pack("{s:o, s:b}", "id",
		    cmd_json_id(target.id), "removed", 1));
	else
		cmd_say(cmd, "Removed.");
	return true;
}

#define ORG { "org", CMD_TEXT, false, "NAME", \
	"the organisation; needed when there are several" }
#define FIELDS \
	{ "title", CMD_TEXT, false, "TEXT", "what it is" }, \
	{ "place", CMD_TEXT, false, "TEXT", "where" }, \
	{ "notes", CMD_TEXT, false, "TEXT", "anything else" }, \
	{ "end", CMD_TEXT, false, "TIME", \
	    "when it ends; of whole days the last one" }, \
	{ "zone", CMD_TEXT, false, "ZONE", \
	    "Europe/Berlin, UTC; none: the same wall time everywhere" }, \
	{ "repeat", CMD_TEXT, false, "HOW", \
	    "none, daily, weekly, monthly or yearly" }, \
	{ "interval", CMD_NUMBER, false, "N", "every n-th" }, \
	{ "days", CMD_TEXT, false, "DAYS", "weekly: mo,tu,we,th,fr,sa,su" }, \
	{ "until", CMD_TEXT, false, "DAY", "last possible day" }, \
	{ "count", CMD_NUMBER, false, "N", "how many times" }
#define ONE_DATE \
	{ "occurrence", CMD_TEXT, false, "KEY", \
	    "this date of a series alone: 20261120T093000" }, \
	{ "following", CMD_FLAG, false, NULL, \
	    "with --occurrence: this date and all behind it" }, \
	{ "rev", CMD_NUMBER, false, "N", \
	    "refused when the event is not at this version any more" }

static const struct cmd_option LIST_OPTIONS[] = { ORG,
	{ "calendar", CMD_NUMBER, false, "ID", "of this calendar alone" },
	{ "deleted", CMD_FLAG, false, NULL, "what can be restored, and who deleted it" },
	{ NULL }
};

static const struct cmd_option ADD_OPTIONS[] = { ORG,
	{ "calendar", CMD_NUMBER, true, "ID", "where it lies" },
	{ "start", CMD_TEXT, true, "TIME",
	    "2026-11-20 (whole days) or 2026-11-20T09:30" },
	FIELDS, { NULL }
};

static const struct cmd_option EDIT_OPTIONS[] = {
	{ "start", CMD_TEXT, false, "TIME",
	    "2026-11-20 (whole days) or 2026-11-20T09:30" },
	FIELDS, ONE_DATE, { NULL }
};

static const struct cmd_option REMOVE_OPTIONS[] = { ONE_DATE, { NULL } };

const struct cmd_verb cmd_event_verbs[] = {
	{ "event", "list", "", 0, 0, LIST_OPTIONS, CMD_DB_SYNC, list,
	    "Lists events; a series is one." },
	{ "event", "show", "ID", 1, 1, NULL, CMD_DB_SYNC, show,
	    "Shows an event and whether both sides agree." },
	{ "event", "add", "", 0, 0, ADD_OPTIONS, CMD_DB_SYNC, add,
	    "Adds an event; the next sync sends it." },
	{ "event", "edit", "ID", 1, 1, EDIT_OPTIONS, CMD_DB_SYNC, edit,
	    "Changes an event, or one date of a series." },
	{ "event", "remove", "ID", 1, 1, REMOVE_OPTIONS, CMD_DB_SYNC,
	    remove_event, "Deletes an event, or one date of a series." },
	{ NULL }
};
