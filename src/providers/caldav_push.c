/*
 * Writes: conditional PUT and DELETE, several at a time, each success read
 * again by one multiget. Must not decide conflicts: it reports them.
 */
#include "providers/caldav_write.h"
#include <string.h>
#include "providers/ical_map.h"
#include "util/str.h"
#include "util/when.h"
#include "util/banned.h"

struct push {
	struct provider_session *session;
	struct pool *pool;
	const char *collection_id;
	struct caldav_put *puts;
	size_t count;
};

/* ---- before sending ---- */

static bool prepare(struct push *push, struct caldav_put *put,
    struct err *err)
{
	const struct provider_write *w = put->write;
	struct pool *pool = push->pool;
	char *body;

	put->id = w->verb == PROVIDER_CREATE
	    ? caldav_href_from_op(pool, push->collection_id, w->op_id)
	    : pool_strdup(pool, w->remote_id);
	put->result->remote_id = put->id;
	if (!caldav_href_url(push->session, pool, put->id, &put->url, err)
	    || !caldav_guests_check(push->session, pool, push->collection_id,
		w, err))
		return false;
	put->phase = CALDAV_READY;
	if (w->verb != PROVIDER_CREATE
	    && caldav_verdict_is_strong(w->version))
		put->if_match = w->version;
	if (w->verb == PROVIDER_REMOVE)
		return true;
	if (!ical_write(pool, w->event, w->base_raw, w->base_raw_len,
	    when_now(), &body, &put->body_len, err))
		return false;
	put->body = body;
	return true;
}

/* "abc" and W/"abc" name the same content. */
static bool same_weak(const char *a, const char *b)
{
	if (!a || !b)
		return false;
	a += str_starts(a, "W/") ? 2 : 0;
	b += str_starts(b, "W/") ? 2 : 0;
	return strcmp(a, b) == 0;
}

static bool is_unchanged(struct pool *pool, const struct provider_write *w,
    const struct provider_item *now)
{
	struct event *base;
	struct err ignored;
	struct digest a, b;

	if (same_weak(w->version, now->version))
		return true;
	if (!w->base_raw || !now->event)
		return !w->base_raw && !w->version;
	if (!ical_read(pool, w->base_raw, w->base_raw_len, &base, &ignored))
		return false;
	a = event_hash(pool, base);
	b = event_hash(pool, now->event);
	return digest_eq(&a, &b);
}

static void compare_first(struct push *push, struct caldav_put *put,
    const struct provider_item *now)
{
	struct err *err = &put->result->err;

	if (now->gone)
		err_set(err, ERR_NOT_FOUND,
		    "The event no longer exists at the server.");
	else if (now->err.kind != ERR_NONE && !now->raw)
		*err = now->err;
	else if (!is_unchanged(push->pool, put->write, now))
		err_set(err, ERR_CONFLICT,
		    "The event was changed at the server in the meantime.");
	else if (caldav_verdict_is_strong(now->version))
		put->if_match = now->version;
	if (err->kind != ERR_NONE)
		put->phase = CALDAV_DECIDED;
}

/*
 * A weak tag never matches (RFC 9110 13.1.1) and some servers give none: then
 * the content is compared first. The gap until the write is small; accepted.
 */
static void settle_weak_tags(struct push *push)
{
	const char **ids = pool_array(push->pool, push->count, sizeof(*ids));
	size_t *of = pool_array(push->pool, push->count, sizeof(*of));
	struct provider_item *items = pool_array(push->pool, push->count,
	    sizeof(*items));
	size_t n = 0;

	for (size_t i = 0; i < push->count; i++) {
		const struct caldav_put *put = &push->puts[i];

		if (put->phase == CALDAV_READY && !put->if_match
		    && put->write->verb != PROVIDER_CREATE) {
			ids[n] = put->id;
			of[n++] = i;
		}
	}
	if (n == 0)
		return;
	caldav_get_all(push->session, push->pool, ids, n, items);
	for (size_t i = 0; i < n; i++)
		compare_first(push, &push->puts[of[i]], &items[i]);
}

/* ---- sending ---- */

