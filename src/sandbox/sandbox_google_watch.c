/* Push channels: watch, stop, and who is told of a change. */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "sandbox/sandbox_google_calendar.h"
#include "sandbox/sandbox_postman.h"
#include "util/digest.h"
#include "util/str.h"
#include "util/banned.h"

#define TTL_MOST 604800
#define ID_MOST 64
#define TOKEN_MOST 256

char *
sandbox_google_events_resource(struct pool *pool, const char *calendar)
{
	return pool_printf(pool, "events %s", calendar);
}

char *
sandbox_google_list_resource(struct pool *pool, const char *account)
{
	return pool_printf(pool, "list %s", account);
}

static char *
resource_id(struct pool *pool, const char *resource)
{
	struct digest d = digest_sha256(resource, strlen(resource));

	return digest_base64url(pool, d.bytes, 20);
}

static char *
http_date(struct pool *pool, json_int_t ms)
{
	static const char *const days[] = { "Mon", "Tue", "Wed", "Thu", "Fri",
	    "Sat", "Sun" };
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May",
	    "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	struct wall w = wall_from_utc(ms * 1000);

	return pool_printf(pool, "%s, %02d %s %04d %02d:%02d:%02d GMT",
	    days[wall_weekday(&w)], w.day, months[w.month - 1], w.year, w.hour,
	    w.minute, w.second);
}

/* Late and doubled as ordered; numbers grow, with gaps. */
static void
post(struct sandbox *sb, const char *id, json_t *channel, const char *state)
{
	struct pool *pool = pool_new(NULL);
	const struct sandbox_settings *is = &sb->settings;
	json_int_t n = json_integer_value(json_object_get(channel, "number"));
	int copies = is->push == SANDBOX_PUSH_DUPLICATE ? is->push_copies : 1;
	const char *token = sandbox_text(channel, "token");
	const char *headers[] = {
		pool_printf(pool, "X-Goog-Channel-ID: %s", id),
		pool_printf(pool, "X-Goog-Message-Number: %lld", (long long)n),
		pool_printf(pool, "X-Goog-Resource-ID: %s",
		    sandbox_text(channel, "resourceId")),
		pool_printf(pool, "X-Goog-Resource-State: %s", state),
		pool_printf(pool, "X-Goog-Resource-URI: %s",
		    sandbox_text(channel, "resourceUri")),
		pool_printf(pool, "X-Goog-Channel-Expiration: %s", http_date(pool,
		    json_integer_value(json_object_get(channel, "expiration")))),
		"Content-Type:", "User-Agent: APIs-Google; (sandbox)", "Accept: */*",
		*token ? pool_printf(pool, "X-Goog-Channel-Token: %s", token) : NULL,
		NULL };
	const struct sandbox_letter letter = { id,
	    sandbox_text(channel, "address"), headers, NULL,
	    is->push == SANDBOX_PUSH_LATE ? is->push_delay_ms : 0 };

	json_object_set_new(channel, "number",
	    json_integer(n + (n == 1 ? 1 : 1 + n % 3)));
	SANDBOX_KEEP(&sb->tree, channel, "google", "channels", id);
	while (sb->postman && copies-- > 0)
		sandbox_postman_send(sb->postman, &letter);
	pool_free(pool);
}

void
sandbox_google_tell(struct sandbox *sb, const char *resource)
{
	json_t *all = SANDBOX_GET(&sb->tree, "google", "channels"), *channel;
	json_int_t now = sandbox_now(sb) / 1000;
	const char *id;
	void *next;

	if (sb->settings.push == SANDBOX_PUSH_OFF)
		return;
	json_object_foreach_safe(all, next, id, channel)
		if (str_eq(sandbox_text(channel, "resource"), resource) &&
		    json_is_true(json_object_get(channel, "open")) &&
		    json_integer_value(json_object_get(channel, "expiration")) > now)
			post(sb, id, channel, "exists");
}

/* ---- watch ---- */

static bool
address_allowed(const struct sandbox *sb, const char *address)
{
	const char *const *o;
	size_t len;

	if (str_starts(address, "https://"))
		return true;
	for (o = sb->opts->hook_origins; *o; o++) {
		len = strlen(*o);
		if (str_starts(address, *o) && (address[len] == '/' ||
		    address[len] == '\0'))
			return true;
	}
	return false;
}

/* A number, or the text of one; -1 = neither. */
static json_int_t
whole(const json_t *value)
{
	unsigned long long n;

	if (json_is_integer(value))
		return json_integer_value(value);
	return json_is_string(value) && str_to_u64(json_string_value(value), &n) &&
	    n < 100000000000000000 ? (json_int_t)n : -1;
}

/* Milliseconds; 0 = answered. */
static json_int_t
expiration(struct sandbox_call *call, const json_t *body)
{
	json_int_t now = sandbox_now(call->sb) / 1000;
	json_int_t most = now + TTL_MOST * (json_int_t)1000, at = most;
	const json_t *ttl = json_object_get(json_object_get(body, "params"), "ttl");
	const json_t *asked = json_object_get(body, "expiration");

	if (asked)
		at = whole(asked);
	else if (ttl)
		at = whole(ttl) < 0 ? -1 : now + whole(ttl) * 1000;
	if (at <= now) {
		sandbox_google_fail(call, 400, "invalid",
		    asked ? "Invalid expiration." : "Invalid ttl.");
		return 0;
	}
	return at < most ? at : most;
}

