/*
 * What the answers to writes mean (caldav.md's table of statuses), and what
 * reading an object again proves. Must not send anything.
 */
#include "providers/caldav_write.h"
#include <string.h>
#include "util/str.h"
#include "util/banned.h"

struct inner {				/* a 207 that answers a write */
	int worst;
	unsigned errors;
};

bool caldav_verdict_is_strong(const char *etag)
{
	return etag && *etag && !str_starts(etag, "W/");
}

static bool note_inner(void *arg, const struct caldav_response *r,
    struct err *err)
{
	struct inner *inner = arg;

	(void)err;
	inner->errors |= r->errors;
	if (r->status > inner->worst)
		inner->worst = r->status;
	return true;
}

/* The status that counts: a 207 hides it inside. 0 = cannot be told. */
static int real_status(struct pool *pool, const struct http_response *response,
    unsigned *errors_out)
{
	struct inner inner = { 0 };
	struct err ignored;
	struct caldav_xml *x = response->body_len > 0
	    ? caldav_xml_new(pool, "", note_inner, &inner) : NULL;
	bool whole = x
	    && caldav_xml_feed(x, response->body, response->body_len, &ignored)
	    && caldav_xml_finish(x, &ignored);

	*errors_out = 0;
	if (whole)
		*errors_out = inner.errors | caldav_xml_result(x).errors;
	if (response->status != 207)
		return response->status;
	return whole ? inner.worst : 0;
}

#define FAIL(put, ...) ((put)->phase = CALDAV_DECIDED, \
	(void)err_set_scope(&(put)->result->err, __VA_ARGS__))

/* Preconditions of RFC 4791 5.3.2.1 and RFC 4918. */
static bool fail_by_reason(struct caldav_put *put, unsigned errors,
    const char *host)
{
	if (errors & CALDAV_E_UID)
		FAIL(put, ERR_CONFLICT, ERR_ITEM, "%.80s already has another "
		    "entry with the same UID.", host);
	else if (errors & CALDAV_E_SIZE)
		FAIL(put, ERR_INPUT, ERR_ITEM, "%.80s does not take entries "
		    "of this size. Shorten the description.", host);
	else if (errors & CALDAV_E_QUOTA)
		FAIL(put, ERR_LIMIT, ERR_ITEM, "The storage at %.80s is full.",
		    host);
	else if (errors & CALDAV_E_PRIVILEGE)
		FAIL(put, ERR_FORBIDDEN, ERR_ITEM, "%.80s does not let us "
		    "write to this calendar.", host);
	else if (errors & CALDAV_E_DATA)
		FAIL(put, ERR_INPUT, ERR_ITEM, "%.80s refuses this event as "
		    "it is.", host);
	else
		return false;
	return true;
}

static void fail_by_missing(struct caldav_put *put, const char *host)
{
	if (put->write->verb == PROVIDER_CREATE)
		FAIL(put, ERR_NOT_FOUND, ERR_COLLECTION,
		    "The calendar no longer exists at %.80s.", host);
	else
		FAIL(put, ERR_NOT_FOUND, ERR_ITEM,
		    "The event no longer exists at %.80s.", host);
}

static void fail_by_status(struct caldav_put *put, int status,
    const struct http_response *response, const char *host)
{
	switch (status) {
	case 404:
	case 410:
		fail_by_missing(put, host);
		return;
	case 409:
		if (put->write->verb == PROVIDER_CREATE) {
			fail_by_missing(put, host);
			return;
		}
		/* fall through */
	case 412:
		FAIL(put, ERR_CONFLICT, ERR_ITEM, "The event was changed at "
		    "%.80s in the meantime.", host);
		return;
	case 403:
	case 405:
	case 501:
		FAIL(put, ERR_FORBIDDEN, ERR_ITEM, "%.80s does not let us "
		    "write to this calendar.", host);
		return;
	case 400:
	case 415:
	case 422:
		FAIL(put, ERR_INPUT, ERR_ITEM, "%.80s refuses this event as "
		    "it is.", host);
		return;
	case 413:
		FAIL(put, ERR_INPUT, ERR_ITEM, "%.80s does not take entries "
		    "of this size. Shorten the description.", host);
		return;
	case 507:
		FAIL(put, ERR_LIMIT, ERR_ITEM, "The storage at %.80s is full.",
		    host);
		return;
	default:
		put->phase = CALDAV_DECIDED;
		if (http_classify(response, host, &put->result->err))
			FAIL(put, ERR_UPSTREAM, ERR_ITEM, "%.80s gave an answer "
			    "to the change that cannot be understood.", host);
		return;
	}
}

