/*
 * Push channels of a calendar's events (Calendar API, "Push notifications"):
 * opened and stopped. Google has no call to renew one, nor a list of them. Must
 * not know what becomes of the messages.
 */
#include <string.h>
#include "providers/google_p.h"
#include "util/str.h"
#include "util/banned.h"

/* Milliseconds, as text or as a number: both have been seen. */
static when_t expiration_of(const json_t *answer)
{
	const json_t *at = json_object_get(answer, "expiration");
	unsigned long long ms = 0;

	if (json_is_integer(at) && json_integer_value(at) > 0)
		ms = (unsigned long long)json_integer_value(at);
	else if (!str_to_u64(json_string_value(at), &ms))
		return WHEN_NONE;
	return ms > 0 && ms < UINT64_C(100000000000000) ?
	    (when_t)ms * 1000 : WHEN_NONE;
}

bool google_watch(struct provider_session *session, struct pool *pool,
    const struct provider_watch *ask, struct provider_channel *out,
    struct err *err)
{
	struct google_call call = { .method = "POST" };
	struct google_answer answer;
	const char *resource;

	call.url = google_call_url(session, pool, google_event_path(pool,
	    ask->collection_id, "watch", NULL));
	call.body = jsonx_dump(pool, jsonx_pack(pool,
	    "{s:s, s:s, s:s, s:s, s:{s:s}}", "id", ask->channel_id, "type",
	    "web_hook", "address", ask->address, "token",
	    secret_peek(ask->token), "params", "ttl", pool_printf(pool, "%d",
	    ask->secs)));
	if (!google_call_send(session, pool, &call, &answer, err))
		return false;
	resource = google_text(answer.json, "resourceId");
	if (*resource == '\0' || strlen(resource) > PROVIDER_RESOURCE_BYTES)
		return err_set_scope(err, ERR_UPSTREAM, ERR_COLLECTION,
		    "Google opened a channel without saying what to stop.");
	*out = (struct provider_channel){ ask->channel_id, resource,
	    expiration_of(answer.json) };
	return true;
}

bool google_unwatch(struct provider_session *session, struct pool *pool,
    const struct provider_channel *channel, struct err *err)
{
	struct google_call call = { .method = "POST", .any_answer = true };
	struct google_answer answer;

	call.url = google_call_url(session, pool, "channels/stop");
	call.body = jsonx_dump(pool, jsonx_pack(pool, "{s:s, s:s}", "id",
	    channel->channel_id, "resourceId", channel->resource_id));
	return google_call_send(session, pool, &call, &answer, err) ||
	    err->kind == ERR_NOT_FOUND;
}
