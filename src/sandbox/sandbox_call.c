/* Reads a request off FastCGI and sends its answer; knows no provider. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "sandbox/sandbox_call.h"
#include "serve/fcgi.h"
#include "serve/request_p.h"
#include "util/jsonx.h"
#include "util/banned.h"

#define HEAD_MOST (32 * 1024)

static const struct { int status; const char *words; } statuses[] = {
	{ 200, "OK" }, { 204, "No Content" }, { 302, "Found" },
	{ 303, "See Other" }, { 304, "Not Modified" }, { 400, "Bad Request" },
	{ 401, "Unauthorized" }, { 403, "Forbidden" }, { 404, "Not Found" },
	{ 405, "Method Not Allowed" }, { 409, "Conflict" }, { 410, "Gone" },
	{ 412, "Precondition Failed" }, { 413, "Content Too Large" },
	{ 429, "Too Many Requests" }, { 500, "Internal Server Error" },
	{ 502, "Bad Gateway" }, { 503, "Service Unavailable" },
	{ 504, "Gateway Timeout" },
};

const char *
sandbox_call_words(int status)
{
	size_t i;

	for (i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
		if (statuses[i].status == status)
			return statuses[i].words;
	return "Status";
}

void
sandbox_call_init(struct sandbox_call *call, struct sandbox *sb,
    struct pool *pool)
{
	*call = (struct sandbox_call){ .sb = sb, .pool = pool, .method = "GET",
	    .path = "/", .asked = "", .body = "", .status = 200,
	    .answer_type = "application/json; charset=UTF-8" };
	str_init(&call->headers, pool, HEAD_MOST);
	str_init(&call->answer, pool, SANDBOX_ANSWER_MOST);
}

static bool
refuse(struct sandbox_call *call, int status, const char *why)
{
	sandbox_call_text(call, status, why);
	return false;
}

bool
sandbox_call_target(struct sandbox_call *call, const char *uri)
{
	size_t len = strcspn(uri, "?");
	struct err err;

	call->path = pool_strndup(call->pool, uri, len);
	call->asked = uri[len] == '?' ? uri + len + 1 : "";
	if (!request_parse_pairs(call->pool, call->asked, &call->query, &err))
		return refuse(call, 400, "The query is not well formed.");
	return true;
}

bool
sandbox_call_form(struct sandbox_call *call)
{
	static const char form[] = "application/x-www-form-urlencoded";
	struct err err;

	if (!call->type || strncasecmp(call->type, form, sizeof(form) - 1) != 0)
		return true;
	if (strlen(call->body) != call->body_len ||
	    !request_parse_pairs(call->pool, call->body, &call->form, &err))
		return refuse(call, 400, "The form is not well formed.");
	return true;
}

bool
sandbox_call_read(struct sandbox_call *call, FCGX_Request *request)
{
	const char *length = FCGX_GetParam("CONTENT_LENGTH", request->envp);
	const char *uri = FCGX_GetParam("REQUEST_URI", request->envp);
	unsigned long long len = 0;
	char *body;

	call->method = FCGX_GetParam("REQUEST_METHOD", request->envp);
	call->authorization = FCGX_GetParam("HTTP_AUTHORIZATION", request->envp);
	call->if_match = FCGX_GetParam("HTTP_IF_MATCH", request->envp);
	call->if_none_match = FCGX_GetParam("HTTP_IF_NONE_MATCH", request->envp);
	call->type = FCGX_GetParam("CONTENT_TYPE", request->envp);
	if (!uri || !call->method)
		return refuse(call, 400, "This is no request.");
	if (length && *length && (!str_to_u64(length, &len) ||
	    len > SANDBOX_BODY_MOST))
		return refuse(call, 413, "That is too much at once.");
	body = pool_alloc(call->pool, len + 1);
	if (len > 0 && FCGX_GetStr(body, (int)len, request->in) != (int)len)
		return refuse(call, 400, "The request ended too early.");
	fcgi_take_end(request);
	call->body = body;
	call->body_len = len;
	return sandbox_call_target(call, uri) && sandbox_call_form(call);
}

const char *
sandbox_call_arg(const struct sandbox_call *call, const char *name)
{
	return request_pair(&call->query, name);
}

const char *
sandbox_call_field(const struct sandbox_call *call, const char *name)
{
	return request_pair(&call->form, name);
}

bool
sandbox_call_flag(const struct sandbox_call *call, const char *name)
{
	const char *value = sandbox_call_arg(call, name);

	return value && (str_eq(value, "true") || str_eq(value, "1"));
}

/* A segment of the path, up to the next slash; NULL = broken. */
static char *
segment(struct sandbox_call *call, const char *at)
{
	return request_unescape(call->pool, at, strcspn(at, "/"), false);
}

