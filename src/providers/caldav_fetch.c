/*
 * Objects by their hrefs: calendar-multiget (RFC 4791 7.9), and GET for
 * whatever it does not answer properly. Must not decide what changed.
 */
#include "providers/caldav_p.h"
#include <string.h>
#include "providers/ical_map.h"
#include "util/str.h"
#include "util/banned.h"

#define XML_HEAD "<?xml version=\"1.0\" encoding=\"utf-8\"?>"

struct batch {
	struct pool *pool;		/* of the items */
	struct pool *scratch;		/* of the request and its answer */
	const struct caldav_answer *answer;	/* under way: its final URL */
	struct provider_item *items;
	const char **keys;
	bool *seen;
	size_t count, next;		/* servers mostly answer in order */
	const char *home;
	const char *base;		/* the answer's URL when last looked at */
	bool base_is_home;		/* same origin */
};

static void set_too_large(struct provider_item *item)
{
	err_set(&item->err, ERR_INPUT, "The entry is larger than 1 MB, which "
	    "is more than Hawser takes.");
}

/* Reading takes many times the memory of what is read. */
static void read_object(struct pool *pool, struct provider_item *item)
{
	struct pool *scratch;
	struct event *event;

	if (item->raw_len > CALDAV_OBJECT_BYTES) {
		set_too_large(item);
		return;
	}
	scratch = pool_new(NULL);
	if (ical_read(scratch, item->raw, item->raw_len, &event, &item->err))
		item->event = event_copy(pool, event);
	else
		item->title = ical_title(pool, item->raw, item->raw_len);
	pool_free(scratch);
}

static size_t line_bytes(const char *at, const char *end)
{
	const char *lf = memchr(at, '\n', (size_t)(end - at));

	return (size_t)((lf ? lf : end) - at);
}

/* XML turns line ends into LF; the object itself has CRLF. */
static void take_data(struct pool *pool, const struct caldav_props *p,
    struct provider_item *item)
{
	const char *in = p->text[CALDAV_DATA], *end = in + p->data_len;
	size_t lines = 0, n = 0;
	char *out;

	for (const char *at = in; at < end; at += line_bytes(at, end) + 1)
		lines++;
	out = pool_alloc(pool, p->data_len + lines + 1);
	for (const char *at = in; at < end; at++) {
		size_t len = line_bytes(at, end);

		memcpy(out + n, at, len);
		n += len;
		at += len;
		if (at == end)
			break;
		if (n == 0 || out[n - 1] != '\r')
			out[n++] = '\r';
		out[n++] = '\n';
	}
	item->raw = out;
	item->raw_len = n;
	read_object(pool, item);
}

/* The path at home's origin, else the whole URL. */
static const char *key_of(struct batch *b, const char *url)
{
	const char *path = url_same_origin(b->home, url) ?
	    strchr(strstr(url, "://") + 3, '/') : NULL;

	return caldav_href_key(b->scratch, path ? path : url);
}

/* NULL: not ours, GET will tell. */
static const char *answer_key(struct batch *b, const char *href)
{
	struct err ignored;
	char *url;

	if (b->base != b->answer->url) {
		b->base = b->answer->url;
		b->base_is_home = url_same_origin(b->home, b->base);
	}
	if (b->base_is_home && caldav_href_is_plain(href))
		return href;
	return url_resolve(b->scratch, b->base, href, &url, &ignored) ?
	    key_of(b, url) : NULL;
}

static bool note_object(void *arg, const struct caldav_response *r,
    struct err *err)
{
	struct batch *b = arg;
	const struct caldav_props *p = &r->props;
	const char *key = answer_key(b, r->href);

	(void)err;
	for (size_t k = 0; key && k < b->count; k++) {
		size_t i = (b->next + k) % b->count;
		struct provider_item *item = &b->items[i];

		if (b->seen[i] || strcmp(b->keys[i], key) != 0)
			continue;
		b->next = i + 1;
		if (r->status == 404 || r->status == 410)
			item->gone = true;
		else if (p->data_too_large)
			set_too_large(item);
		else if (p->text[CALDAV_DATA] && p->data_len > 0)
			take_data(b->pool, p, item);
		else
			return true;	/* no body: GET */
		item->version = caldav_href_tag(b->pool, p->text[CALDAV_ETAG]);
		b->seen[i] = true;
		return true;
	}
	return true;
}

