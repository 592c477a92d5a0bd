/* Parameters of lists of events, and whether an event fits them. */
#include <string.h>
#include "sandbox/sandbox_google_query.h"
#include "util/str.h"
#include "util/banned.h"

static bool
read_time(struct sandbox_call *call, const char *name, when_t *out,
    struct sandbox_google_wrong *w)
{
	const char *text = sandbox_call_arg(call, name);

	if (!text)
		return true;
	if (!when_parse(text, out))
		return sandbox_google_wrong(w, 400, "badRequest",
		    "Bad Request: %s needs a time with an offset.", name);
	return true;
}

static bool
read_order(struct sandbox_call *call, struct sandbox_google_query *q,
    struct sandbox_google_wrong *w)
{
	const char *order = sandbox_call_arg(call, "orderBy");

	if (!order)
		return true;
	q->by_start = str_eq(order, "startTime");
	q->by_updated = str_eq(order, "updated");
	q->filtered = true;
	if ((!q->by_start && !q->by_updated) || (q->by_start && !q->single))
		return sandbox_google_wrong(w, 400, "badRequest",
		    "The requested ordering is not available for the particular "
		    "query.");
	return true;
}

static bool
has_any(const struct sandbox_call *call)
{
	static const char *const names[] = { "q", "iCalUID", "updatedMin",
	    "privateExtendedProperty", "sharedExtendedProperty" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (sandbox_call_arg(call, names[i]))
			return true;
	return false;
}

bool
sandbox_google_query_read(struct sandbox_call *call,
    struct sandbox_google_query *q, struct sandbox_google_wrong *w)
{
	const char *zone = sandbox_call_arg(call, "timeZone");
	const char *most = sandbox_call_arg(call, "maxAttendees");

	*q = (struct sandbox_google_query){ .call = call,
	    .single = sandbox_call_flag(call, "singleEvents"),
	    .show_deleted = sandbox_call_flag(call, "showDeleted"),
	    .from = WHEN_NONE, .to = WHEN_NEVER, .updated_min = WHEN_NONE,
	    .q = sandbox_call_arg(call, "q"),
	    .uid = sandbox_call_arg(call, "iCalUID"),
	    .zone = zone ? zone_find(zone) : NULL,
	    .filtered = has_any(call) };
	if (zone && !q->zone)
		return sandbox_google_wrong(w, 400, "invalid", "Invalid timeZone.");
	if (most && !str_to_u64(most, &q->attendees_most))
		return sandbox_google_wrong(w, 400, "invalid",
		    "Invalid maxAttendees.");
	if (!read_time(call, "timeMin", &q->from, w) ||
	    !read_time(call, "timeMax", &q->to, w) ||
	    !read_time(call, "updatedMin", &q->updated_min, w) ||
	    !read_order(call, q, w))
		return false;
	if (q->from != WHEN_NONE && q->to <= q->from)
		return sandbox_google_wrong(w, 400, "timeRangeEmpty",
		    "The specified time range is empty.");
	return true;
}

static bool
contains(const json_t *object, const char *name, const char *what)
{
	return strcasestr(sandbox_text(object, name), what) != NULL;
}

static bool
text_fits(const char *q, const json_t *event)
{
	const json_t *one, *list = json_object_get(event, "attendees");
	size_t i;

	if (contains(event, "summary", q) || contains(event, "description", q) ||
	    contains(event, "location", q))
		return true;
	json_array_foreach(list, i, one)
		if (contains(one, "email", q) || contains(one, "displayName", q))
			return true;
	return false;
}

/* "key=value"; when there are several all of them must be there. */
static bool
properties_fit(const struct sandbox_call *call, const char *param,
    const json_t *half)
{
	const char *pair, *value;
	size_t i, len;

	for (i = 0; i < call->query.count; i++) {
		if (!str_eq(call->query.items[i].name, param))
			continue;
		pair = call->query.items[i].value;
		len = strcspn(pair, "=");
		value = json_string_value(json_object_get(half,
		    pool_strndup(call->pool, pair, len)));
		if (pair[len] != '=' || !value || !str_eq(value, pair + len + 1))
			return false;
	}
	return true;
}

static bool
type_fits(const struct sandbox_call *call, const json_t *event)
{
	bool any = false;
	size_t i;

	for (i = 0; i < call->query.count; i++) {
		if (!str_eq(call->query.items[i].name, "eventTypes"))
			continue;
		any = true;
		if (str_eq(call->query.items[i].value,
		    sandbox_text(event, "eventType")))
			return true;
	}
	return !any;
}

bool
sandbox_google_query_fits(const struct sandbox_google_query *q,
    const json_t *event)
{
	const json_t *props = json_object_get(event, "extendedProperties");
	when_t updated;

	if (q->updated_min != WHEN_NONE && when_parse(sandbox_text(event,
	    "updated"), &updated) && updated < q->updated_min)
		return false;
	return (!q->q || text_fits(q->q, event)) &&
	    (!q->uid || str_eq(q->uid, sandbox_text(event, "iCalUID"))) &&
	    type_fits(q->call, event) && properties_fit(q->call,
	    "privateExtendedProperty", json_object_get(props, "private")) &&
	    properties_fit(q->call, "sharedExtendedProperty",
	    json_object_get(props, "shared"));
}

static bool
a_date_is_in(const struct sandbox_google_query *q,
    const struct sandbox_google_where *at, const json_t *event,
    const struct sandbox_google_span *s)
{
	struct sandbox_google_dates dates;
	struct wall to = { 9999, 12, 31, 0, 0, 0 };
	when_t length = s->until - s->from;
	size_t i;

	if (q->to != WHEN_NEVER)
		to = zone_from_utc(s->zone, q->to);
	dates = sandbox_google_rule_dates(at->pool,
	    json_object_get(event, "recurrence"), s, &to);
	for (i = 0; i < dates.count; i++)
		if (q->from == WHEN_NONE || zone_to_utc(s->zone,
		    &dates.items[i]) + length > q->from)
			return true;
	return dates.count == SANDBOX_GOOGLE_DATES;
}

bool
sandbox_google_query_in_window(const struct sandbox_google_query *q,
    const struct sandbox_google_where *at, const json_t *event)
{
	struct sandbox_google_span s;

	if (q->from == WHEN_NONE && q->to == WHEN_NEVER)
		return true;
	s = sandbox_google_span(at, event);
	if (json_object_get(event, "recurrence"))
		return a_date_is_in(q, at, event, &s);
	return (q->from == WHEN_NONE || s.until > q->from) && s.from < q->to;
}

json_t *
sandbox_google_query_cut(const struct sandbox_google_query *q, json_t *item)
{
	json_t *list = json_object_get(item, "attendees");

	if (q->attendees_most == 0 ||
	    json_array_size(list) <= q->attendees_most)
		return item;
	list = json_copy(list);
	while (json_array_size(list) > q->attendees_most)
		json_array_remove(list, json_array_size(list) - 1);
	json_object_set_new(item, "attendees", list);
	json_object_set_new(item, "attendeesOmitted", json_true());
	return item;
}
