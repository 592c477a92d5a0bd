/*
 * One request, from its options to what came of it. Knows addresses, limits and
 * headers; knows nothing of what the bodies mean, and never tries twice.
 */
#include "net/http_p.h"
#include <arpa/inet.h>
#include <malloc.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "net/net_vet.h"
#include "util/log.h"
#include "util/when.h"
#include "util/banned.h"

#define DEFAULT_BODY_BYTES (1024 * 1024)
#define DEFAULT_CONNECT_SECS 10
#define DEFAULT_TOTAL_SECS 120
#define HEADERS_MAX 200
#define HEADER_MAX_BYTES (64 * 1024)
#define LOW_SPEED_BYTES 1024
#define LOW_SPEED_MAX_SECS 30

/* ---- memory of libcurl: wiped, it holds headers with credentials ---- */

static void wiping_free(void *p)
{
	if (!p)
		return;
	explicit_bzero(p, malloc_usable_size(p));
	free(p);
}

static void *wiping_realloc(void *old, size_t bytes)
{
	size_t had = old ? malloc_usable_size(old) : 0;
	void *new = malloc(bytes);

	if (!new)
		return NULL;
	if (old)
		memcpy(new, old, had < bytes ? had : bytes);
	wiping_free(old);
	return new;
}

static void release_http(void *arg)
{
	struct http *http = arg;

	while (http->idle_count > 0)
		curl_easy_cleanup(http->idle[--http->idle_count]);
	curl_multi_cleanup(http->multi);
}

bool http_open(struct pool *pool, const struct config *config,
    struct http **out, struct err *err)
{
	static bool ready;
	struct http *http = POOL_NEW(pool, struct http);

	if (!ready && curl_global_init_mem(CURL_GLOBAL_DEFAULT, malloc,
	    wiping_free, wiping_realloc, strdup, calloc) != CURLE_OK)
		return err_set_scope(err, ERR_INTERNAL, ERR_RUN,
		    "The HTTP library does not start.");
	ready = true;
	http->config = config;
	http->multi = curl_multi_init();
	if (!http->multi)
		die("curl_multi_init: out of memory");
	curl_multi_setopt(http->multi, CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
	curl_multi_setopt(http->multi, CURLMOPT_MAXCONNECTS,
	    (long)HTTP_CONNECTIONS_MAX);
	pool_adopt(pool, http, release_http);
	*out = http;
	return true;
}

void http_set_deadline(struct http *http, int secs)
{
	http->deadline_ms = when_mono_ms() + (int64_t)secs * 1000;
}

/* ---- vetted addresses ---- */

static bool is_allowed(const struct http_transfer *t, const char *ip, int port)
{
	if (!t->allowed || port != t->url.port)
		return false;
	return !net_vet_is_literal(t->url.host)
	    || net_vet_same(t->url.host, ip);
}

static bool vet_socket(const struct http_transfer *t,
    const struct sockaddr *address)
{
	char ip[INET6_ADDRSTRLEN] = "";
	struct sockaddr_in in4;
	struct sockaddr_in6 in6;

	if (net_vet_is_public(address))
		return true;
	if (address->sa_family == AF_INET) {
		memcpy(&in4, address, sizeof(in4));
		inet_ntop(AF_INET, &in4.sin_addr, ip, sizeof(ip));
		return is_allowed(t, ip, ntohs(in4.sin_port));
	}
	if (address->sa_family == AF_INET6) {
		memcpy(&in6, address, sizeof(in6));
		inet_ntop(AF_INET6, &in6.sin6_addr, ip, sizeof(ip));
		return is_allowed(t, ip, ntohs(in6.sin6_port));
	}
	return false;
}

static curl_socket_t on_open_socket(void *arg, curlsocktype purpose,
    struct curl_sockaddr *address)
{
	struct http_transfer *t = arg;

