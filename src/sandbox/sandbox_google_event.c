/* What may stand in an event, and what may be made of one. */
#include <string.h>
#include "sandbox/sandbox_google_event.h"
#include "util/str.h"
#include "util/banned.h"

#define KEY_MOST 44
#define VALUE_MOST 1024
#define PROPERTIES_MOST 300
#define PROPERTY_BYTES_MOST (32 * 1024)
#define ID_MOST 1024

/* What a client may write; the rest of a body is not looked at. */
static const struct { const char *name; json_type type; } members[] = {
	{ "anyoneCanAddSelf", JSON_TRUE }, { "attachments", JSON_ARRAY },
	{ "attendees", JSON_ARRAY }, { "attendeesOmitted", JSON_TRUE },
	{ "birthdayProperties", JSON_OBJECT }, { "colorId", JSON_STRING },
	{ "description", JSON_STRING }, { "end", JSON_OBJECT },
	{ "eventType", JSON_STRING }, { "extendedProperties", JSON_OBJECT },
	{ "focusTimeProperties", JSON_OBJECT }, { "gadget", JSON_OBJECT },
	{ "guestsCanInviteOthers", JSON_TRUE }, { "guestsCanModify", JSON_TRUE },
	{ "guestsCanSeeOtherGuests", JSON_TRUE }, { "iCalUID", JSON_STRING },
	{ "id", JSON_STRING }, { "location", JSON_STRING },
	{ "organizer", JSON_OBJECT }, { "outOfOfficeProperties", JSON_OBJECT },
	{ "recurrence", JSON_ARRAY }, { "reminders", JSON_OBJECT },
	{ "sequence", JSON_INTEGER }, { "source", JSON_OBJECT },
	{ "start", JSON_OBJECT }, { "status", JSON_STRING },
	{ "summary", JSON_STRING }, { "transparency", JSON_STRING },
	{ "visibility", JSON_STRING }, { "workingLocationProperties", JSON_OBJECT },
};

/* The words that are taken; the first is the default and is not shown, but
 * status. */
static const struct { const char *name, *words; } choices[] = {
	{ "status", " confirmed tentative cancelled " },
	{ "transparency", " opaque transparent " },
	{ "visibility", " default public private confidential " },
	{ "eventType", " default birthday focusTime fromGmail outOfOffice "
	    "workingLocation " },
};

static bool
fits(const json_t *value, json_type type)
{
	return json_is_null(value) || (type == JSON_TRUE ?
	    json_is_boolean(value) : json_typeof(value) == type);
}

json_t *
sandbox_google_take(const struct sandbox_google_where *at, const json_t *body,
    struct sandbox_google_wrong *w)
{
	json_t *out = json_object(), *value;
	size_t i;

	pool_adopt(at->pool, out, sandbox_release);
	for (i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		value = json_object_get(body, members[i].name);
		if (!value)
			continue;
		if (!fits(value, members[i].type)) {
			sandbox_google_wrong(w, 400, "parseError",
			    "Invalid value for: %s", members[i].name);
			return NULL;
		}
		json_object_set_new(out, members[i].name, json_deep_copy(value));
	}
	return out;
}

void
sandbox_google_merge(json_t *into, const json_t *patch)
{
	json_t *value, *old;
	const char *name;

	json_object_foreach((json_t *)(uintptr_t)patch, name, value) {
		old = json_object_get(into, name);
		if (json_is_null(value)) {
			json_object_del(into, name);
		} else if (json_is_object(value) && json_is_object(old)) {
			sandbox_google_merge(old, value);
		} else if (json_is_object(value)) {
			json_object_set_new(into, name, json_object());
			sandbox_google_merge(json_object_get(into, name), value);
		} else {
			json_object_set_new(into, name, json_deep_copy(value));
		}
	}
}

static bool
check_choices(json_t *event, struct sandbox_google_wrong *w)
{
	const char *word, *found;
	size_t i, len;

	for (i = 0; i < sizeof(choices) / sizeof(choices[0]); i++) {
		word = json_string_value(json_object_get(event, choices[i].name));
		len = word ? strlen(word) : 0;
		if (!word)
			continue;
		found = len > 0 && !strchr(word, ' ') ?
		    strstr(choices[i].words, word) : NULL;
		while (found && (found[-1] != ' ' || found[len] != ' '))
			found = strstr(found + 1, word);
		if (!found)
			return sandbox_google_wrong(w, 400, "invalid",
			    "Invalid value for: %s", choices[i].name);
		if (i > 0 && i < 3 && found == choices[i].words + 1)
			json_object_del(event, choices[i].name);
	}
	return true;
}

static bool
check_times(const struct sandbox_google_where *at, json_t *event,
    struct sandbox_google_wrong *w)
{
	json_t *start = json_object_get(event, "start");
	json_t *end = json_object_get(event, "end");
	struct sandbox_google_span s;

