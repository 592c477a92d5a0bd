/* Faults, limits and counts; the provider's way of saying no is the call's. */
#include <string.h>
#include "sandbox/sandbox_fault.h"
#include "util/str.h"
#include "util/banned.h"

#define WINDOW_MS 60000

static bool
same_or_absent(const json_t *match, const char *name, const char *is)
{
	const char *want = json_string_value(json_object_get(match, name));

	return !want || (is && str_eq(want, is));
}

static bool
fits(const struct sandbox_call *call, const json_t *fault)
{
	const json_t *match = json_object_get(fault, "match");

	return json_integer_value(json_object_get(fault, "times")) != 0 &&
	    same_or_absent(match, "operation", call->operation) &&
	    same_or_absent(match, "account", call->account) &&
	    same_or_absent(match, "calendar", call->collection);
}

static void
count_down(json_t *fault, const char *name)
{
	json_int_t n = json_integer_value(json_object_get(fault, name));

	if (n > 0)
		json_object_set_new(fault, name, json_integer(n - 1));
}

static bool
strike(struct sandbox_call *call, const json_t *fault)
{
	const char *action = sandbox_text(fault, "action");
	json_int_t secs = json_integer_value(json_object_get(fault, "retry_after"));

	call->delay_ms += (int)json_integer_value(
	    json_object_get(fault, "delay_ms"));
	if (str_eq(action, "cut"))
		call->mangle = SANDBOX_CUT;
	else if (str_eq(action, "garbage"))
		call->mangle = SANDBOX_GARBAGE;
	else if (str_eq(action, "lose_answer"))
		call->mangle = SANDBOX_LOST;
	if (!str_eq(action, "status"))
		return true;
	if (secs > 0)
		sandbox_call_header(call, "Retry-After",
		    pool_printf(call->pool, "%lld", (long long)secs));
	call->fail(call, (int)json_integer_value(json_object_get(fault, "status")),
	    sandbox_text(fault, "reason"), NULL);
	return false;
}

void
sandbox_fault_count(struct sandbox_call *call)
{
	json_t *kind = json_object_get(call->sb->counts,
	    call->part ? "parts" : "requests");

	json_object_set_new(kind, call->operation, json_integer(1 +
	    json_integer_value(json_object_get(kind, call->operation))));
}

bool
sandbox_fault_pass(struct sandbox_call *call)
{
	json_t *fault;
	size_t i;

	json_array_foreach(call->sb->faults, i, fault) {
		if (!fits(call, fault))
			continue;
		if (json_integer_value(json_object_get(fault, "after")) > 0) {
			count_down(fault, "after");
			continue;
		}
		count_down(fault, "times");
		json_object_set_new(fault, "struck", json_integer(1 +
		    json_integer_value(json_object_get(fault, "struck"))));
		return strike(call, fault);
	}
	return true;
}

bool
sandbox_fault_limit(struct sandbox_call *call)
{
	int most = call->sb->settings.per_minute;
	json_int_t now = sandbox_now(call->sb) / 1000;
	json_t *times;

	if (most == 0 || !call->account)
		return true;
	times = json_object_get(call->sb->windows, call->account);
	if (!times) {
		times = json_array();
		json_object_set_new(call->sb->windows, call->account, times);
	}
	while (json_array_size(times) > 0 &&
	    json_integer_value(json_array_get(times, 0)) <= now - WINDOW_MS)
		json_array_remove(times, 0);
	if (json_array_size(times) >= (size_t)most) {
		call->fail(call, 403, "rateLimitExceeded", "Rate Limit Exceeded");
		return false;
	}
	json_array_append_new(times, json_integer(now));
	return true;
}
