/*
 * Messages of providers: something may have changed. A message is a hint and
 * nothing else: its body is not looked at, what changed is asked of the provider.
 * Whoever sends one that is not good learns nothing.
 */
#include <string.h>
#include "jobs/wake.h"
#include "store/store_watch.h"
#include "util/log.h"
#include "util/str.h"
#include "web/page.h"
#include "util/banned.h"

#define CHANNEL_MOST 64
#define TOKEN_MOST 256
#define RESOURCE_MOST 255
#define STATE_MOST 32
#define NUMBER_MOST 19

static bool
answer(struct web *web, int status)
{
	web->reply->status = status;
	web->reply->type = "text/plain; charset=utf-8";
	if (status == 503)
		reply_header(web->reply, "Retry-After", "5");
	return true;
}

/* Whose a channel is stands at the head of its id: h7-0123... */
static bool
read_org(struct web *web, const char *channel, uint64_t *out)
{
	const char *dash = channel && *channel == 'h' ? strchr(channel, '-') :
	    NULL;
	unsigned long long n;

	if (!dash || !str_to_u64(pool_strndup(web->pool, channel + 1,
	    (size_t)(dash - channel - 1)), &n))
		return false;
	*out = n;
	return true;
}

static bool
read_google(struct web *web, struct watch_message *out)
{
	const struct request *req = web->req;
	const char *token = request_header(req, "HTTP_X_GOOG_CHANNEL_TOKEN",
	    TOKEN_MOST);
	const char *state = request_header(req, "HTTP_X_GOOG_RESOURCE_STATE",
	    STATE_MOST);
	unsigned long long number;

	out->channel_id = request_header(req, "HTTP_X_GOOG_CHANNEL_ID",
	    CHANNEL_MOST);
	out->resource_id = request_header(req, "HTTP_X_GOOG_RESOURCE_ID",
	    RESOURCE_MOST);
	if (!token || !state || !out->resource_id ||
	    !read_org(web, out->channel_id, &out->org_id))
		return false;
	out->token_hash = digest_sha256(token, strlen(token));
	out->first = str_eq(state, "sync");
	if (str_to_u64(request_header(req, "HTTP_X_GOOG_MESSAGE_NUMBER",
	    NUMBER_MOST), &number))
		out->number = number;
	return true;
}

struct taking {
	struct pool *pool;
	const struct watch_message *message;
	enum watch_verdict verdict;
};

static bool
take_body(struct db *db, void *arg, struct err *err)
{
	struct taking *t = arg;

	return store_watch_message(db, t->pool, t->message, &t->verdict, err);
}

/* The answer comes when it is kept; what is to be done is done elsewhere. */
bool
page_hook_google(struct web *web, struct err *err)
{
	static const struct db_tx_opts again = { .idempotent = true };
	struct watch_message message = { 0 };
	struct taking t = { web->pool, &message, WATCH_MESSAGE_FALSE };
	struct err why = { 0 };

	(void)err;
	if (!read_google(web, &message))
		return answer(web, 404);
	if (!web_database(web, &why) ||
	    !db_tx(web->db, take_body, &t, &again, &why)) {
		log_err("a message could not be kept", &why);
		return answer(web, 503);
	}
	switch (t.verdict) {
	case WATCH_MESSAGE_CHANGED:
		wake_send(web->config);
		return answer(web, 204);
	case WATCH_MESSAGE_AGAIN:
	case WATCH_MESSAGE_FIRST:
		return answer(web, 204);
	case WATCH_MESSAGE_FALSE:
	case WATCH_MESSAGE_LATE:
		break;
	}
	return answer(web, 404);
}
