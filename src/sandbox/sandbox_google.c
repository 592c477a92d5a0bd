/* Google's table of routes, its errors, and who is asked for at the door. */
#include <string.h>
#include "sandbox/sandbox_fault.h"
#include "sandbox/sandbox_google.h"
#include "sandbox/sandbox_google_calendar.h"
#include "util/str.h"
#include "util/banned.h"

#define CAL SANDBOX_GOOGLE "/calendar/v3"
#define EVENTS CAL "/calendars/{}/events"
#define LIST_SCOPES "calendar calendar.readonly calendar.calendarlist " \
	"calendar.calendarlist.readonly"
#define READ_SCOPES "calendar calendar.readonly calendar.events " \
	"calendar.events.readonly calendar.events.owned " \
	"calendar.events.owned.readonly"
#define WRITE_SCOPES "calendar calendar.events calendar.events.owned"

static const struct { const char *reason, *domain, *message; } reasons[] = {
	{ "authError", "global", "Invalid Credentials" },
	{ "required", "global", "Login Required." },
	{ "insufficientPermissions", "global",
	    "Request had insufficient authentication scopes." },
	{ "notFound", "global", "Not Found" },
	{ "forbidden", "global", "Forbidden" },
	{ "requiredAccessLevel", "calendar",
	    "You need to have writer access to this calendar." },
	{ "forbiddenForNonOrganizer", "calendar",
	    "Shared properties can only be changed by the organizer of the event." },
	{ "duplicate", "global", "The requested identifier already exists." },
	{ "conflict", "global", "Conflict" },
	{ "deleted", "global", "Resource has been deleted" },
	{ "fullSyncRequired", "calendar",
	    "Sync token is no longer valid, a full sync is required." },
	{ "updatedMinTooLongAgo", "calendar",
	    "The requested minimum modification time lies too far in the past." },
	{ "conditionNotMet", "global", "Precondition Failed" },
	{ "timeRangeEmpty", "calendar", "The specified time range is empty." },
	{ "rateLimitExceeded", "usageLimits", "Rate Limit Exceeded" },
	{ "userRateLimitExceeded", "usageLimits", "User Rate Limit Exceeded" },
	{ "quotaExceeded", "usageLimits", "Calendar usage limits exceeded." },
	{ "dailyLimitExceeded", "usageLimits", "Daily Limit Exceeded" },
	{ "accessNotConfigured", "usageLimits", "Access Not Configured" },
	{ "backendError", "global", "Backend Error" },
	{ "parseError", "global", "Parse Error" },
	{ "channelIdNotUnique", "global", "Channel id not unique" },
	{ "push.webhookUrlNotHttps", "global", "WebHook callback must be HTTPS" },
};

static const char *
status_name(int status)
{
	return status == 400 ? "INVALID_ARGUMENT" :
	    status == 401 ? "UNAUTHENTICATED" :
	    status == 403 ? "PERMISSION_DENIED" : NULL;
}

