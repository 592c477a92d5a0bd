/*
 * One request to Google: signed with the session's token, renewed once when it
 * is refused, answered in JSON. Must not know what is asked for.
 */
#include <string.h>
#include "providers/google_p.h"
#include "util/str.h"
#include "util/banned.h"

/* Compression wants both the header and the word in the agent's name. */
#define AGENT "Hawser (gzip)"

char *google_call_url(const struct provider_session *session,
    struct pool *pool, const char *path)
{
	const char *base = session->config->google.api_url;
	size_t len = strlen(base);

	return pool_printf(pool, "%s%s%s", base,
	    len > 0 && base[len - 1] == '/' ? "" : "/", path);
}

const char *google_text(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

static bool send_once(struct provider_session *session, struct pool *pool,
    const struct google_call *call, struct google_answer *out,
    struct err *err)
{
	struct http_header headers[3] = { { "User-Agent", AGENT } };
	struct http_request request = {
		.method = call->method, .url = call->url, .headers = headers,
		.header_count = 1, .body = call->body,
		.body_len = call->body ? strlen(call->body) : 0,
		.bearer = session->bearer, .max_body_bytes = GOOGLE_LIST_BYTES,
	};
	struct err ignored;

	if (call->body)
		headers[request.header_count++] = (struct http_header){
		    "Content-Type", call->type ? call->type :
		    "application/json; charset=utf-8" };
	if (call->if_match)
		headers[request.header_count++] = (struct http_header){
		    "If-Match", call->if_match };
	out->json = NULL;
	if (!http_send(session->http, pool, &request, &out->http, err))
		return false;
	if (out->http.body_len > 0 && !jsonx_parse(pool, out->http.body,
	    out->http.body_len, &out->json, &ignored))
		out->json = NULL;
	return true;
}

/* A page of somebody else's, or half an answer. */
static bool check_json(const struct google_answer *a, struct err *err)
{
	return a->http.status == 204 || a->json || err_set_scope(err,
	    ERR_UPSTREAM, ERR_CONNECTION, "What answered for Google is not "
	    "Google's (%d, not JSON).", a->http.status);
}

bool google_call_send(struct provider_session *session, struct pool *pool,
    const struct google_call *call, struct google_answer *out,
    struct err *err)
{
	if (!send_once(session, pool, call, out, err))
		return false;
	if (out->http.status == 401 && (!session->renew(session, err) ||
	    !send_once(session, pool, call, out, err)))
		return false;
	return google_verdict(out->http.status, out->json, &out->http, err) &&
	    (call->any_answer || check_json(out, err));
}
