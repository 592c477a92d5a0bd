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
	const char *login;		/* of auth_line, as is secret; NULL = none */
	const struct secret *secret;
	char *auth_line;		/* "Authorization: ..." */
	const char *origin;		/* "https://host", found good; NULL = none */
	const char *allowed;		/* entry of allow_origins, or NULL */
};

struct http_batch {
	struct pool *pool;		/* the caller's */
	const struct http_request *requests;
	struct http_response *responses;
	size_t count, next;		/* next: not begun yet */
	int parallel, running;
	struct http_shared shared;
};

#define HTTP_CONNECTIONS_MAX 8

struct http {
	const struct config *config;
	CURLM *multi;
	CURL *idle[HTTP_CONNECTIONS_MAX];
	int idle_count;
	int64_t deadline_ms;		/* monotonic; 0 = none */
	bool too_slow;			/* a request of this batch timed out */
	struct http_batch *batch;	/* under way, or NULL */
	void (*meanwhile)(void *arg);
	void *meanwhile_arg;
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

/* Of the batch under way; false: the response says why it is not on its way. */
bool http_start(struct http *http, const struct http_request *request,
    struct http_response *response);
/* How many have ended. */
int http_finish_done(struct http *http);
/* Sets the header list; ERR_INPUT for line breaks and control characters. */
ERR_CHECKED bool http_headers_build(struct http_transfer *t, struct err *err);
/* Does the method change something? */
bool http_is_write(const char *method);
/* CURLcode of a transfer that failed -> struct err, UNCERTAIN included. */
void http_explain(const struct http_transfer *t, CURLcode code,
    struct err *err);
#endif