void
sandbox_google_fail_at(struct sandbox_call *call, int status,
    const char *reason, const char *message, const char *kind,
    const char *where)
{
	const char *domain = "global", *words = sandbox_call_words(status);
	json_t *error;
	size_t i;

	for (i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (str_eq(reason, reasons[i].reason)) {
			domain = reasons[i].domain;
			words = reasons[i].message;
		}
	if (!message)
		message = words;
	error = json_pack("{s:i, s:s, s:[{s:s, s:s, s:s, s:s*, s:s*}]}",
	    "code", status, "message", message, "errors", "domain", domain,
	    "reason", *reason ? reason : "backendError", "message", message,
	    "locationType", kind, "location", where);
	if (status == 401 || str_eq(reason, "insufficientPermissions"))
		json_object_set_new(error, "status", json_string(status_name(status)));
	if (str_eq(reason, "insufficientPermissions"))
		json_object_set_new(error, "details", json_pack("[{s:s, s:s, s:s, "
		    "s:{s:s}}]", "@type", "type.googleapis.com/google.rpc.ErrorInfo",
		    "reason", "ACCESS_TOKEN_SCOPE_INSUFFICIENT", "domain",
		    "googleapis.com", "metadata", "service",
		    "calendar-json.googleapis.com"));
	sandbox_call_json(call, status, json_pack("{s:o}", "error", error));
}

void
sandbox_google_fail(struct sandbox_call *call, int status, const char *reason,
    const char *message)
{
	bool header = str_eq(reason, "conditionNotMet");

	if (status == 401) {
		sandbox_call_header(call, "WWW-Authenticate",
		    "Bearer realm=\"https://accounts.google.com/\", "
		    "error=\"invalid_token\"");
		sandbox_google_fail_at(call, 401, reason, message, "header",
		    "Authorization");
	} else {
		sandbox_google_fail_at(call, status, reason, message,
		    header ? "header" : NULL, header ? "If-Match" : NULL);
	}
}

/* A fault at the token endpoint: its reason stands as "error". */
static void
oauth_fault(struct sandbox_call *call, int status, const char *reason,
    const char *message)
{
	sandbox_google_oauth_fail(call, status,
	    *reason ? reason : "internal_failure", message);
}

static bool
has_scope(const struct sandbox_call *call, const char *scopes)
{
	size_t len;

	for (; *scopes; scopes += len + strspn(scopes + len, " ")) {
		len = strcspn(scopes, " ");
		if (sandbox_grant_has(call->scopes, pool_printf(call->pool,
		    SANDBOX_GOOGLE_SCOPE "%.*s", (int)len, scopes)))
			return true;
	}
	return false;
}

static bool
identify(struct sandbox_call *call)
{
	const char *token = sandbox_call_arg(call, "access_token");
	json_t *entry;

	if (call->authorization &&
	    strncasecmp(call->authorization, "Bearer ", 7) == 0)
		token = call->authorization + 7;
	if (!token) {
		call->fail(call, 401, "required", NULL);
		return false;
	}
	entry = sandbox_grant_find(call->sb, token);
	if (!entry || !sandbox_account(call->sb, sandbox_text(entry, "account"))) {
		call->fail(call, 401, "authError", NULL);
		return false;
	}
	call->account = pool_strdup(call->pool, sandbox_text(entry, "account"));
	call->client = pool_strdup(call->pool, sandbox_text(entry, "client"));
	call->scopes = json_object_get(entry, "scopes");
	return true;
}

static bool
enter(struct sandbox_call *call, const struct sandbox_route *route)
{
	bool open = route->flags & SANDBOX_GOOGLE_OPEN;

	call->fail = open ? oauth_fault : sandbox_google_fail;
	sandbox_fault_count(call);
	if (!open && !identify(call))
		return false;
	if (str_starts(route->path, CAL "/calendars/{}") ||
	    str_starts(route->path, CAL "/users/me/calendarList/{}"))
		call->collection = call->segments[0] =
		    sandbox_google_calendar_id(call, call->segments[0]);
	if (!sandbox_fault_pass(call))
		return false;
	if (open || (route->flags & SANDBOX_GOOGLE_OUTER))
		return true;
	if (route->scopes && !has_scope(call, route->scopes)) {
		sandbox_google_fail(call, 403, "insufficientPermissions", NULL);
		return false;
	}
	return sandbox_fault_limit(call);
}

static void
unknown(struct sandbox_call *call)
{
	sandbox_google_fail(call, 404, "notFound", NULL);
}

static const struct sandbox_route routes[] = {
	{ "GET", SANDBOX_GOOGLE "/o/oauth2/v2/auth", "auth", NULL,
	    sandbox_google_consent, SANDBOX_GOOGLE_OPEN },
	{ "POST", SANDBOX_GOOGLE "/o/oauth2/v2/auth", "consent", NULL,
	    sandbox_google_answer, SANDBOX_GOOGLE_OPEN },
	{ "POST", SANDBOX_GOOGLE "/token", "token", NULL, sandbox_google_token,
	    SANDBOX_GOOGLE_OPEN },
	{ "POST", SANDBOX_GOOGLE "/revoke", "revoke", NULL,
	    sandbox_google_revoke, SANDBOX_GOOGLE_OPEN },
	{ "GET", SANDBOX_GOOGLE "/.well-known/openid-configuration", "discovery",
	    NULL, sandbox_google_discovery, SANDBOX_GOOGLE_OPEN },
	{ "GET", SANDBOX_GOOGLE "/v1/userinfo", "userinfo", NULL,
	    sandbox_google_oidc_user, SANDBOX_GOOGLE_OUTER },
	{ "GET", SANDBOX_GOOGLE "/oauth2/v2/userinfo", "userinfo", NULL,
	    sandbox_google_user, SANDBOX_GOOGLE_OUTER },
	{ "GET", CAL "/users/me/calendarList", "calendarList.list", LIST_SCOPES,
	    sandbox_google_list_calendars, 0 },
	{ "POST", CAL "/users/me/calendarList/watch", "calendarList.watch",
	    LIST_SCOPES, sandbox_google_watch_calendars, 0 },
	{ "GET", CAL "/users/me/calendarList/{}", "calendarList.get", LIST_SCOPES,
	    sandbox_google_get_listed, 0 },
	{ "GET", CAL "/calendars/{}", "calendars.get", "calendar "
	    "calendar.readonly calendar.calendars calendar.calendars.readonly",
	    sandbox_google_get_calendar, 0 },
	{ "GET", EVENTS, "events.list", READ_SCOPES, sandbox_google_list, 0 },
	{ "POST", EVENTS, "events.insert", WRITE_SCOPES, sandbox_google_insert, 0 },
	{ "POST", EVENTS "/import", "events.import", WRITE_SCOPES,
	    sandbox_google_import, 0 },
	{ "POST", EVENTS "/watch", "events.watch", READ_SCOPES,
	    sandbox_google_watch_events, 0 },
	{ "GET", EVENTS "/{}", "events.get", READ_SCOPES, sandbox_google_get, 0 },
	{ "PUT", EVENTS "/{}", "events.update", WRITE_SCOPES,
	    sandbox_google_update, 0 },
	{ "PATCH", EVENTS "/{}", "events.patch", WRITE_SCOPES,
	    sandbox_google_patch, 0 },
	{ "DELETE", EVENTS "/{}", "events.delete", WRITE_SCOPES,
	    sandbox_google_delete, 0 },
	{ "GET", EVENTS "/{}/instances", "events.instances", READ_SCOPES,
	    sandbox_google_instances, 0 },
	{ "POST", EVENTS "/{}/move", "events.move", WRITE_SCOPES,
	    sandbox_google_move, 0 },
	{ "POST", CAL "/channels/stop", "channels.stop", READ_SCOPES " "
	    "calendar.calendarlist calendar.calendarlist.readonly",
	    sandbox_google_stop, 0 },
	{ "POST", SANDBOX_GOOGLE "/batch/calendar/v3", "batch", NULL,
	    sandbox_google_batch, SANDBOX_GOOGLE_OUTER },
};

const struct sandbox_routes sandbox_google_routes = { routes,
	sizeof(routes) / sizeof(routes[0]), true, enter, unknown,
	sandbox_google_fields, SANDBOX_GOOGLE "/" };