static struct http_request put_request(const struct push *push,
    const struct caldav_put *put, struct http_header headers[3])
{
	bool remove = put->write->verb == PROVIDER_REMOVE;
	struct http_request request = {
		.method = remove ? "DELETE" : "PUT", .url = put->url,
		.headers = headers, .body = put->body,
		.body_len = put->body_len, .identity = true,
	};

	if (remove)			/* RFC 6638 8.1: mail nobody */
		headers[request.header_count++] = (struct http_header){
		    "Schedule-Reply", "F" };
	else
		headers[request.header_count++] = (struct http_header){
		    "Content-Type", "text/calendar; charset=utf-8" };
	if (put->write->verb == PROVIDER_CREATE)
		headers[request.header_count++] = (struct http_header){
		    "If-None-Match", "*" };
	else if (put->if_match)
		headers[request.header_count++] = (struct http_header){
		    "If-Match", put->if_match };
	caldav_call_sign(push->session, &request);
	return request;
}

/* Same method, same body; a 303 would turn a write into a GET. */
static void follow(struct push *push, struct caldav_put *put,
    struct http_request request, struct http_response *response)
{
	struct err err = { 0 };
	char *next;

	for (int hop = 0; hop < CALDAV_REDIRECTS; hop++) {
		if (!caldav_call_is_redirect(response->status)
		    || response->status == 303)
			return;
		if (!caldav_call_redirect(push->session, push->pool, response,
		    request.url, &next, &err)) {
			response->err = err;
			return;
		}
		request.url = put->url = next;
		if (!http_send(push->session->http, push->pool, &request,
		    response, &err))
			return;
	}
}

static void send_ready(struct push *push)
{
	struct pool *pool = push->pool;
	struct http_request *requests = pool_array(pool, push->count,
	    sizeof(*requests));
	struct http_response *responses = pool_array(pool, push->count,
	    sizeof(*responses));
	struct caldav_put **of = pool_array(pool, push->count, sizeof(*of));
	size_t n = 0;

	for (size_t i = 0; i < push->count; i++) {
		struct caldav_put *put = &push->puts[i];

		if (put->phase != CALDAV_READY)
			continue;
		requests[n] = put_request(push, put, pool_array(pool, 3,
		    sizeof(struct http_header)));
		of[n++] = put;
	}
	http_send_all(push->session->http, pool, requests, n,
	    push->session->parallel, responses);
	for (size_t i = 0; i < n; i++) {
		follow(push, of[i], requests[i], &responses[i]);
		caldav_verdict(push->session, pool, of[i], &responses[i]);
	}
}

/* ---- after sending ---- */

static void read_again(struct push *push)
{
	struct pool *pool = push->pool;
	const char **ids = pool_array(pool, push->count, sizeof(*ids));
	struct caldav_put **of = pool_array(pool, push->count, sizeof(*of));
	struct provider_item *items = pool_array(pool, push->count,
	    sizeof(*items));
	struct err err = { 0 };
	size_t n = 0;
	bool whole;

	for (size_t i = 0; i < push->count; i++)
		if (push->puts[i].phase != CALDAV_DECIDED) {
			ids[n] = push->puts[i].id;
			of[n++] = &push->puts[i];
		}
	if (n == 0)
		return;
	whole = push->session->provider->fetch(push->session, pool,
	    push->collection_id, ids, n, items, &err);
	for (size_t i = 0; i < n; i++)
		caldav_verdict_read(pool, of[i], whole ? &items[i] : NULL,
		    &err);
}

bool caldav_push(struct provider_session *session, struct pool *pool,
    const char *collection_id, const struct provider_write *writes,
    size_t count, struct provider_written *results, struct err *err)
{
	struct push push = {
		.session = session, .pool = pool,
		.collection_id = collection_id, .count = count,
		.puts = pool_array(pool, count + 1, sizeof(*push.puts)),
	};
	const char *home;

	if (!caldav_href_home(session, pool, &home, err))
		return false;
	for (size_t i = 0; i < count; i++) {
		struct caldav_put *put = &push.puts[i];

		results[i] = (struct provider_written){ 0 };
		put->write = &writes[i];
		put->result = &results[i];
		if (!prepare(&push, put, &results[i].err))
			put->phase = CALDAV_DECIDED;
	}
	settle_weak_tags(&push);
	send_ready(&push);
	read_again(&push);
	return true;
}
