#ifndef HAWSER_NET_HTTP_H
#define HAWSER_NET_HTTP_H
/*
 * HTTP client on one curl multi handle per process. Addresses are vetted when
 * the socket opens and again before each request on a reused connection, so
 * odd spellings and rebinding DNS reach nothing private. https only, unless
 * the exact origin is in [net] allow_origins. No redirects are followed here,
 * no cookies, no proxy, no .netrc, HTTP/1.1; TLS verification is not an option.
 * Never retries: the engine does.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "net/url.h"
#include "util/config.h"
#include "util/err.h"
#include "util/pool.h"
#include "util/secret.h"

struct http;

struct http_header { const char *name, *value; };

/* Decoded body bytes as they come; false stops the transfer (err says why).
 * Status and headers already stand in the response at the first call. */
typedef bool (*http_sink)(void *arg, const char *bytes, size_t len,
    struct err *err);

struct http_request {
	const char *method;
	const char *url;		/* absolute, no userinfo, no fragment */
	const struct http_header *headers;
	size_t header_count;
	const char *body;		/* NULL = none */
	size_t body_len;
	const char *basic_login;	/* with basic_password: sent preemptively */
	const struct secret *basic_password;
	const struct secret *bearer;	/* RFC 6750 2.1; instead of the two above */
	size_t max_body_bytes;		/* 0 = 1 MiB; decoded size */
	http_sink sink;			/* NULL = collect into response.body */
	void *sink_arg;
	int total_timeout_secs;		/* 0, or more: as configured */
	bool identity;			/* no compression: it weakens ETags */
};

struct http_response {
	int status;			/* 0 when *err is set */
	const char *url;
	struct http_header *headers;	/* in order; names in lower case */
	size_t header_count;
	char *body;			/* NUL-terminated; empty with a sink */
	size_t body_len;
	struct err err;			/* kind ERR_NONE when an answer came whole */
	bool too_large;			/* err: more than max_body_bytes */
	bool sent;			/* request bytes may have left this host */
};

ERR_CHECKED bool http_open(struct pool *pool, const struct config *config,
    struct http **out, struct err *err);
/* All requests together end in so many seconds; later ones are ERR_TIMEOUT,
 * until it is said anew. */
void http_set_deadline(struct http *http, int secs);

/* False: no whole answer (ERR_TIMEOUT, ERR_UPSTREAM, ERR_INPUT for a refused
 * address, ERR_UNCERTAIN when a PUT/POST/DELETE may have arrived). Any status
 * counts as an answer. */
ERR_CHECKED bool http_send(struct http *http, struct pool *pool,
    const struct http_request *request, struct http_response *response,
    struct err *err);
/* All of them, at most parallel at a time; look at each response.err. Once one
 * ran into its time limit no other is begun (ERR_TIMEOUT, not sent), so that a
 * batch ends within twice that limit. */
void http_send_all(struct http *http, struct pool *pool,
    const struct http_request *requests, size_t count, int parallel,
    struct http_response *responses);

/*
 * What the next http_send_all of more than one request does while they are on
 * their way; it is forgotten as it is called. It sends nothing itself, and
 * whoever waits in it for something else waits by http_wait, so that they go
 * on. NULL = nothing (again).
 */
void http_set_meanwhile(struct http *http, void (*fn)(void *arg), void *arg);
/* For fd: 1 = ready, 0 = the time is over (errno ETIMEDOUT). */
int http_wait(struct http *http, int fd, bool is_read, int timeout_ms);

const char *http_header_find(const struct http_response *response,
    const char *lower_name);
/* Seconds from Retry-After (number or date), 0 = none. */
int http_retry_after_secs(const struct http_response *response);
/* Transport error or status -> struct err (401 RECONNECT, 403 FORBIDDEN, 404
 * NOT_FOUND, 410 GONE, 412 CONFLICT, 429 LIMIT, 5xx UPSTREAM, 503 LIMIT when it
 * has Retry-After). Returns true for 2xx. who names the server in the sentence. */
ERR_CHECKED bool http_classify(const struct http_response *response,
    const char *who, struct err *err);

/* Of libcurl and what it is built with, for hawser doctor. */
const char *http_library_version(void);
#endif
