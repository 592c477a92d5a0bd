/*
 * The header lines of a request, credentials included; refuses whatever could
 * smuggle a second header. Must not know what the lines mean to a provider.
 */
#include "net/http_p.h"
#include <string.h>
#include "util/banned.h"

static bool is_token(const char *text)
{
	if (!*text)
		return false;
	for (; *text; text++)
		if ((unsigned char)*text <= 0x20 || (unsigned char)*text >= 0x7f
		    || strchr("\"(),/:;<=>?@[\\]{}", *text))
			return false;
	return true;
}

static bool is_clean(const char *value)
{
	for (; *value; value++)
		if (((unsigned char)*value < 0x20 && *value != '\t')
		    || *value == 0x7f)
			return false;
	return true;
}

/* b64token of RFC 6750, and what else is printed in practice. */
static bool is_token68(const char *text)
{
	if (!*text)
		return false;
	for (; *text; text++)
		if ((unsigned char)*text <= 0x20 || (unsigned char)*text >= 0x7f)
			return false;
	return true;
}

/* RFC 4648 section 4, into memory that is wiped. */
static void base64(const unsigned char *in, size_t len, char *out)
{
	static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < len; i += 3) {
		uint32_t v = (uint32_t)in[i] << 16
		    | (i + 1 < len ? (uint32_t)in[i + 1] << 8 : 0)
		    | (i + 2 < len ? in[i + 2] : 0);

		*out++ = set[v >> 18];
		*out++ = set[v >> 12 & 63];
		*out++ = i + 1 < len ? set[v >> 6 & 63] : '=';
		*out++ = i + 2 < len ? set[v & 63] : '=';
	}
}

static char *make_basic(struct pool *pool, const struct http_request *rq)
{
	static const char head[] = "Authorization: Basic ";
	size_t login_len = strlen(rq->basic_login);
	size_t len = login_len + 1 + secret_len(rq->basic_password);
	struct secret *plain = secret_alloc(pool, len);
	struct secret *line = secret_alloc(pool,
	    sizeof(head) - 1 + (len + 2) / 3 * 4);
	char *p = secret_bytes(plain);

	memcpy(p, rq->basic_login, login_len);
	p[login_len] = ':';
	memcpy(p + login_len + 1, secret_peek(rq->basic_password),
	    secret_len(rq->basic_password));
	p = secret_bytes(line);
	memcpy(p, head, sizeof(head) - 1);
	base64(secret_peek(plain), len, p + sizeof(head) - 1);
	secret_wipe(plain);
	return p;
}

static char *make_bearer(struct pool *pool, const struct secret *token)
{
	static const char head[] = "Authorization: Bearer ";
	size_t len = secret_len(token);
	struct secret *line = secret_alloc(pool, sizeof(head) - 1 + len);
	char *p = secret_bytes(line);

	memcpy(p, head, sizeof(head) - 1);
	memcpy(p + sizeof(head) - 1, secret_peek(token), len);
	return p;
}

/* Locked pages are dear: one line for all requests of a batch that say so. */
static char *auth_header(struct http_transfer *t)
{
	const struct http_request *rq = t->request;
	const struct secret *secret = rq->bearer ? rq->bearer :
	    rq->basic_password;
	const char *login = rq->bearer ? NULL : rq->basic_login;
	struct http_shared *shared = t->shared;

	if (shared->login != login || shared->secret != secret) {
		shared->auth_line = rq->bearer ?
		    make_bearer(shared->pool, secret) :
		    make_basic(shared->pool, rq);
		shared->login = login;
		shared->secret = secret;
	}
	return shared->auth_line;
}

/* The list lives in our memory: libcurl only reads it. */
static struct curl_slist *put_header(struct http_transfer *t,
    struct curl_slist *rest, char *line)
{
	struct curl_slist *node = POOL_NEW(t->scratch, struct curl_slist);

	node->data = line;
	node->next = rest;
	return node;
}

bool http_headers_build(struct http_transfer *t, struct err *err)
{
	const struct http_request *rq = t->request;
	struct curl_slist *list = NULL;

	if (!is_token(rq->method))
		return err_set(err, ERR_INTERNAL, "A bad HTTP method.");
	for (size_t i = 0; i < rq->header_count; i++) {
		const struct http_header *h = &rq->headers[i];

		if (!is_token(h->name) || !is_clean(h->value))
			return err_set(err, ERR_INPUT, "A line break or "
			    "control character may not be sent in a header "
			    "(%.40s).", is_token(h->name) ? h->name : "?");
		list = put_header(t, list, pool_printf(t->scratch,
		    *h->value ? "%s: %s" : "%s;", h->name, h->value));
	}
	list = put_header(t, list, pool_strdup(t->scratch, "Expect:"));
	if (rq->identity)
		list = put_header(t, list, pool_strdup(t->scratch,
		    "Accept-Encoding: identity"));
	if (rq->bearer) {
		if (!is_token68(secret_peek(rq->bearer)))
			return err_set(err, ERR_UPSTREAM, "The access token "
			    "holds what no header may.");
		list = put_header(t, list, auth_header(t));
	} else if (rq->basic_login && rq->basic_password) {
		if (strchr(rq->basic_login, ':'))
			return err_set(err, ERR_INPUT,
			    "A login name cannot have a colon in it.");
		list = put_header(t, list, auth_header(t));
	}
	curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, list);
	return true;
}
