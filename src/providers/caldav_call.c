/*
 * One WebDAV request: signs it, follows redirects by hand, feeds the answer to
 * the parser as it comes. Must not know what is asked for.
 */
#include "providers/caldav_p.h"
#include <string.h>
#include "util/str.h"
#include "util/banned.h"

struct sink {				/* where the bytes of one answer go */
	struct pool *pool;
	const struct caldav_call *call;
	const char *host;
	struct http_response *response;
	struct caldav_xml *xml;		/* made when the status is known */
	bool deaf;			/* an error page we need not understand */
};

void caldav_call_sign(const struct provider_session *session,
    struct http_request *request)
{
	request->basic_login = session->login;
	request->basic_password = session->password;
}

bool caldav_call_is_redirect(int status)
{
	return status == 301 || status == 302 || status == 303 || status == 307
	    || status == 308;
}

bool caldav_call_redirect(const struct provider_session *session,
    struct pool *pool, const struct http_response *response,
    const char *url, char **out, struct err *err)
{
	const char *to = http_header_find(response, "location");
	const char *host = caldav_href_host(pool, url);

	if (!to || !url_resolve(pool, url, to, out, err))
		return err_set_scope(err, ERR_UPSTREAM, ERR_CONNECTION,
		    "%.80s sends us to an address that cannot be read.", host);
	if (str_starts(url, "https:") && !str_starts(*out, "https:"))
		return err_set_scope(err, ERR_UPSTREAM, ERR_CONNECTION,
		    "%.80s sends us to an address without encryption, which "
		    "is refused.", host);
	if (!caldav_href_trusted(session->base_url, *out)
	    && !url_same_origin(url, *out))
		return err_set_scope(err, ERR_UPSTREAM, ERR_CONNECTION,
		    "%.60s sends us to %.80s. If you trust that server, enter "
		    "its address yourself.", host,
		    caldav_href_host(pool, *out));
	return true;
}

/* Only a 207 may reach the caller's collector. */
static struct caldav_xml *parser(struct sink *sink)
{
	if (!sink->xml)
		sink->xml = caldav_xml_new(sink->pool, sink->host,
		    sink->response->status == 207 ? sink->call->fn : NULL,
		    sink->call->arg);
	return sink->xml;
}

/* A failure's body is read for its D:error, and only if it is one. */
static bool on_bytes(void *arg, const char *bytes, size_t len,
    struct err *err)
{
	struct sink *sink = arg;
	struct err ignored;

	if (sink->response->status == 207)
		return caldav_xml_feed(parser(sink), bytes, len, err);
	if (!sink->deaf
	    && !caldav_xml_feed(parser(sink), bytes, len, &ignored))
		sink->deaf = true;
	return true;
}

static bool send_once(struct provider_session *session, struct pool *pool,
    const struct caldav_call *call, const char *url,
    struct caldav_answer *out, struct err *err)
{
	char depth[] = { (char)('0' + call->depth), '\0' };
	struct http_header headers[3];
	struct http_request request = {
		.method = call->method, .url = url, .headers = headers,
		.body = call->body,
		.body_len = call->body ? strlen(call->body) : 0,
		.max_body_bytes = CALDAV_LIST_BYTES, .sink = on_bytes,
	};
	struct sink sink = {
		.pool = pool, .call = call, .response = &out->http,
	};
	struct err ignored;

	if (call->body)
		headers[request.header_count++] = (struct http_header){
		    "Content-Type", "application/xml; charset=utf-8" };
	if (call->depth >= 0)
		headers[request.header_count++] = (struct http_header){
		    "Depth", depth };
	caldav_call_sign(session, &request);
	out->url = url;
	out->host = caldav_href_host(pool, url);
	out->xml = (struct caldav_xml_result){ 0 };
	sink.host = out->host;
	request.sink_arg = &sink;
	if (!http_send(session->http, pool, &request, &out->http, err)) {
		if (sink.xml)
			caldav_xml_close(sink.xml);
		return false;
	}
	if (out->http.status == 207) {
		if (!caldav_xml_finish(parser(&sink), err))
			return false;
		out->xml = caldav_xml_result(sink.xml);
		return out->xml.multistatus || err_set_scope(err, ERR_UPSTREAM,
		    ERR_COLLECTION, "%.80s answered with something that is "
		    "not calendar data.", out->host);
	}
	if (sink.xml && !sink.deaf && caldav_xml_finish(sink.xml, &ignored))
		out->xml.errors = caldav_xml_result(sink.xml).errors;
	return true;
}

bool caldav_call_send(struct provider_session *session, struct pool *pool,
    const struct caldav_call *call, struct caldav_answer *out,
    struct err *err)
{
	char *url = pool_strdup(pool, call->url);
	int status;

	for (int hop = 0;; hop++) {
		if (!send_once(session, pool, call, url, out, err))
			return false;
		status = out->http.status;
		if (!caldav_call_is_redirect(status))
			break;
		if (hop == CALDAV_REDIRECTS)
			return err_set_scope(err, ERR_UPSTREAM, ERR_CONNECTION,
			    "%.80s sends us in circles.", out->host);
		if (!caldav_call_redirect(session, pool, &out->http, url, &url,
		    err))
			return false;
	}
	if (status == 401 || status == 429 || status == 503)
		return http_classify(&out->http, out->host, err);
	return true;
}

/* "200 OK" with a page: the usual answer of a web site to a wrong address. */
static bool not_webdav(const struct caldav_answer *answer, struct err *err)
{
	const char *type = http_header_find(&answer->http, "content-type");

	if (type && str_starts(type, "text/html"))
		return err_set_scope(err, ERR_UPSTREAM, ERR_COLLECTION,
		    "%.80s answered with a web page instead of calendar data. "
		    "Check the address.", answer->host);
	return err_set_scope(err, ERR_UPSTREAM, ERR_COLLECTION,
	    "%.80s answered with something that is not calendar data.",
	    answer->host);
}

bool caldav_call_list(struct provider_session *session, struct pool *pool,
    const struct caldav_call *call, struct caldav_answer *out,
    struct err *err)
{
	if (!caldav_call_send(session, pool, call, out, err))
		return false;
	if (out->http.status == 207)
		return true;
	if (out->http.status >= 200 && out->http.status < 300)
		return not_webdav(out, err);
	if (http_classify(&out->http, out->host, err))
		return true;
	if (err->scope == ERR_ITEM)
		err->scope = ERR_COLLECTION;
	return false;
}
