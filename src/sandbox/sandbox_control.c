/* The orders that all providers share. */
#include <string.h>
#include "sandbox/sandbox_control.h"
#include "sandbox/sandbox_grant.h"
#include "sandbox/sandbox_ledger.h"
#include "sandbox/sandbox_postman.h"
#include "sandbox/sandbox_seed.h"
#include "util/str.h"
#include "util/banned.h"

void
sandbox_control_refuse(struct sandbox_call *call, const struct err *err)
{
	sandbox_call_json(call, 400, json_pack("{s:s}", "error", err->msg));
}

void
sandbox_control_done(struct sandbox_call *call)
{
	sandbox_call_json(call, 200, json_pack("{s:b}", "ok", 1));
}

json_t *
sandbox_control_read(struct sandbox_call *call, const char *names)
{
	struct err err;
	json_t *in;

	if (call->body_len == 0) {
		call->body = "{}";
		call->body_len = 2;
	}
	in = sandbox_call_object(call, &err);
	if (in && sandbox_seed_members(in, names, &err))
		return in;
	sandbox_control_refuse(call, &err);
	return NULL;
}

const char *
sandbox_control_need(struct sandbox_call *call, const json_t *in,
    const char *name)
{
	const char *text = json_string_value(json_object_get(in, name));
	struct err err;

	if (text)
		return text;
	(void)err_set(&err, ERR_INPUT, "\"%s\" is missing, or no text.", name);
	sandbox_control_refuse(call, &err);
	return NULL;
}

static int
number(const json_t *in, const char *name, int otherwise)
{
	json_t *n = json_object_get(in, name);

	return json_is_integer(n) ? (int)json_integer_value(n) : otherwise;
}

static void
reset(struct sandbox_call *call)
{
	struct err err;

	if (!sandbox_control_read(call, ""))
		return;
	sandbox_postman_forget(call->sb->postman);
	if (sandbox_reset(call->sb, &err))
		sandbox_control_done(call);
	else
		sandbox_control_refuse(call, &err);
}

static void
accounts(struct sandbox_call *call)
{
	json_t *in = sandbox_control_read(call, "email name sub calendars");
	struct err err;

	if (!in)
		return;
	if (sandbox_seed_account(call->sb, in, &err))
		sandbox_call_json(call, 200, json_incref(sandbox_account(call->sb,
		    sandbox_text(in, "email"))));
	else
		sandbox_control_refuse(call, &err);
}

static void
list_accounts(struct sandbox_call *call)
{
	json_t *all = SANDBOX_GET(&call->sb->tree, "accounts");

	sandbox_call_json(call, 200, all ? json_incref(all) : json_object());
}

