/* Session and visitor cookies; what a token means is not known here. */
#include <string.h>
#include "serve/session.h"
#include "util/digest.h"
#include "util/banned.h"

/* Cookies named __Host- cannot be set by a sibling domain; they are of the whole
 * host, so below a prefix they can only be __Secure-. */
static const char *
cookie_name(bool https, const char *prefix, bool visitor)
{
	static const char *const names[2][3] = {
		{ "hawser", "__Host-hawser", "__Secure-hawser" },
		{ "hawser_visitor", "__Host-hawser_visitor",
		    "__Secure-hawser_visitor" },
	};

	return names[visitor][!https ? 0 : *prefix ? 2 : 1];
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
	const char *text = request_cookie(req, cookie_name(req->https,
	    req->prefix, visitor));
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
	reply_cookie(reply, cookie_name(reply->https, reply->prefix, false),
	    digest_base64url(reply->pool, token->bytes, sizeof(token->bytes)), 0);
}

void
session_take_away(struct reply *reply)
{
	reply_cookie(reply, cookie_name(reply->https, reply->prefix,
	    false), "", -1);
}

struct session_token
session_visitor(const struct request *req, struct reply *reply)
{
	struct session_token token;

	if (session_read_visitor(req, &token))
		return token;
	token = session_new_token();
	reply_cookie(reply, cookie_name(reply->https, reply->prefix, true),
	    digest_base64url(reply->pool, token.bytes, sizeof(token.bytes)), 0);
	return token;
}
