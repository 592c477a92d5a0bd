/* What an answer of Google's means, by status and reason. Pure. */
#include <string.h>
#include "providers/google_p.h"
#include "util/str.h"
#include "util/banned.h"

#define FROZEN_SECS 3600	/* "usage limits exceeded": for hours */

/* The older body has errors[].reason, the newer one details[].reason; a missing
 * scope may be said in the second alone. */
static const char *first_reason(const json_t *list)
{
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item) {
		const char *reason = json_string_value(
		    json_object_get(item, "reason"));

		if (reason)
			return reason;
	}
	return NULL;
}

static const char *reason_of(const json_t *body)
{
	const json_t *error = json_object_get(body, "error");
	const char *reason = first_reason(json_object_get(error, "errors"));

	if (!reason)
		reason = first_reason(json_object_get(error, "details"));
	return reason ? reason : "";
}

bool google_verdict_is_scope(const json_t *body)
{
	const char *reason = reason_of(body);

	return str_eq(reason, "insufficientPermissions") ||
	    str_eq(reason, "ACCESS_TOKEN_SCOPE_INSUFFICIENT");
}

struct verdict {
	const char *reason;
	enum err_kind kind;
	enum err_scope scope;
	int secs;			/* to wait, where nothing is said */
	const char *words;
};

#define LIMIT "Google asks us to slow down."
#define SCOPE "Google no longer lets this service into your calendars. " \
	"Reconnect, and leave the boxes ticked."
#define ADDRESS "Google sends messages to https addresses with a good " \
	"certificate only, and this service has none."
static const struct verdict verdicts[] = {
	{ "rateLimitExceeded", ERR_LIMIT, ERR_CONNECTION, 0, LIMIT },
	{ "userRateLimitExceeded", ERR_LIMIT, ERR_CONNECTION, 0, LIMIT },
	{ "RATE_LIMIT_EXCEEDED", ERR_LIMIT, ERR_CONNECTION, 0, LIMIT },
	{ "quotaExceeded", ERR_LIMIT, ERR_CONNECTION, FROZEN_SECS,
	    "Google has stopped changes to this account's calendars for some "
	    "hours: too many were made." },
	{ "dailyLimitExceeded", ERR_LIMIT, ERR_CONNECTION, FROZEN_SECS,
	    "Google's daily limit for this service is used up." },
	{ "insufficientPermissions", ERR_RECONNECT, ERR_CONNECTION, 0, SCOPE },
	{ "ACCESS_TOKEN_SCOPE_INSUFFICIENT", ERR_RECONNECT, ERR_CONNECTION, 0,
	    SCOPE },
	{ "accessNotConfigured", ERR_FORBIDDEN, ERR_CONNECTION, 0,
	    "The Google Calendar API is not switched on for this service. The "
	    "operator switches it on in Google's console." },
	{ "notACalendarUser", ERR_FORBIDDEN, ERR_CONNECTION, 0,
	    "This Google account has no calendar. Open Google Calendar once "
	    "with it, then try again." },
	{ "fullSyncRequired", ERR_GONE, ERR_COLLECTION, 0,
	    "Google wants everything listed again." },
	{ "updatedMinTooLongAgo", ERR_GONE, ERR_COLLECTION, 0,
	    "Google wants everything listed again." },
	{ "deleted", ERR_GONE, ERR_ITEM, 0, "It was deleted at Google." },
	{ "forbiddenForNonOrganizer", ERR_FORBIDDEN, ERR_ITEM, 0,
	    "Only the organiser of this event may change that at Google." },
	{ "timeRangeEmpty", ERR_INPUT, ERR_ITEM, 0,
	    "Google does not take an event that ends before it begins." },
	{ "pushNotSupportedForRequestedResource", ERR_UNSUPPORTED,
	    ERR_COLLECTION, 0, "Google tells nobody of this calendar's "
	    "changes." },
	{ "push.webhookUrlNotHttps", ERR_UNSUPPORTED, ERR_CONNECTION, 0,
	    ADDRESS },
	{ "push.webhookUrlUnauthorized", ERR_UNSUPPORTED, ERR_CONNECTION, 0,
	    ADDRESS },
	{ NULL, ERR_NONE, ERR_ITEM, 0, NULL },
};

static const struct verdict *find(const char *reason)
{
	for (const struct verdict *v = verdicts; v->reason; v++)
		if (str_eq(v->reason, reason))
			return v;
	return NULL;
}

bool google_verdict(int status, const json_t *body,
    const struct http_response *http, struct err *err)
{
	struct http_response part = { .status = status, .url = "" };
	const char *reason = reason_of(body);
	const struct verdict *v;
	int secs = http ? http_retry_after_secs(http) : 0;

	if (status >= 200 && status < 300)
		return true;
	v = status >= 400 && status < 500 ? find(reason) : NULL;
	if (v) {
		err_set_scope(err, v->kind, v->scope, "%s", v->words);
		if (v->kind == ERR_LIMIT)
			err->retry_after_secs = secs > 0 ? secs : v->secs;
		return false;
	}
	if (status == 401)
		return err_set_scope(err, ERR_RECONNECT, ERR_CONNECTION,
		    "Google no longer accepts our access. Reconnect.");
	return http_classify(http ? http : &part, "Google", err) ||
	    err_detail(err, "%.100s", reason);
}
