/* Google's own orders of tests. */
#include <string.h>
#include "sandbox/sandbox_control.h"
#include "sandbox/sandbox_google_calendar.h"
#include "sandbox/sandbox_google_event.h"
#include "sandbox/sandbox_postman.h"
#include "sandbox/sandbox_seed.h"
#include "util/str.h"
#include "util/banned.h"

/* {account, add: {...} | remove: ID | unshare: ID | id, access_role} */
void
sandbox_google_control_calendars(struct sandbox_call *call)
{
	json_t *in = sandbox_control_read(call, "account add remove unshare id "
	    "access_role");
	const char *account, *id, *role;
	struct err err;

	account = in ? sandbox_control_need(call, in, "account") : NULL;
	if (!account)
		return;
	id = json_string_value(json_object_get(in, "id"));
	role = json_string_value(json_object_get(in, "access_role"));
	(void)err_set(&err, ERR_INPUT, "One of these is needed: add, remove, "
	    "unshare, or id with access_role.");
	if (!sandbox_account(call->sb, account)) {
		(void)err_set(&err, ERR_INPUT, "There is no account %s.", account);
	} else if (json_object_get(in, "add")) {
		if (sandbox_google_add_calendar(call->sb, account,
		    json_object_get(in, "add"), &err)) {
			sandbox_control_done(call);
			return;
		}
	} else if (json_object_get(in, "remove")) {
		sandbox_google_remove_calendar(call->sb, sandbox_text(in, "remove"));
		sandbox_control_done(call);
		return;
	} else if (json_object_get(in, "unshare")) {
		sandbox_google_share(call->sb, account, sandbox_text(in, "unshare"),
		    NULL);
		sandbox_control_done(call);
		return;
	} else if (id && role) {
		if (!sandbox_google_calendar(call->sb, id)) {
			(void)err_set(&err, ERR_INPUT, "There is no calendar %s.", id);
		} else {
			sandbox_google_share(call->sb, account, id, role);
			sandbox_google_expire(call->sb, NULL, id);
			sandbox_control_done(call);
			return;
		}
	}
	sandbox_control_refuse(call, &err);
}

/* An event put there as if Google had made it: any type, any organizer. */
void
sandbox_google_control_event(struct sandbox_call *call)
{
	json_t *in = sandbox_control_read(call, "account calendar event");
	const char *account, *calendar;
	struct err err;

	account = in ? sandbox_control_need(call, in, "account") : NULL;
	calendar = account ? sandbox_control_need(call, in, "calendar") : NULL;
	if (!calendar)
		return;
	if (str_eq(calendar, "primary"))
		calendar = account;
	if (sandbox_google_plant(call->sb, account, calendar,
	    json_object_get(in, "event"), &err))
		sandbox_control_done(call);
	else
		sandbox_control_refuse(call, &err);
}

void
sandbox_google_control_expire(struct sandbox_call *call)
{
	json_t *in = sandbox_control_read(call, "account calendar");

	if (!in)
		return;
	sandbox_google_expire(call->sb,
	    json_string_value(json_object_get(in, "account")),
	    json_string_value(json_object_get(in, "calendar")));
	sandbox_control_done(call);
}

void
sandbox_google_control_channels(struct sandbox_call *call)
{
	json_t *all = SANDBOX_GET(&call->sb->tree, "google", "channels"), *channel;
	json_t *list = json_array(), *one;
	const char *id;

	json_object_foreach(all, id, channel) {
		one = json_copy(channel);
		json_object_del(one, "token");
		json_object_set_new(one, "id", json_string(id));
		json_object_set_new(one, "post", sandbox_postman_counts(
		    call->sb->postman, id));
		json_array_append_new(list, one);
	}
	sandbox_call_json(call, 200, list);
}

void
sandbox_google_control_token(struct sandbox_call *call)
{
	json_t *in = sandbox_control_read(call, "account scopes");
	const char *account = in ? sandbox_control_need(call, in, "account") : NULL;
	struct sandbox_grant_tokens tokens = { 0 };
	struct sandbox_grant_ask ask;
	struct err err;

	if (!account)
		return;
	if (!sandbox_account(call->sb, account) ||
	    !json_is_array(json_object_get(in, "scopes"))) {
		(void)err_set(&err, ERR_INPUT, "\"account\" must be one that is "
		    "there, and \"scopes\" a list.");
		sandbox_control_refuse(call, &err);
		return;
	}
	ask = (struct sandbox_grant_ask){ .provider = "google",
	    .client = call->sb->opts->client.id, .account = account,
	    .redirect = "", .scopes = json_object_get(in, "scopes"),
	    .offline = true, .anew = true };
	sandbox_grant_give(call->sb, call->pool, &ask, &sandbox_google_spelling,
	    &tokens);
	sandbox_call_json(call, 200, json_pack("{s:s, s:s}", "access_token",
	    tokens.access, "refresh_token", tokens.refresh));
}
