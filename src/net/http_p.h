#ifndef HAWSER_NET_HTTP_P_H
#define HAWSER_NET_HTTP_P_H
/* Shared by the http files alone: one request under way. */
#include <curl/curl.h>
#include "net/http.h"
#include "util/str.h"

/* What the requests of one batch have in common; it ends with them, and what
 * is secret in it is wiped then. */
struct http_shared {
	struct pool *pool;
	const char *login;		/* of basic_line; NULL = none yet */
	const struct secret *password;
	char *basic_line;		/* "Authorization: Basic ..." */
};

struct http_transfer {
	struct http *http;
	struct http_shared *shared;
	struct pool *pool;		/* the caller's: what the answer keeps */
	struct pool *scratch;		/* ends with the transfer: credentials */
	const struct http_request *request;
	struct http_response *response;
	CURL *easy;
	struct url url;
	const char *allowed;		/* entry of allow_origins, or NULL */
	char curl_words[CURL_ERROR_SIZE];
	struct err err;			/* set by a callback that gave up */
	bool refused_address;
	int attempts;			/* requests put on the wire */
	size_t max_body_bytes, received_bytes, header_bytes, header_room;
	struct str body;
	int64_t started_ms;
	int total_secs;
};

/* Sets the header list; ERR_INPUT for line breaks and control characters. */
ERR_CHECKED bool http_headers_build(struct http_transfer *t, struct err *err);
/* Does the method change something? */
bool http_is_write(const char *method);
/* CURLcode of a transfer that failed -> struct err, UNCERTAIN included. */
void http_explain(const struct http_transfer *t, CURLcode code,
    struct err *err);
#endif