static bool
fault_is_good(const json_t *in, struct err *err)
{
	static const char *const actions[] = { "status", "delay", "cut",
	    "garbage", "lose_answer" };
	const json_t *match = json_object_get(in, "match");
	const char *action = sandbox_text(in, "action");
	size_t i;

	if (match && !sandbox_seed_members(match, "operation account calendar",
	    err))
		return false;
	for (i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		if (str_eq(action, actions[i]))
			break;
	if (i == sizeof(actions) / sizeof(actions[0]))
		return err_set(err, ERR_INPUT, "\"action\" must be status, delay, "
		    "cut, garbage or lose_answer.");
	if (i == 0 && (number(in, "status", 0) < 400 ||
	    number(in, "status", 0) > 599))
		return err_set(err, ERR_INPUT, "\"status\" must be 400 to 599.");
	return true;
}

static void
fault(struct sandbox_call *call)
{
	json_t *in = sandbox_control_read(call, "match after times action status "
	    "reason retry_after delay_ms");
	struct err err;

	if (!in)
		return;
	if (!fault_is_good(in, &err)) {
		sandbox_control_refuse(call, &err);
		return;
	}
	in = json_deep_copy(in);
	if (!json_object_get(in, "times"))
		json_object_set_new(in, "times", json_integer(1));
	json_object_set_new(in, "struck", json_integer(0));
	json_array_append_new(call->sb->faults, in);
	sandbox_control_done(call);
}

static void
list_faults(struct sandbox_call *call)
{
	sandbox_call_json(call, 200, json_incref(call->sb->faults));
}

static void
clear_faults(struct sandbox_call *call)
{
	json_array_clear(call->sb->faults);
	sandbox_control_done(call);
}

static void
latency(struct sandbox_call *call)
{
	json_t *in = sandbox_control_read(call, "ms");

	if (!in)
		return;
	call->sb->settings.latency_ms = number(in, "ms", 0);
	sandbox_control_done(call);
}

static void
turn_clock(struct sandbox_call *call, const json_t *in)
{
	json_t *clock = SANDBOX_GET(&call->sb->tree, "clock");
	json_t *frozen = json_object_get(clock, "frozen");
	json_int_t secs = json_integer_value(json_object_get(in, "advance_secs"));

	if (json_is_true(json_object_get(in, "real")))
		sandbox_set_clock(call->sb, 0, WHEN_NONE);
	else if (frozen)
		sandbox_set_clock(call->sb, 0,
		    json_integer_value(frozen) + secs * WHEN_SEC);
	else
		sandbox_set_clock(call->sb, secs +
		    json_integer_value(json_object_get(clock, "offset")), WHEN_NONE);
}

static void
clock_order(struct sandbox_call *call)
{
	json_t *in = sandbox_control_read(call, "now advance_secs real");
	const char *at;
	struct err err;
	when_t t;

	if (!in)
		return;
	at = json_string_value(json_object_get(in, "now"));
	if (!at) {
		turn_clock(call, in);
	} else if (when_parse(at, &t)) {
		sandbox_set_clock(call->sb, 0, t);
	} else {
		(void)err_set(&err, ERR_INPUT, "\"now\" must be like "
		    "2026-11-20T10:00:00Z.");
		sandbox_control_refuse(call, &err);
		return;
	}
	sandbox_call_json(call, 200, json_pack("{s:s}", "now",
	    when_format(call->pool, sandbox_now(call->sb))));
}

static void
push(struct sandbox_call *call)
{
	static const char *const modes[] = { "on", "off", "late", "duplicate" };
	json_t *in = sandbox_control_read(call, "mode delay_ms copies");
	struct sandbox_settings *is = &call->sb->settings;
	const char *mode;
	struct err err;
	size_t i;

	mode = in ? sandbox_control_need(call, in, "mode") : NULL;
	if (!mode)
		return;
	for (i = 0; i < 4 && !str_eq(mode, modes[i]); i++)
		;
	if (i == 4) {
		(void)err_set(&err, ERR_INPUT, "\"mode\" must be on, off, late or "
		    "duplicate.");
		sandbox_control_refuse(call, &err);
		return;
	}
	is->push = i;
	is->push_delay_ms = number(in, "delay_ms", 1000);
	is->push_copies = number(in, "copies", 2);
	sandbox_control_done(call);
}

static void
limit(struct sandbox_call *call)
{
	json_t *in = sandbox_control_read(call, "per_minute");

	if (!in)
		return;
	call->sb->settings.per_minute = number(in, "per_minute", 0);
	json_object_clear(call->sb->windows);
	sandbox_control_done(call);
}

static void
revoke(struct sandbox_call *call)
{
	json_t *in = sandbox_control_read(call, "account");
	const char *account = in ? sandbox_control_need(call, in, "account") : NULL;

	if (!account)
		return;
	sandbox_grant_withdraw(call->sb, account, NULL);
	sandbox_control_done(call);
}

static void
scopes(struct sandbox_call *call)
{
	json_t *in = sandbox_control_read(call, "account scopes");
	const char *account = in ? sandbox_control_need(call, in, "account") : NULL;
	struct err err;

	if (!account)
		return;
	if (!json_is_array(json_object_get(in, "scopes"))) {
		(void)err_set(&err, ERR_INPUT, "\"scopes\" must be a list.");
		sandbox_control_refuse(call, &err);
		return;
	}
	sandbox_grant_withdraw(call->sb, account, json_object_get(in, "scopes"));
	sandbox_control_done(call);
}

/* /control/down, testing, rotate, empty_pages {"on": true}. */
static void
turn(struct sandbox_call *call)
{
	json_t *in = sandbox_control_read(call, "on"), *on;
	struct sandbox_settings *is = &call->sb->settings;
	const char *name = call->path + strlen("/control/");
	struct err err;

	if (!in)
		return;
	on = json_object_get(in, "on");
	if (!json_is_boolean(on)) {
		(void)err_set(&err, ERR_INPUT, "\"on\" must be true or false.");
		sandbox_control_refuse(call, &err);
		return;
	}
	*(str_eq(name, "down") ? &is->down : str_eq(name, "testing") ?
	    &is->testing : str_eq(name, "rotate") ? &is->rotate :
	    &is->empty_pages) = json_is_true(on);
	sandbox_control_done(call);
}

static void
coop(struct sandbox_call *call)
{
	json_t *in = sandbox_control_read(call, "value");
	const char *value = in ? sandbox_control_need(call, in, "value") : NULL;

	if (!value)
		return;
	snprintf(call->sb->settings.coop, sizeof(call->sb->settings.coop), "%.*s",
	    (int)strcspn(value, "\r\n"), value);
	sandbox_control_done(call);
}

static void
ledger(struct sandbox_call *call)
{
	const char *after = sandbox_call_arg(call, "after");
	unsigned long long n = 0;
	struct err err;

	if (after && !str_to_u64(after, &n)) {
		(void)err_set(&err, ERR_INPUT, "after must be a number.");
		sandbox_control_refuse(call, &err);
		return;
	}
	sandbox_call_json(call, 200, sandbox_ledger_list(call->sb, (json_int_t)n));
}

static void
requests(struct sandbox_call *call)
{
	sandbox_call_json(call, 200, json_incref(call->sb->counts));
}

static void
reset_requests(struct sandbox_call *call)
{
	json_object_clear(json_object_get(call->sb->counts, "requests"));
	json_object_clear(json_object_get(call->sb->counts, "parts"));
	sandbox_control_done(call);
}

static void
grants(struct sandbox_call *call)
{
	sandbox_call_json(call, 200, sandbox_grant_list(call->sb));
}

static void
unknown(struct sandbox_call *call)
{
	struct err err;

	(void)err_set(&err, ERR_NOT_FOUND, "There is no order %s %s.",
	    call->method, call->path);
	sandbox_call_json(call, 404, json_pack("{s:s}", "error", err.msg));
}

#define ORDER(method, name, serve) { method, "/control/" name, name, NULL, \
	serve, 0 }