	if (purpose != CURLSOCKTYPE_IPCXN || !vet_socket(t, &address->addr)) {
		t->refused_address = true;
		return CURL_SOCKET_BAD;
	}
	return socket(address->family, address->socktype | SOCK_CLOEXEC,
	    address->protocol);
}

/* Runs for reused connections too, which open no socket. */
static int on_before_request(void *arg, char *ip, char *local_ip, int port,
    int local_port)
{
	struct http_transfer *t = arg;

	(void)local_ip;
	(void)local_port;
	if (!net_vet_text_is_public(ip) && !is_allowed(t, ip, port)) {
		t->refused_address = true;
		return CURL_PREREQFUNC_ABORT;
	}
	/* libcurl resends by itself when a kept connection turns out dead: fine
	 * for reading, but a write may have arrived before. */
	if (++t->attempts > 1 && http_is_write(t->request->method)) {
		t->response->sent = true;
		err_set_scope(&t->err, ERR_UPSTREAM, ERR_CONNECTION,
		    "%.80s closed the connection without an answer.",
		    t->url.host);
		return CURL_PREREQFUNC_ABORT;
	}
	return CURL_PREREQFUNC_OK;
}

/* ---- what comes in ---- */

static void add_header(struct http_transfer *t, const char *line, size_t len)
{
	struct http_response *r = t->response;
	const char *colon = memchr(line, ':', len);
	char *name;

	if (!colon || colon == line)
		return;
	if (r->header_count == t->header_room) {
		size_t room = t->header_room ? 2 * t->header_room : 16;

		r->headers = pool_grow(t->pool, r->headers, r->header_count,
		    room, sizeof(*r->headers));
		t->header_room = room;
	}
	name = pool_strndup(t->pool, line, (size_t)(colon - line));
	str_lower(name);
	r->headers[r->header_count].name = name;
	r->headers[r->header_count++].value = str_trim(t->pool,
	    pool_strndup(t->pool, colon + 1, len - (size_t)(colon + 1 - line)));
}

/* "HTTP/1.1 207 Multi-Status"; libcurl has refused anything odder. */
static int status_of(const char *line, size_t len)
{
	const char *p = memchr(line, ' ', len);
	int status = 0;

	for (int i = 1; p && i <= 3 && p + i < line + len; i++) {
		if (p[i] < '0' || p[i] > '9')
			return 0;
		status = status * 10 + (p[i] - '0');
	}
	return status;
}

static size_t on_header(char *line, size_t size, size_t count, void *arg)
{
	struct http_transfer *t = arg;
	struct http_response *r = t->response;
	size_t len = size * count;

	t->header_bytes += len;
	if (t->header_bytes > HEADER_MAX_BYTES
	    || r->header_count >= HEADERS_MAX) {
		err_set_scope(&t->err, ERR_UPSTREAM, ERR_CONNECTION,
		    "%.80s sends too many headers.", t->url.host);
		return 0;
	}
	if (len > 5 && strncmp(line, "HTTP/", 5) == 0) {
		r->header_count = 0;	/* after an interim 1xx answer */
		r->status = status_of(line, len);
		return len;
	}
	add_header(t, line, len);
	return len;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *arg)
{
	struct http_transfer *t = arg;
	const struct http_request *rq = t->request;
	size_t len = size * count;

	t->received_bytes += len;
	if (t->received_bytes > t->max_body_bytes) {
		err_set_scope(&t->err, ERR_UPSTREAM, ERR_CONNECTION,
		    "The answer of %.80s is larger than %zu KB and was not "
		    "read.", t->url.host, t->max_body_bytes / 1024);
		t->response->too_large = true;
		return 0;
	}
	if (!rq->sink) {
		str_addn(&t->body, bytes, len);
		return len;
	}
	return rq->sink(rq->sink_arg, bytes, len, &t->err) ? len : 0;
}

/* ---- what goes out ---- */

static void set_body(struct http_transfer *t)
{
	const struct http_request *rq = t->request;

	if (rq->body) {
		curl_easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE_LARGE,
		    (curl_off_t)rq->body_len);
		curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS, rq->body);
	} else if (strcmp(rq->method, "HEAD") == 0) {
		curl_easy_setopt(t->easy, CURLOPT_NOBODY, 1L);
	} else {
		curl_easy_setopt(t->easy, CURLOPT_HTTPGET, 1L);
	}
	curl_easy_setopt(t->easy, CURLOPT_CUSTOMREQUEST, rq->method);
}

static void set_limits(struct http_transfer *t)
{
	const struct config *config = t->http->config;
	int connect = config->connect_timeout_secs;
	int slow;

	t->total_secs = config->total_timeout_secs > 0 ?
	    config->total_timeout_secs : DEFAULT_TOTAL_SECS;
	if (t->request->total_timeout_secs > 0 &&
	    t->request->total_timeout_secs < t->total_secs)
		t->total_secs = t->request->total_timeout_secs;
	if (t->http->deadline_ms) {
		int64_t left = (t->http->deadline_ms - when_mono_ms()) / 1000;

		if (left < t->total_secs)
			t->total_secs = left < 1 ? 1 : (int)left;
	}
	slow = t->total_secs / 4 > LOW_SPEED_MAX_SECS ? LOW_SPEED_MAX_SECS
	    : t->total_secs / 4 < 2 ? 2 : t->total_secs / 4;
	curl_easy_setopt(t->easy, CURLOPT_CONNECTTIMEOUT,
	    (long)(connect > 0 ? connect : DEFAULT_CONNECT_SECS));
	curl_easy_setopt(t->easy, CURLOPT_TIMEOUT, (long)t->total_secs);
	curl_easy_setopt(t->easy, CURLOPT_LOW_SPEED_LIMIT,
	    (long)LOW_SPEED_BYTES);
	curl_easy_setopt(t->easy, CURLOPT_LOW_SPEED_TIME, (long)slow);
}

