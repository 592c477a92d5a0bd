/* Session and visitor cookies; what a token means is not known here. */
#include <string.h>
#include "serve/session.h"
#include "util/digest.h"
#include "util/banned.h"

/* Cookies with the __Host- prefix cannot be set by a sibling domain. */
static const char *
cookie_name(bool https, bool visitor)
{
	if (visitor)
		return https ? "__Host-hawser_visitor" : "hawser_visitor";
	return https ? "__Host-hawser" : "hawser";
}

struct session_token
session_new_token(void)
{
	struct session_token token;

	digest_random(token.bytes, sizeof(token.bytes));
	return token;
}

static bool
read_cookie(const struct request *req, bool visitor, struct session_token *out)
{
	const char *text = request_cookie(req, cookie_name(req->https, visitor));
	size_t len;

	return text && digest_unbase64url(text, out->bytes, sizeof(out->bytes),
	    &len) && len == sizeof(out->bytes);
}

bool
session_read(const struct request *req, struct session_token *out)
{
	return read_cookie(req, false, out);
}

bool
session_read_visitor(const struct request *req, struct session_token *out)
{
	return read_cookie(req, true, out);
}

void
session_give(struct reply *reply, const struct session_token *token)
{
	reply_cookie(reply, cookie_name(reply->https, false),
	    digest_base64url(reply->pool, token->bytes, sizeof(token->bytes)), 0);
}

void
session_take_away(struct reply *reply)
{
	reply_cookie(reply, cookie_name(reply->https, false), "", -1);
}

struct session_token
session_visitor(const struct request *req, struct reply *reply)
{
	struct session_token token;

	if (session_read_visitor(req, &token))
		return token;
	token = session_new_token();
	reply_cookie(reply, cookie_name(reply->https, true),
	    digest_base64url(reply->pool, token.bytes, sizeof(token.bytes)), 0);
	return token;
}