bool
sandbox_call_matches(struct sandbox_call *call, const char *pattern)
{
	const char *at = call->path;
	size_t n = 0, len;

	while (*pattern) {
		if (strncmp(pattern, "{}", 2) == 0) {
			len = strcspn(at, "/");
			if (len == 0 || n == SANDBOX_SEGMENTS)
				return false;
			call->segments[n] = segment(call, at);
			if (!call->segments[n++])
				return false;
			pattern += 2;
			at += len;
		} else if (*pattern++ != *at++) {
			return false;
		}
	}
	return *at == '\0';
}

void
sandbox_call_header(struct sandbox_call *call, const char *name,
    const char *value)
{
	str_header(&call->headers, name);
	str_add(&call->headers, ": ");
	str_header(&call->headers, value);
	str_add(&call->headers, "\r\n");
}

void
sandbox_call_json(struct sandbox_call *call, int status, json_t *json)
{
	const char *text;

	call->status = status;
	call->answer_type = "application/json; charset=UTF-8";
	str_clear(&call->answer);
	if (!json)
		return;
	text = jsonx_dump(call->pool, json);
	str_add(&call->answer, text);
	str_addc(&call->answer, '\n');
	json_decref(json);
}

void
sandbox_call_text(struct sandbox_call *call, int status, const char *text)
{
	call->status = status;
	call->answer_type = "text/plain; charset=UTF-8";
	str_clear(&call->answer);
	str_add(&call->answer, text);
	str_addc(&call->answer, '\n');
}

void
sandbox_call_redirect(struct sandbox_call *call, const char *url)
{
	sandbox_call_text(call, 303, "See there.");
	sandbox_call_header(call, "Location", url);
}

json_t *
sandbox_call_object(struct sandbox_call *call, struct err *err)
{
	json_t *root;

	if (!jsonx_parse(call->pool, call->body, call->body_len, &root, err))
		return NULL;
	if (json_is_object(root))
		return root;
	(void)err_set(err, ERR_INPUT, "The body must be a JSON object.");
	return NULL;
}

static void
make_head(struct sandbox_call *call, struct str *out)
{
	str_addf(out, "Status: %d %s\r\n", call->status,
	    sandbox_call_words(call->status));
	if (call->status != 204 && call->status != 304)
		str_addf(out, "Content-Type: %s\r\nContent-Length: %zu\r\n",
		    call->answer_type, call->answer.len);
	str_add(out, "Cache-Control: no-cache, no-store, max-age=0, "
	    "must-revalidate\r\nX-Content-Type-Options: nosniff\r\n");
	if (call->page) {
		str_add(out, "Content-Security-Policy: default-src 'none'; style-src "
		    "'self'; img-src 'self'; base-uri 'none'; frame-ancestors "
		    "'none'\r\nReferrer-Policy: no-referrer\r\n");
		if (call->coop[0])
			str_addf(out, "Cross-Origin-Opener-Policy: %s\r\n",
			    call->coop);
	}
	str_addn(out, call->headers.data, call->headers.len);
	str_add(out, "\r\n");
}

/* Breaks off. To nginx an early end is an end; at what is no FastCGI it closes
 * the client's connection, a moment later so that the first half got there. */
static void
break_off(FCGX_Request *request, const struct str *head, const struct str *body)
{
	static const char noise[] = "no FastCGI record";

	if (head) {
		FCGX_PutStr(head->data, (int)head->len, request->out);
		FCGX_PutStr(body->data, (int)(body->len / 2), request->out);
		FCGX_FFlush(request->out);
		usleep(50 * 1000);
		(void)!write(request->ipcFd, noise, sizeof(noise) - 1);
	}
	close(request->ipcFd);
	request->ipcFd = -1;
	FCGX_Free(request, 0);
}

static void
spoil(struct str *body)
{
	static const char noise[] = "<html>{\"oops\":[1,";

	str_clear(body);
	while (body->len < 400)
		str_add(body, noise);
}

void
sandbox_call_send(struct sandbox_call *call, FCGX_Request *request)
{
	struct str head;

	if (call->mangle == SANDBOX_LOST) {
		break_off(request, NULL, NULL);
		return;
	}
	if (!str_ok(&call->answer) || !str_ok(&call->headers))
		sandbox_call_text(call, 500, "The answer is too large.");
	if (call->mangle == SANDBOX_GARBAGE)
		spoil(&call->answer);
	if (str_eq(call->method, "HEAD") || call->status == 204 ||
	    call->status == 304)
		str_clear(&call->answer);
	if (call->mangle == SANDBOX_CUT)	/* what came is passed on at once */
		sandbox_call_header(call, "X-Accel-Buffering", "no");
	str_init(&head, call->pool, HEAD_MOST + 2000);
	make_head(call, &head);
	if (call->mangle == SANDBOX_CUT) {
		break_off(request, &head, &call->answer);
		return;
	}
	fcgi_answer(request, &(const struct fcgi_bytes){ head.data, head.len },
	    &(const struct fcgi_bytes){ call->answer.data, call->answer.len });
}