/* ---- GET ---- */

static void take_get(struct pool *pool, const struct http_response *response,
    const char *host, struct provider_item *item)
{
	if (response->too_large) {
		set_too_large(item);
		return;
	}
	if (response->status == 404 || response->status == 410) {
		item->gone = true;
		return;
	}
	if (!http_classify(response, host, &item->err)) {
		if (response->status >= 500 && response->status != 503)
			item->err.scope = ERR_ITEM;
		return;
	}
	item->version = caldav_href_tag(pool,
	    http_header_find(response, "etag"));
	item->raw = response->body;
	item->raw_len = response->body_len;
	read_object(pool, item);
}

/* iCloud lists %40 and wants @. */
static char *with_at(struct pool *pool, const char *id)
{
	struct str s;
	bool changed = false;

	str_init(&s, pool, strlen(id));
	while (*id) {
		if (str_starts(id, "%40")) {
			str_addc(&s, '@');
			id += 3;
			changed = true;
		} else {
			str_addc(&s, *id++);
		}
	}
	return changed ? s.data : NULL;
}

static struct http_request get_request(
    const struct provider_session *session, const char *url)
{
	struct http_request request = {
		.method = "GET", .url = url, .identity = true,
		.max_body_bytes = CALDAV_OBJECT_BYTES,
	};

	caldav_call_sign(session, &request);
	return request;
}

/* What a plain GET did not settle: redirects, another spelling. */
static void get_again(struct provider_session *session, struct pool *pool,
    const char *first_url, struct http_response *response, struct err *err)
{
	const char *url = first_url;
	bool spelled = false;

	for (int hop = 0; hop < CALDAV_REDIRECTS; hop++) {
		struct http_request request;
		char *next = NULL;

		if (caldav_call_is_redirect(response->status)) {
			if (!caldav_call_redirect(session, pool, response,
			    url, &next, err))
				return;
		} else if (response->status == 404 && !spelled) {
			next = with_at(pool, url);
			spelled = true;
		}
		if (!next)
			return;
		url = next;
		request = get_request(session, url);
		if (!http_send(session->http, pool, &request, response, err))
			return;
	}
}

static void get_finish(struct provider_session *session, struct pool *pool,
    const char *url, struct http_response *response,
    struct provider_item *item)
{
	get_again(session, pool, url, response, &item->err);
	if (item->err.kind == ERR_NONE || response->too_large)
		take_get(pool, response, caldav_href_host(pool, url), item);
}

void caldav_get_all(struct provider_session *session, struct pool *pool,
    const char *const *remote_ids, size_t count, struct provider_item *out)
{
	struct http_request *requests = pool_array(pool, count + 1,
	    sizeof(*requests));
	struct http_response *responses = pool_array(pool, count + 1,
	    sizeof(*responses));
	size_t *of = pool_array(pool, count + 1, sizeof(*of));
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		char *url;

		out[i] = (struct provider_item){ .remote_id = remote_ids[i] };
		if (!caldav_href_url(session, pool, remote_ids[i], &url,
		    &out[i].err))
			continue;
		requests[n] = get_request(session, url);
		of[n++] = i;
	}
	http_send_all(session->http, pool, requests, n, session->parallel,
	    responses);
	for (size_t i = 0; i < n; i++)
		get_finish(session, pool, requests[i].url, &responses[i],
		    &out[of[i]]);
}

/* ---- the two operations ---- */

/* Trouble of the connection is not the fault of one entry; nor is it when
 * every single one meets a fault of the server. */
static bool check_items(const struct provider_item *items, size_t count,
    struct err *err)
{
	size_t upstream = 0;

	for (size_t i = 0; i < count; i++) {
		upstream += items[i].err.kind == ERR_UPSTREAM;
		if (items[i].err.kind == ERR_NONE
		    || items[i].err.scope == ERR_ITEM)
			continue;
		*err = items[i].err;
		return false;
	}
	if (upstream < 2 || upstream < count)
		return true;
	*err = items[0].err;
	err->scope = ERR_CONNECTION;
	return false;
}

bool caldav_fetch_single(struct provider_session *session, struct pool *pool,
    const char *collection_id, const char *const *remote_ids, size_t count,
    struct provider_item *out, struct err *err)
{
	(void)collection_id;
	caldav_get_all(session, pool, remote_ids, count, out);
	return check_items(out, count, err);
}