/* A server may name the object differently than it was asked to. */
static void take_location(const struct provider_session *session,
    struct pool *pool, struct caldav_put *put,
    const struct http_response *response)
{
	const char *to = http_header_find(response, "location");
	const char *id;
	struct err ignored;
	char *url;

	if (put->write->verb != PROVIDER_CREATE)
		return;
	if (!to)
		to = http_header_find(response, "content-location");
	if (!to || !url_resolve(pool, put->url, to, &url, &ignored)
	    || !url_same_origin(put->url, url) || str_ends(url, "/")
	    || strcmp(caldav_href_key(pool, url),
		caldav_href_key(pool, put->url)) == 0)
		return;
	id = caldav_href_shorten(pool, pool_strndup(pool,
	    session->home_url, strcspn(session->home_url, " ")), url, to);
	if (strlen(id) > PROVIDER_ID_BYTES)
		return;
	put->id = id;
	put->url = url;
}

static void accept(const struct provider_session *session, struct pool *pool,
    struct caldav_put *put, const struct http_response *response)
{
	const char *etag = caldav_href_tag(pool,
	    http_header_find(response, "etag"));

	if (put->write->verb == PROVIDER_REMOVE) {
		put->phase = CALDAV_DECIDED;
		return;
	}
	put->phase = CALDAV_ACCEPTED;
	put->etag = caldav_verdict_is_strong(etag) ? etag : NULL;
	if (response->status == 201)
		take_location(session, pool, put, response);
}

void caldav_verdict(const struct provider_session *session,
    struct pool *pool, struct caldav_put *put,
    const struct http_response *response)
{
	const char *host = caldav_href_host(pool, put->url);
	unsigned errors;
	int status;

	if (response->err.kind != ERR_NONE) {
		put->result->err = response->err;
		put->phase = response->err.kind == ERR_UNCERTAIN
		    ? CALDAV_UNKNOWN : CALDAV_DECIDED;
		return;
	}
	status = real_status(pool, response, &errors);
	if (response->status == 207 && status < 300 && errors == 0
	    && status != 0) {
		accept(session, pool, put, response);
	} else if (status == 401 || status == 429 || status == 503) {
		put->phase = CALDAV_DECIDED;
		if (http_classify(response, host, &put->result->err))
			fail_by_status(put, 403, response, host);
	} else if (status >= 200 && status < 300 && response->status != 207) {
		accept(session, pool, put, response);
	} else if (status == 412 && !(errors & (CALDAV_E_UID | CALDAV_E_DATA))) {
		put->phase = CALDAV_EXISTS;
	} else if (status == 0 || (status >= 500 && status != 501
	    && status != 507)) {
		/* it may have been carried out before the fault */
		put->phase = CALDAV_UNKNOWN;
		err_set(&put->result->err, ERR_UNCERTAIN, "%.80s met a fault "
		    "(%d) while writing; it is not known whether the change "
		    "arrived.", host, response->status);
	} else if (!fail_by_reason(put, errors, host)) {
		fail_by_status(put, status, response, host);
	}
}

/* ---- reading it again ---- */

static void take_found(struct caldav_put *put, const struct provider_item *found)
{
	struct provider_written *r = put->result;

	r->err = (struct err){ 0 };
	r->remote_id = put->id;
	r->version = found->version;
	r->event = found->event;
	r->raw = found->raw;
	r->raw_len = found->raw_len;
}