static void set_options(struct http_transfer *t)
{
	CURL *e = t->easy;

	curl_easy_setopt(e, CURLOPT_PRIVATE, t);
	curl_easy_setopt(e, CURLOPT_ERRORBUFFER, t->curl_words);
	curl_easy_setopt(e, CURLOPT_URL, url_format(t->scratch, &t->url));
	curl_easy_setopt(e, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR,
	    t->allowed ? "http,https" : "https");
	curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(e, CURLOPT_PROXY, "");
	curl_easy_setopt(e, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(e, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(e, CURLOPT_HTTP09_ALLOWED, 0L);
	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(e, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(e, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(e, CURLOPT_USERAGENT, PACKAGE "/" VERSION);
	if (!t->request->identity)
		curl_easy_setopt(e, CURLOPT_ACCEPT_ENCODING, "gzip, deflate");
	curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
	curl_easy_setopt(e, CURLOPT_OPENSOCKETDATA, t);
	curl_easy_setopt(e, CURLOPT_PREREQFUNCTION, on_before_request);
	curl_easy_setopt(e, CURLOPT_PREREQDATA, t);
	curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(e, CURLOPT_HEADERDATA, t);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, t);
}

/* ---- one transfer from start to end ---- */

/* May it be asked at all? What stands before the path says so, and mostly it is
 * the same for a whole batch; the rest is read each time. */
static bool check_url(struct http_transfer *t, struct err *err)
{
	const char *url = t->request->url, *at = strstr(url, "://");
	const struct config *config = t->http->config;
	struct http_shared *shared = t->shared;
	size_t len = at ? (size_t)(at - url) + 3 : 0;

	if (!url_parse(t->pool, url, &t->url, err))
		return false;
	len += strcspn(url + len, "/?#");
	if (!shared->origin || strncmp(shared->origin, url, len) != 0
	    || shared->origin[len]) {
		if (!url_check(t->scratch, config, url, err))
			return false;
		shared->origin = pool_strndup(shared->pool, url, len);
		shared->allowed = url_allowed_origin(config, url);
	}
	t->allowed = shared->allowed;
	return true;
}

static bool prepare(struct http_transfer *t, struct err *err)
{
	struct http *http = t->http;

	if (!check_url(t, err))
		return false;
	if (http->deadline_ms && when_mono_ms() >= http->deadline_ms)
		return err_set_scope(err, ERR_TIMEOUT, ERR_CONNECTION,
		    "%.80s is too slow. Try again later.", t->url.host);
	t->easy = http->idle_count > 0 ? http->idle[--http->idle_count]
	    : curl_easy_init();
	if (!t->easy)
		die("curl_easy_init: out of memory");
	t->max_body_bytes = t->request->max_body_bytes
	    ? t->request->max_body_bytes : DEFAULT_BODY_BYTES;
	str_init(&t->body, t->pool, t->max_body_bytes);
	set_options(t);
	set_limits(t);
	set_body(t);
	return http_headers_build(t, err);
}

bool http_start(struct http *http, const struct http_request *request,
    struct http_response *response)
{
	struct pool *pool = http->batch->pool;
	struct pool *scratch = pool_new(pool);
	struct http_transfer *t = POOL_NEW(scratch, struct http_transfer);

	*response = (struct http_response){
		.url = pool_strdup(pool, request->url), .body = "",
	};
	t->http = http;
	t->shared = &http->batch->shared;
	t->pool = pool;
	t->scratch = scratch;
	t->request = request;
	t->response = response;
	t->started_ms = when_mono_ms();
	if (prepare(t, &response->err)) {
		if (curl_multi_add_handle(http->multi, t->easy) == CURLM_OK)
			return true;
		err_set_scope(&response->err, ERR_INTERNAL, ERR_RUN,
		    "The HTTP library refuses the request.");
	}
	if (t->easy)
		curl_easy_cleanup(t->easy);
	pool_free(scratch);
	return false;
}

static void finish(struct http_transfer *t, CURLcode code)
{
	struct http *http = t->http;
	struct http_response *r = t->response;
	long sent_bytes = 0;

	curl_easy_getinfo(t->easy, CURLINFO_REQUEST_SIZE, &sent_bytes);
	r->sent = r->sent || sent_bytes > 0;
	r->body = t->body.data;
	r->body_len = t->body.len;
	http->too_slow |= code == CURLE_OPERATION_TIMEDOUT;
	if (code != CURLE_OK) {
		http_explain(t, code, &r->err);
		r->status = 0;
	}
	log_debug("http", LOG_STR("method", t->request->method),
	    LOG_URL("url", r->url), LOG_INT("status", r->status),
	    LOG_INT("bytes", t->received_bytes),
	    LOG_INT("ms", when_mono_ms() - t->started_ms));
	curl_multi_remove_handle(http->multi, t->easy);
	if (http->idle_count < HTTP_CONNECTIONS_MAX) {
		curl_easy_reset(t->easy);
		http->idle[http->idle_count++] = t->easy;
	} else {
		curl_easy_cleanup(t->easy);
	}
	pool_free(t->scratch);		/* t itself lives there */
}

int http_finish_done(struct http *http)
{
	CURLMsg *msg;
	int left, done = 0;

	while ((msg = curl_multi_info_read(http->multi, &left))) {
		struct http_transfer *t;
		CURLcode code = msg->data.result;

		if (msg->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &t);
		finish(t, code);
		done++;
	}
	return done;
}

const char *
http_library_version(void)
{
	return curl_version();
}
