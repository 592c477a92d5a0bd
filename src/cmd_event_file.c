/* hawser event import and export: files of iCalendar. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include "acts/acts_calendar.h"
#include "acts/acts_event.h"
#include "cmd_nouns.h"
#include "cmd_value.h"
#include "store/store_collection.h"
#include "store/store_user.h"
#include "util/str.h"
#include "util/banned.h"

#define FILE_MOST (256 * 1024 * 1024)

/* A file says how much it is; a pipe is read as it comes. */
static size_t first_room(FILE *f)
{
	struct stat st;

	if (fstat(fileno(f), &st) != 0 || !S_ISREG(st.st_mode) ||
	    st.st_size < 1 << 16)
		return 1 << 16;
	return st.st_size < FILE_MOST ? (size_t)st.st_size + 1 : FILE_MOST;
}

/* "-" is the standard input. */
static bool read_file(struct cmd *cmd, const char *path, char **out,
    size_t *len_out, struct err *err)
{
	FILE *f = str_eq(path, "-") ? stdin : fopen(path, "rbe");
	size_t room, len = 0, n;
	char *text;

	if (!f)
		return err_set(err, ERR_INPUT, "%s cannot be read.", path);
	room = first_room(f);
	text = pool_alloc(cmd->pool, room);
	while ((n = fread(text + len, 1, room - len, f)) > 0) {
		len += n;
		if (len == room && room < FILE_MOST) {
			text = pool_grow(cmd->pool, text, room, room * 2, 1);
			room *= 2;
		} else if (len == room) {
			break;
		}
	}
	n = (size_t)ferror(f);
	if (f != stdin)
		(void)fclose(f);
	if (n)
		return err_set(err, ERR_INPUT, "%s cannot be read.", path);
	if (len >= FILE_MOST)
		return err_set(err, ERR_INPUT, "%s is too large: split it into "
		    "files of less than 256 MB.", path);
	*out = text;
	*len_out = len;
	return true;
}

static bool calendar_of_collection(const struct act *act, uint64_t id,
    uint64_t *out, struct err *err)
{
	struct collection_row row;
	int found = store_collection_find(act->db, act->pool, act->org_id, 0,
	    id, &row, err);

	if (found < 0)
		return false;
	if (!found)
		return err_set(err, ERR_NOT_FOUND,
		    "There is no such remote calendar.");
	if (!row.calendar_id)
		return err_set(err, ERR_INPUT, "This remote calendar is not "
		    "chosen yet: hawser collection select %llu",
		    (unsigned long long)id);
	*out = row.calendar_id;
	return true;
}

/* The first calendar of an organisation belongs to its (first) owner. */
static bool first_calendar(const struct act *act, uint64_t *out,
    struct err *err)
{
	struct calendar_form form = { .name = "Calendar", .shared = 0 };
	struct user_row *users;
	size_t count, i;

	if (!store_user_list(act->db, act->pool, act->org_id, &users, &count,
	    err))
		return false;
	for (i = 0; i < count; i++)
		if (users[i].role == ROLE_OWNER && (!form.user_id ||
		    users[i].id < form.user_id))
			form.user_id = users[i].id;
	if (!form.user_id)
		return err_set(err, ERR_INPUT, "Nobody owns this organisation "
		    "yet: hawser user add EMAIL --role owner");
	return acts_calendar_add(act, &form, out, err);
}

static bool choose_calendar(struct cmd *cmd, const struct act *act,
    uint64_t *out, struct err *err)
{
	struct calendar_row *rows;
	size_t count;

	*out = cmd_number(cmd, "calendar");
	if (*out)
		return true;
	if (cmd_number(cmd, "collection"))
		return calendar_of_collection(act,
		    cmd_number(cmd, "collection"), out, err);
	if (!acts_calendar_list(act, &rows, &count, err))
		return false;
	if (count == 0)
		return first_calendar(act, out, err);
	if (count > 1)
		return err_set(err, ERR_INPUT, "There are %zu calendars: say "
		    "which with --calendar ID or --collection ID.", count);
	*out = rows[0].id;
	return true;
}

static void tell_import(struct cmd *cmd, uint64_t calendar,
    const struct acts_event_import *result)
{
	json_t *refused;
	size_t i;

	if (!cmd->json) {
		cmd_say(cmd, "%zu added, %zu updated, %zu as before, %zu "
		    "refused", result->added, result->updated, result->same,
		    result->refused);
		for (i = 0; i < result->refused; i++)
			cmd_say(cmd, "  %s: %s", result->refusals[i].uid,
			    result->refusals[i].reason);
		return;
	}
	refused = json_array();
	for (i = 0; i < result->refused; i++)
		json_array_append_new(refused, json_pack("{s:o, s:s}",
		    "uid", cmd_json_text(result->refusals[i].uid),
		    "reason", result->refusals[i].reason));
	cmd_put_json(cmd, json_pack("{s:o, s:I, s:I, s:I, s:o}",
	    "calendar_id", cmd_json_id(calendar),
	    "added", (json_int_t)result->added,
	    "updated", (json_int_t)result->updated,
	    "same", (json_int_t)result->same, "refused", refused));
}

static bool import_file(struct cmd *cmd, struct err *err)
{
	struct acts_event_import result;
	uint64_t calendar;
	struct act act;
	char *text = NULL;
	size_t len = 0;

	if (!cmd_act(cmd, cmd_text(cmd, "org"), &act, err) ||
	    !read_file(cmd, cmd->args[0], &text, &len, err) ||
	    !choose_calendar(cmd, &act, &calendar, err) ||
	    !acts_event_import(&act, calendar, text, len, &result, err))
		return false;
	tell_import(cmd, calendar, &result);
	if (result.refused > 0 && result.added + result.updated + result.same == 0)
		return err_set(err, ERR_INPUT, "Nothing in this file could be "
		    "taken.");
	return true;
}

static bool export_file(struct cmd *cmd, struct err *err)
{
	uint64_t calendar = cmd_number(cmd, "calendar");
	struct act act;
	char *text = NULL;
	size_t len = 0;

	if (!cmd_act(cmd, cmd_text(cmd, "org"), &act, err))
		return false;
	if (!calendar && cmd_number(cmd, "collection") &&
	    !calendar_of_collection(&act, cmd_number(cmd, "collection"),
	    &calendar, err))
		return false;
	if (!acts_event_export(&act, calendar, &text, &len, err))
		return false;
	if (cmd->json)
		cmd_put_json(cmd, json_pack("{s:s%}", "calendar", text, len));
	else if (fwrite(text, 1, len, stdout) != len)
		return err_set(err, ERR_INTERNAL,
		    "The output could not be written.");
	return true;
}

static const struct cmd_option FILE_OPTIONS[] = {
	{ "org", CMD_TEXT, false, "NAME",
	    "the organisation; needed when there are several" },
	{ "collection", CMD_NUMBER, false, "ID",
	    "the calendar that this remote one is tied to" },
	{ "calendar", CMD_NUMBER, false, "ID", "this calendar" },
	{ NULL }
};

const struct cmd_verb cmd_event_file_verbs[] = {
	{ "event", "import", "FILE", 1, 1, FILE_OPTIONS, CMD_DB_SYNC,
	    import_file, "Takes the events of an iCalendar file; known UIDs "
	    "are updated. FILE may be - for the standard input." },
	{ "event", "export", "", 0, 0, FILE_OPTIONS, CMD_DB_SYNC, export_file,
	    "Writes events as one iCalendar file." },
	{ NULL }
};