static const struct sandbox_route routes[] = {
	ORDER("POST", "reset", reset),
	ORDER("POST", "accounts", accounts),
	ORDER("GET", "accounts", list_accounts),
	ORDER("POST", "calendars", sandbox_google_control_calendars),
	ORDER("POST", "event", sandbox_google_control_event),
	ORDER("POST", "faults", fault),
	ORDER("GET", "faults", list_faults),
	ORDER("DELETE", "faults", clear_faults),
	ORDER("POST", "latency", latency),
	ORDER("POST", "clock", clock_order),
	ORDER("POST", "push", push),
	ORDER("POST", "limit", limit),
	ORDER("POST", "expire_sync_tokens", sandbox_google_control_expire),
	ORDER("POST", "empty_pages", turn),
	ORDER("POST", "revoke", revoke),
	ORDER("POST", "scopes", scopes),
	ORDER("POST", "down", turn),
	ORDER("POST", "testing", turn),
	ORDER("POST", "rotate", turn),
	ORDER("POST", "coop", coop),
	ORDER("POST", "token", sandbox_google_control_token),
	ORDER("GET", "ledger", ledger),
	ORDER("GET", "requests", requests),
	ORDER("POST", "requests/reset", reset_requests),
	ORDER("GET", "channels", sandbox_google_control_channels),
	ORDER("GET", "grants", grants),
};

const struct sandbox_routes sandbox_control_routes = { routes,
	sizeof(routes) / sizeof(routes[0]), false, NULL, unknown, NULL,
	"/control/" };