	if (!sandbox_google_time_check(at, start, "start", w) ||
	    !sandbox_google_time_check(at, end, "end", w))
		return false;
	if (!json_object_get(start, "date") != !json_object_get(end, "date"))
		return sandbox_google_wrong(w, 400, "invalid",
		    "The start and end times must either both be date or both be "
		    "dateTime.");
	if (json_object_get(event, "recurrence") && json_object_get(start,
	    "dateTime") && !json_object_get(start, "timeZone"))
		return sandbox_google_wrong(w, 400, "required",
		    "Missing time zone definition for start time.");
	s = sandbox_google_span(at, event);
	if (s.all_day ? wall_cmp(&s.end, &s.start) <= 0 : s.until < s.from)
		return sandbox_google_wrong(w, 400, "timeRangeEmpty",
		    "The specified time range is empty.");
	if (!s.all_day && !json_object_get(start, "timeZone"))
		json_object_set(start, "timeZone", json_object_get(
		    sandbox_google_calendar(at->sb, at->calendar), "timeZone"));
	if (!s.all_day && !json_object_get(end, "timeZone"))
		json_object_set(end, "timeZone",
		    json_object_get(start, "timeZone"));
	return true;
}

static bool
check_recurrence(json_t *event, struct sandbox_google_wrong *w)
{
	json_t *list = json_object_get(event, "recurrence"), *line;
	size_t i;

	if (json_array_size(list) == 0) {
		json_object_del(event, "recurrence");
		return true;
	}
	json_array_foreach(list, i, line)
		if (!json_is_string(line) ||
		    !sandbox_google_rule_ok(json_string_value(line)))
			return sandbox_google_wrong(w, 400, "invalid",
			    "Invalid recurrence rule.");
	return true;
}

static bool
check_reminders(json_t *event, struct sandbox_google_wrong *w)
{
	json_t *reminders = json_object_get(event, "reminders"), *one, *minutes;
	json_t *list = json_object_get(reminders, "overrides");
	size_t i;

	if (reminders && !json_is_boolean(json_object_get(reminders, "useDefault")))
		json_object_set_new(reminders, "useDefault", json_false());
	if (list && !json_is_array(list))
		return sandbox_google_wrong(w, 400, "invalid",
		    "Invalid value for: overrides");
	if (json_array_size(list) > 5)
		return sandbox_google_wrong(w, 400, "invalid",
		    "At most 5 overrides are allowed.");
	if (json_array_size(list) > 0 &&
	    json_is_true(json_object_get(reminders, "useDefault")))
		return sandbox_google_wrong(w, 400, "cannotUseDefaultRemindersAndSpecifyOverride",
		    "Cannot specify both default reminders and overrides at the same "
		    "time.");
	json_array_foreach(list, i, one) {
		minutes = json_object_get(one, "minutes");
		if (!json_is_integer(minutes) || json_integer_value(minutes) < 0 ||
		    json_integer_value(minutes) > 40320 ||
		    (!str_eq(sandbox_text(one, "method"), "popup") &&
		    !str_eq(sandbox_text(one, "method"), "email")))
			return sandbox_google_wrong(w, 400, "invalid",
			    "Invalid reminder override.");
	}
	return true;
}

static bool
check_attendees(const struct sandbox_google_where *at, json_t *event,
    struct sandbox_google_wrong *w)
{
	json_t *list = json_object_get(event, "attendees"), *one;
	size_t i;

	json_array_foreach(list, i, one) {
		if (!strchr(sandbox_text(one, "email"), '@'))
			return sandbox_google_wrong(w, 400, "invalid",
			    "Invalid attendee email.");
		if (!json_object_get(one, "responseStatus"))
			json_object_set_new(one, "responseStatus",
			    json_string("needsAction"));
		if (str_eq(sandbox_text(one, "email"), at->calendar))
			json_object_set_new(one, "self", json_true());
	}
	if (json_array_size(list) == 0)
		json_object_del(event, "attendees");
	return true;
}

/* Long keys are dropped and long values cut, and nobody is told. */
static bool
check_properties(const struct sandbox_google_where *at, json_t *event,
    struct sandbox_google_wrong *w)
{
	json_t *all = json_object_get(event, "extendedProperties"), *half, *value;
	size_t count = 0, bytes = 0;
	const char *name, *key;
	void *next;

	json_object_foreach(all, name, half)
		json_object_foreach_safe(half, next, key, value) {
			if (!json_is_string(value))
				return sandbox_google_wrong(w, 400, "invalid",
				    "Invalid value for: extendedProperties");
			if (strlen(key) > KEY_MOST) {
				json_object_del(half, key);
				continue;
			}
			count++;
			bytes += strlen(key) + json_string_length(value);
			if (json_string_length(value) > VALUE_MOST)
				json_object_set_new(half, key, json_string(str_cut(
				    at->pool, json_string_value(value), VALUE_MOST)));
		}
	if (count > PROPERTIES_MOST || bytes > PROPERTY_BYTES_MOST)
		return sandbox_google_wrong(w, 400, "badRequest",
		    "Too many extended properties.");
	return true;
}

