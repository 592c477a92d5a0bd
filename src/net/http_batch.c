/*
 * Requests that are on their way together, over one curl multi handle, and what
 * is done meanwhile. Must not know what a request is made of.
 */
#include <errno.h>
#include "net/http_p.h"
#include "util/when.h"
#include "util/banned.h"

/* Whoever lets one request run into its limit may do so with all of them: what
 * has not begun by then waits for the next time. */
static void leave_out(const struct http_request *request,
    struct http_response *response)
{
	*response = (struct http_response){ .url = request->url, .body = "" };
	err_set_scope(&response->err, ERR_TIMEOUT, ERR_CONNECTION,
	    "The server is too slow: the rest is left for another time.");
}

/* Begins what may begin, moves all on, takes up what has ended. False: there is
 * nothing to wait for. */
static bool move_on(struct http *http)
{
	struct http_batch *b = http->batch;
	int alive;

	for (; b->next < b->count && b->running < b->parallel; b->next++)
		if (http->too_slow)
			leave_out(&b->requests[b->next],
			    &b->responses[b->next]);
		else if (http_start(http, &b->requests[b->next],
		    &b->responses[b->next]))
			b->running++;
	if (curl_multi_perform(http->multi, &alive) != CURLM_OK)
		die("curl_multi_perform failed");
	b->running -= http_finish_done(http);
	return alive > 0 && b->running > 0;
}

void http_set_meanwhile(struct http *http, void (*fn)(void *arg), void *arg)
{
	http->meanwhile = fn;
	http->meanwhile_arg = arg;
}

static bool is_over(const struct http_batch *b)
{
	return b->next == b->count && b->running == 0;
}

int http_wait(struct http *http, int fd, bool is_read, int timeout_ms)
{
	struct curl_waitfd wait = { .fd = fd,
	    .events = is_read ? CURL_WAIT_POLLIN : CURL_WAIT_POLLOUT };
	int64_t until = when_mono_ms() + timeout_ms, left;

	for (;;) {
		while (http->batch && !is_over(http->batch) && !move_on(http))
			;
		left = timeout_ms > 0 ? until - when_mono_ms() : 1000;
		wait.revents = 0;
		if (curl_multi_poll(http->multi, &wait, 1, left < 0 ? 0 :
		    left < 1000 ? (int)left : 1000, NULL) != CURLM_OK)
			die("curl_multi_poll failed");
		if (wait.revents)
			return 1;
		if (left <= 0) {
			errno = ETIMEDOUT;
			return 0;
		}
	}
}

static void do_meanwhile(struct http *http)
{
	void (*fn)(void *arg) = http->meanwhile;

	if (!fn || http->batch->count < 2)
		return;
	http->meanwhile = NULL;
	(void)move_on(http);
	fn(http->meanwhile_arg);
}

void http_send_all(struct http *http, struct pool *pool,
    const struct http_request *requests, size_t count, int parallel,
    struct http_response *responses)
{
	struct http_batch batch = { .pool = pool, .requests = requests,
	    .responses = responses, .count = count, .parallel = parallel < 1 ?
	    1 : parallel > HTTP_CONNECTIONS_MAX ? HTTP_CONNECTIONS_MAX : parallel };

	if (http->batch)
		die("requests are sent while others are on their way");
	batch.shared.pool = pool_new(pool);
	http->too_slow = false;
	http->batch = &batch;
	do_meanwhile(http);
	while (!is_over(&batch))
		if (move_on(http))
			curl_multi_poll(http->multi, NULL, 0, 1000, NULL);
	http->batch = NULL;
	pool_free(batch.shared.pool);
}

bool http_send(struct http *http, struct pool *pool,
    const struct http_request *request, struct http_response *response,
    struct err *err)
{
	http_send_all(http, pool, request, 1, 1, response);
	if (response->err.kind == ERR_NONE)
		return true;
	*err = response->err;
	return false;
}