static bool
channel_is_good(struct sandbox_call *call, const json_t *body)
{
	const char *id = sandbox_text(body, "id");
	const char *type = sandbox_text(body, "type");
	const char *address = sandbox_text(body, "address");

	if (!*id || strlen(id) > ID_MOST || strspn(id, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_+/=") != strlen(id))
		sandbox_google_fail(call, 400, "invalid", "Invalid channel id.");
	else if (!str_eq(type, "web_hook") && !str_eq(type, "webhook"))
		sandbox_google_fail(call, 400, "invalid", "Unknown channel type.");
	else if (strlen(sandbox_text(body, "token")) > TOKEN_MOST)
		sandbox_google_fail(call, 400, "invalid", "Channel token too long.");
	else if (!address_allowed(call->sb, address))
		sandbox_google_fail(call, 400, "push.webhookUrlNotHttps", NULL);
	else if (SANDBOX_GET(&call->sb->tree, "google", "channels", id))
		sandbox_google_fail(call, 400, "channelIdNotUnique",
		    pool_printf(call->pool, "Channel id %s not unique", id));
	else
		return true;
	return false;
}

static void
watch(struct sandbox_call *call, const char *resource, const char *path)
{
	struct err err;
	json_t *body = sandbox_call_object(call, &err), *channel;
	json_int_t until;
	const char *id;

	if (!body) {
		sandbox_google_fail(call, 400, "parseError", NULL);
		return;
	}
	if (!channel_is_good(call, body) || (until = expiration(call, body)) == 0)
		return;
	id = sandbox_text(body, "id");
	channel = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:O, s:O*, s:I, s:i, "
	    "s:b}", "account", call->account, "client", call->client, "resource",
	    resource, "resourceId", resource_id(call->pool, resource),
	    "resourceUri", pool_printf(call->pool, "%s" SANDBOX_GOOGLE
	    "/calendar/v3/%s?alt=json", call->sb->opts->origin, path), "type",
	    "web_hook", "address", json_object_get(body, "address"), "token",
	    json_object_get(body, "token"), "expiration", until, "number", 1,
	    "open", 1);
	SANDBOX_PUT(&call->sb->tree, channel, "google", "channels", id);
	if (call->sb->settings.push != SANDBOX_PUSH_OFF)
		post(call->sb, id, channel, "sync");
	sandbox_call_json(call, 200, json_pack("{s:s, s:s, s:O, s:O, s:O*, s:s}",
	    "kind", "api#channel", "id", id, "resourceId",
	    json_object_get(channel, "resourceId"), "resourceUri",
	    json_object_get(channel, "resourceUri"), "token",
	    json_object_get(channel, "token"), "expiration",
	    pool_printf(call->pool, "%lld", (long long)until)));
}

void
sandbox_google_watch_events(struct sandbox_call *call)
{
	json_t *calendar;
	struct str path;

	if (!sandbox_google_may_read(call))
		return;
	calendar = sandbox_google_calendar(call->sb, call->collection);
	if (json_is_true(json_object_get(calendar, "deaf"))) {
		sandbox_google_fail(call, 400, "pushNotSupportedForRequestedResource",
		    "Push notifications are not supported by this resource.");
		return;
	}
	str_init(&path, call->pool, 4096);
	str_add(&path, "calendars/");
	str_urlarg(&path, call->collection);
	str_add(&path, "/events");
	watch(call, sandbox_google_events_resource(call->pool, call->collection),
	    path.data);
}

void
sandbox_google_watch_calendars(struct sandbox_call *call)
{
	watch(call, sandbox_google_list_resource(call->pool, call->account),
	    "users/me/calendarList");
}

/* The id stays taken. */
void
sandbox_google_stop(struct sandbox_call *call)
{
	struct err err;
	json_t *body = sandbox_call_object(call, &err), *channel;
	const char *id = sandbox_text(body, "id");

	channel = SANDBOX_GET(&call->sb->tree, "google", "channels", id);
	if (!body) {
		sandbox_google_fail(call, 400, "parseError", NULL);
	} else if (!channel || !json_is_true(json_object_get(channel, "open")) ||
	    !str_eq(sandbox_text(channel, "resourceId"),
	    sandbox_text(body, "resourceId")) ||
	    !str_eq(sandbox_text(channel, "account"), call->account) ||
	    !str_eq(sandbox_text(channel, "client"), call->client)) {
		sandbox_google_fail(call, 404, "notFound", pool_printf(call->pool,
		    "Channel '%s' not found for project", id));
	} else {
		json_object_set_new(channel, "open", json_false());
		SANDBOX_KEEP(&call->sb->tree, channel, "google", "channels", id);
		sandbox_call_json(call, 204, NULL);
	}
}