bool
sandbox_google_check(const struct sandbox_google_where *at, json_t *event,
    struct sandbox_google_wrong *w)
{
	return check_choices(event, w) &&
	    check_recurrence(event, w) && check_times(at, event, w) &&
	    check_reminders(event, w) && check_attendees(at, event, w) &&
	    check_properties(at, event, w);
}

/* ---- what may be made of what ---- */

static bool
changed(const json_t *was, const json_t *is, const char *names)
{
	char name[48];
	size_t len;

	for (; *names; names += len + strspn(names + len, " ")) {
		len = strcspn(names, " ");
		memcpy(name, names, len);
		name[len] = '\0';
		if (!sandbox_same(json_object_get(was, name),
		    json_object_get(is, name)))
			return true;
	}
	return false;
}

static bool
new_type_allowed(const struct sandbox_google_where *at, const json_t *event,
    const char *type, struct sandbox_google_wrong *w)
{
	bool status = str_eq(type, "focusTime") || str_eq(type, "outOfOffice") ||
	    str_eq(type, "workingLocation");
	char needs[40];

	if (str_eq(type, "fromGmail"))
		return sandbox_google_wrong(w, 400, "invalid",
		    "Events of type fromGmail cannot be created.");
	if (!status)
		return true;
	if (!str_eq(at->account, at->calendar))
		return sandbox_google_wrong(w, 400, "invalid",
		    "Events of type %s live on a primary calendar.", type);
	snprintf(needs, sizeof(needs), "%sProperties", type);
	if (!json_object_get(event, needs))
		return sandbox_google_wrong(w, 400, "required",
		    "Missing %s.", needs);
	return true;
}

static bool
type_allowed(const struct sandbox_google_where *at, const json_t *was,
    const json_t *event, struct sandbox_google_wrong *w)
{
	const char *type = sandbox_text(event, "eventType");
	const json_t *props = json_object_get(event, "extendedProperties");

	if (str_eq(type, "workingLocation") && at->batch)
		return sandbox_google_wrong(w, 400, "invalid",
		    "Working locations cannot be written in a batch.");
	if (!was)
		return new_type_allowed(at, event, type, w);
	if (!str_eq(type, sandbox_text(was, "eventType")))
		return sandbox_google_wrong(w, 400, "eventTypeRestriction",
		    "Event type cannot be changed.");
	if (str_eq(type, "birthday") && (changed(was, event, "description "
	    "location attendees transparency visibility recurrence") ||
	    !sandbox_same(props, json_object_get(was, "extendedProperties"))))
		return sandbox_google_wrong(w, 400, "eventTypeRestriction",
		    "This property cannot be changed on a birthday event.");
	if (str_eq(type, "fromGmail") && changed(was, event, "summary "
	    "description location start end recurrence source guestsCanModify"))
		return sandbox_google_wrong(w, 400, "eventTypeRestriction",
		    "This property cannot be changed on an event from Gmail.");
	return true;
}

/* Base32hex, as RFC 2938 has it, in lower case. */
static bool
id_allowed(const json_t *event, struct sandbox_google_wrong *w)
{
	const char *id = json_string_value(json_object_get(event, "id"));
	size_t len = id ? strlen(id) : 0;

	if (id && (len < 5 || len > ID_MOST ||
	    strspn(id, "abcdefghijklmnopqrstuv0123456789") != len))
		return sandbox_google_wrong(w, 400, "invalid",
		    "Invalid resource id value.");
	return true;
}

bool
sandbox_google_allowed(const struct sandbox_google_where *at,
    const json_t *was, const json_t *event, struct sandbox_google_wrong *w)
{
	if (!type_allowed(at, was, event, w))
		return false;
	if (!was)
		return id_allowed(event, w);
	if (json_is_true(json_object_get(was, "locked")) && changed(was, event,
	    "summary description location start end recurrence"))
		return sandbox_google_wrong(w, 403, "forbidden",
		    "This event is locked.");
	if (!sandbox_google_is_self(was) &&
	    !json_is_true(json_object_get(was, "guestsCanModify")) &&
	    (changed(was, event, "summary description location start end "
	    "recurrence guestsCanModify guestsCanInviteOthers "
	    "guestsCanSeeOtherGuests source") || !sandbox_same(json_object_get(
	    json_object_get(was, "extendedProperties"), "shared"),
	    json_object_get(json_object_get(event, "extendedProperties"),
	    "shared"))))
		return sandbox_google_wrong(w, 403, "forbiddenForNonOrganizer",
		    "Shared properties can only be changed by the organizer of the "
		    "event.");
	return true;
}