/* Somebody wrote after us: keep what we wrote as agreed, so that the newer
 * state shows as a remote change next time. */
static void take_ours(struct pool *pool, struct caldav_put *put)
{
	struct provider_written *r = put->result;

	r->err = (struct err){ 0 };
	r->remote_id = put->id;
	r->version = put->etag;
	r->event = event_copy(pool, put->write->event);
	r->raw = put->body;
	r->raw_len = put->body_len;
}

static bool same_etag(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

static bool is_ours(struct pool *pool, const struct caldav_put *put,
    const struct provider_item *found)
{
	struct digest a, b;

	if (put->write->verb == PROVIDER_REMOVE || !found->event)
		return false;
	if (put->write->verb == PROVIDER_CREATE)
		return str_eq(found->event->uid, put->write->event->uid);
	a = event_hash(pool, found->event);
	b = event_hash(pool, put->write->event);
	return digest_eq(&a, &b);
}

static void not_done(struct caldav_put *put)
{
	err_set_scope(&put->result->err, ERR_UPSTREAM, ERR_CONNECTION,
	    "The server did not carry out the change; it is tried again.");
}

static void settle_unknown(struct pool *pool, struct caldav_put *put,
    const struct provider_item *found)
{
	bool remove = put->write->verb == PROVIDER_REMOVE;

	if (found->gone && remove)
		put->result->err = (struct err){ 0 };
	else if (found->gone && put->write->verb == PROVIDER_CREATE)
		not_done(put);
	else if (found->gone)
		err_set(&put->result->err, ERR_NOT_FOUND,
		    "The event no longer exists at the server.");
	else if (found->err.kind != ERR_NONE && !remove)
		;			/* stays uncertain */
	else if (is_ours(pool, put, found))
		take_found(put, found);
	else if (same_etag(found->version, put->write->version)
	    || same_etag(found->version, put->if_match))
		not_done(put);
	else
		err_set(&put->result->err, ERR_CONFLICT,
		    "The event was changed at the server in the meantime.");
}

static void settle_exists(struct pool *pool, struct caldav_put *put,
    const struct provider_item *found)
{
	if (is_ours(pool, put, found))
		take_found(put, found);
	else if (found->gone)
		err_set(&put->result->err, ERR_NOT_FOUND,
		    "The event no longer exists at the server.");
	else if (found->err.kind != ERR_NONE)
		put->result->err = found->err;
	else
		err_set(&put->result->err, ERR_CONFLICT,
		    put->write->verb == PROVIDER_CREATE
		    ? "The server already has another entry in this place."
		    : "The event was changed at the server in the meantime.");
}

static void settle_accepted(struct pool *pool, struct caldav_put *put,
    const struct provider_item *found)
{
	if (found->gone)
		err_set(&put->result->err, ERR_UNCERTAIN, "The server took the "
		    "change, yet the event cannot be found there.");
	else if (found->err.kind == ERR_INPUT)
		put->result->err = found->err;
	else if (found->err.kind != ERR_NONE)
		err_set(&put->result->err, ERR_UNCERTAIN,
		    "The change was sent, but could not be read again.");
	else if (put->etag && caldav_verdict_is_strong(found->version)
	    && strcmp(put->etag, found->version) != 0)
		take_ours(pool, put);
	else
		take_found(put, found);
}

void caldav_verdict_read(struct pool *pool, struct caldav_put *put,
    const struct provider_item *found, const struct err *why)
{
	put->result->remote_id = put->id;
	if (!found) {
		err_set(&put->result->err, ERR_UNCERTAIN,
		    "The change was sent, but could not be read again.");
		err_detail(&put->result->err, "%s", why->msg);
	} else if (put->phase == CALDAV_ACCEPTED) {
		settle_accepted(pool, put, found);
	} else if (put->phase == CALDAV_EXISTS) {
		settle_exists(pool, put, found);
	} else {
		settle_unknown(pool, put, found);
	}
	put->phase = CALDAV_DECIDED;
}