static const char *path_of(const char *id)
{
	const char *host = strstr(id, "://");
	const char *path = host ? strchr(host + 3, '/') : id;

	return path ? path : "/";
}

static char *multiget_body(struct pool *pool, const char *const *remote_ids,
    size_t count)
{
	struct str s;

	str_init(&s, pool, (count + 1) * 6 * URL_MAX_BYTES);
	str_add(&s, XML_HEAD "<C:calendar-multiget xmlns:D=\"DAV:\""
	    " xmlns:C=\"urn:ietf:params:xml:ns:caldav\"><D:prop><D:getetag/>"
	    "<C:calendar-data/></D:prop>");
	for (size_t i = 0; i < count; i++) {
		str_add(&s, "<D:href>");
		str_html(&s, path_of(remote_ids[i]));
		str_add(&s, "</D:href>");
	}
	str_add(&s, "</C:calendar-multiget>");
	return s.data;
}

static bool prepare_keys(struct provider_session *session, struct batch *b,
    const char *const *remote_ids, struct err *err)
{
	if (!caldav_href_home(session, b->scratch, &b->home, err))
		return false;
	for (size_t i = 0; i < b->count; i++) {
		char *url;

		b->items[i] = (struct provider_item){
			.remote_id = remote_ids[i],
		};
		b->keys[i] = remote_ids[i];
		if (caldav_href_is_plain(remote_ids[i]))
			continue;
		if (!caldav_href_url(session, b->scratch, remote_ids[i], &url,
		    err))
			return false;
		b->keys[i] = key_of(b, url);
	}
	return true;
}

static void get_missing(struct provider_session *session, struct batch *b,
    const char *const *remote_ids)
{
	const char **ids = pool_array(b->scratch, b->count, sizeof(*ids));
	size_t *of = pool_array(b->scratch, b->count, sizeof(*of)), n = 0;
	struct provider_item *items;

	for (size_t i = 0; i < b->count; i++)
		if (!b->seen[i]) {
			ids[n] = remote_ids[i];
			of[n++] = i;
		}
	if (n == 0)
		return;
	items = pool_array(b->scratch, n, sizeof(*items));
	caldav_get_all(session, b->pool, ids, n, items);
	for (size_t i = 0; i < n; i++)
		b->items[of[i]] = items[i];
}

static bool ask_batch(struct provider_session *session, struct batch *b,
    const char *url, const char *const *remote_ids, struct err *err)
{
	struct caldav_answer answer;
	struct caldav_call call = {
		.method = "REPORT", .url = url, .depth = 1,
		.body = multiget_body(b->scratch, remote_ids, b->count),
		.fn = note_object, .arg = b,
	};
	struct err why = { 0 };

	b->answer = &answer;
	b->keys = pool_array(b->scratch, b->count, sizeof(*b->keys));
	b->seen = pool_array(b->scratch, b->count, sizeof(*b->seen));
	if (!prepare_keys(session, b, remote_ids, err))
		return false;
	/* A damaged answer may be the fault of one entry: ask for each. */
	if (!caldav_call_send(session, b->scratch, &call, &answer, &why)
	    && (why.kind != ERR_UPSTREAM || why.scope != ERR_COLLECTION)) {
		*err = why;
		return false;
	}
	get_missing(session, b, remote_ids);
	return check_items(b->items, b->count, err);
}

static bool fetch_batch(struct provider_session *session, struct pool *pool,
    const char *url, const char *const *remote_ids, size_t count,
    struct provider_item *out, struct err *err)
{
	struct batch b = {
		.pool = pool, .scratch = pool_new(pool), .items = out,
		.count = count,
	};
	bool fine = ask_batch(session, &b, url, remote_ids, err);

	pool_free(b.scratch);
	return fine;
}

bool caldav_fetch(struct provider_session *session, struct pool *pool,
    const char *collection_id, const char *const *remote_ids, size_t count,
    struct provider_item *out, struct err *err)
{
	char *url;

	if (!caldav_href_url(session, pool, collection_id, &url, err))
		return false;
	for (size_t done = 0; done < count; done += CALDAV_BATCH) {
		size_t n = count - done < CALDAV_BATCH ? count - done
		    : CALDAV_BATCH;

		if (!fetch_batch(session, pool, url, remote_ids + done, n,
		    out + done, err))
			return false;
	}
	return true;
}
