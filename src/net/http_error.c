/*
 * Turns failed transfers and statuses into sentences and error kinds. Pure;
 * must not send anything.
 */
#include "net/http_p.h"
#include <string.h>
#include "util/when.h"
#include "util/banned.h"

#define RETRY_AFTER_MAX_SECS (24 * 60 * 60)

bool http_is_write(const char *method)
{
	static const char *const harmless[] = {
		"GET", "HEAD", "OPTIONS", "PROPFIND", "REPORT",
	};

	for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++)
		if (strcmp(method, harmless[i]) == 0)
			return false;
	return true;
}

static void explain_timeout(const struct http_transfer *t, struct err *err)
{
	curl_off_t connected_us = 0;
	int waited = (int)((when_mono_ms() - t->started_ms) / 1000);

	curl_easy_getinfo(t->easy, CURLINFO_CONNECT_TIME_T, &connected_us);
	if (connected_us == 0)
		err_set_scope(err, ERR_TIMEOUT, ERR_CONNECTION,
		    "%.80s does not answer. Check the address, or try again "
		    "later.", t->url.host);
	else
		err_set_scope(err, ERR_TIMEOUT, ERR_CONNECTION,
		    "%.80s is too slow: no whole answer after %d seconds.",
		    t->url.host, waited);
}

static void explain_code(const struct http_transfer *t, CURLcode code,
    struct err *err)
{
	const char *host = t->url.host;

	switch (code) {
	case CURLE_COULDNT_RESOLVE_HOST:
		err_set_scope(err, ERR_UPSTREAM, ERR_CONNECTION,
		    "No server named %.80s was found. Check the spelling of "
		    "the address.", host);
		return;
	case CURLE_COULDNT_CONNECT:
		err_set_scope(err, ERR_UPSTREAM, ERR_CONNECTION,
		    "%.80s refuses the connection on port %d. Check the "
		    "address, or try again later.", host, t->url.port);
		return;
	case CURLE_OPERATION_TIMEDOUT:
		explain_timeout(t, err);
		return;
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CIPHER:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_INVALIDCERTSTATUS:
		err_set_scope(err, ERR_UPSTREAM, ERR_CONNECTION,
		    "No secure connection to %.80s: its certificate is not "
		    "trusted, out of date or made for another name.", host);
		return;
	case CURLE_GOT_NOTHING:
		err_set_scope(err, ERR_UPSTREAM, ERR_CONNECTION,
		    "%.80s closed the connection without an answer.", host);
		return;
	case CURLE_PARTIAL_FILE:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
		err_set_scope(err, ERR_UPSTREAM, ERR_CONNECTION,
		    "%.80s broke off in the middle of its answer.", host);
		return;
	case CURLE_BAD_CONTENT_ENCODING:
		err_set_scope(err, ERR_UPSTREAM, ERR_CONNECTION,
		    "%.80s sent an answer whose compression is broken.", host);
		return;
	default:
		err_set_scope(err, ERR_UPSTREAM, ERR_CONNECTION,
		    "%.80s did not answer as a web server does.", host);
		return;
	}
}

void http_explain(const struct http_transfer *t, CURLcode code,
    struct err *err)
{
	if (t->err.kind != ERR_NONE)
		*err = t->err;
	else if (t->refused_address)
		err_set_scope(err, ERR_INPUT, ERR_CONNECTION,
		    "%.80s leads to a private address; Hawser only connects to "
		    "public servers.", t->url.host);
	else
		explain_code(t, code, err);
	if (t->err.kind == ERR_NONE)
		err_detail(err, "%s (%d): %s", curl_easy_strerror(code),
		    (int)code, t->curl_words);
	if (t->response->sent && http_is_write(t->request->method)) {
		err->kind = ERR_UNCERTAIN;
		err->scope = ERR_ITEM;
		err_add(err, "It is not known whether the change arrived");
	}
}

const char *http_header_find(const struct http_response *response,
    const char *lower_name)
{
	for (size_t i = 0; i < response->header_count; i++)
		if (strcmp(response->headers[i].name, lower_name) == 0)
			return response->headers[i].value;
	return NULL;
}

int http_retry_after_secs(const struct http_response *response)
{
	const char *text = http_header_find(response, "retry-after");
	unsigned long long secs;
	time_t date;
	int64_t wait;

	if (!text)
		return 0;
	if (str_to_u64(text, &secs))
		return secs > RETRY_AFTER_MAX_SECS ? RETRY_AFTER_MAX_SECS
		    : (int)secs;
	date = curl_getdate(text, NULL);
	if (date == (time_t)-1)
		return 0;
	wait = (int64_t)date - when_now() / WHEN_SEC;
	return wait <= 0 ? 0 : wait > RETRY_AFTER_MAX_SECS
	    ? RETRY_AFTER_MAX_SECS : (int)wait;
}

static bool classify_limit(const struct http_response *response,
    const char *who, struct err *err)
{
	int secs = http_retry_after_secs(response);

	err_set_scope(err, ERR_LIMIT, ERR_CONNECTION, response->status != 429 ?
	    "%s is busy or under maintenance and asked for a pause (503)." :
	    secs > 0 ? "%s asked for a pause (429)." :
	    "%s asks us to slow down (429).", who);
	err->retry_after_secs = secs;
	return false;
}

bool http_classify(const struct http_response *response, const char *who,
    struct err *err)
{
	int status = response->status;

	if (response->err.kind != ERR_NONE) {
		*err = response->err;
		return false;
	}
	if (status >= 200 && status < 300)
		return true;
	switch (status) {
	case 401:
		return err_set_scope(err, ERR_RECONNECT, ERR_CONNECTION,
		    "%s refuses the login or the password. Enter them again.",
		    who);
	case 403:
		return err_set(err, ERR_FORBIDDEN,
		    "%s does not allow this (403).", who);
	case 404:
		return err_set(err, ERR_NOT_FOUND,
		    "%s does not know this address (404).", who);
	case 410:
		return err_set(err, ERR_GONE, "%s says it is gone (410).", who);
	case 409:
	case 412:
		return err_set(err, ERR_CONFLICT,
		    "It was changed at %s in the meantime (%d).", who, status);
	case 408:
		return err_set_scope(err, ERR_TIMEOUT, ERR_CONNECTION,
		    "%s got tired of waiting (408).", who);
	case 429:
		return classify_limit(response, who, err);
	case 503:
		if (http_retry_after_secs(response) > 0)
			return classify_limit(response, who, err);
		break;
	default:
		break;
	}
	if (status >= 500)
		return err_set_scope(err, ERR_UPSTREAM, ERR_CONNECTION,
		    "%s has a fault of its own (%d).", who, status);
	if (status >= 300 && status < 400)
		return err_set(err, ERR_UPSTREAM,
		    "%s sends us somewhere else (%d).", who, status);
	return err_set(err, ERR_UPSTREAM,
	    "%s does not accept the request (%d).", who, status);
}
