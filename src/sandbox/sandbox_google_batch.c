/*
 * Batches: multipart/mixed, a request in each part. Answers keep the order of
 * the parts, execution does not: what depends on its neighbour breaks here.
 */
#include <stdio.h>
#include <string.h>
#include "sandbox/sandbox_google_calendar.h"
#include "util/digest.h"
#include "util/str.h"
#include "util/banned.h"

#define PARTS_MOST 50

struct part {
	const char *id;			/* Content-ID; NULL = none */
	struct sandbox_call call;
	bool good;
};

/* The next line's end, "\n" or "\r\n"; cuts it off and gives what follows. */
static char *
cut_line(char *text)
{
	char *end = strchr(text, '\n');

	if (!end)
		return text + strlen(text);
	if (end > text && end[-1] == '\r')
		end[-1] = '\0';
	*end = '\0';
	return end + 1;
}

static const char *
header_value(char *line, const char *name)
{
	size_t len = strlen(name);

	if (strncasecmp(line, name, len) != 0 || line[len] != ':')
		return NULL;
	return line + len + 1 + strspn(line + len + 1, " \t");
}

static bool
read_request_line(struct sandbox_call *call, char *line)
{
	char *uri = strchr(line, ' '), *end;

	if (!uri)
		return false;
	*uri++ = '\0';
	end = strchr(uri, ' ');
	if (end)
		*end = '\0';
	call->method = line;
	if (strncasecmp(uri, "http", 4) == 0 && strstr(uri, "://"))
		uri = strchr(strstr(uri, "://") + 3, '/');
	if (!uri)
		return false;
	if (!str_starts(uri, SANDBOX_GOOGLE "/"))
		uri = pool_printf(call->pool, SANDBOX_GOOGLE "%s", uri);
	return sandbox_call_target(call, uri);
}

static void
read_inner(struct part *part, char *text)
{
	struct sandbox_call *call = &part->call;
	const char *value;
	char *next;
	size_t len;

	text += strspn(text, "\r\n");
	next = cut_line(text);
	part->good = read_request_line(call, text);
	for (text = next; *text; text = next) {
		next = cut_line(text);
		if (*text == '\0')
			break;
		if ((value = header_value(text, "Authorization")) != NULL)
			call->authorization = value;
		else if ((value = header_value(text, "If-Match")) != NULL)
			call->if_match = value;
		else if ((value = header_value(text, "If-None-Match")) != NULL)
			call->if_none_match = value;
		else if ((value = header_value(text, "Content-Type")) != NULL)
			call->type = value;
	}
	len = strlen(next);
	while (len > 0 && (next[len - 1] == '\n' || next[len - 1] == '\r'))
		next[--len] = '\0';
	call->body = next;
	call->body_len = len;
}

/* Its own headers, then the request within it. */
static void
read_part(const struct sandbox_call *outer, struct part *part, char *text)
{
	const char *value;
	char *next;

	sandbox_call_init(&part->call, outer->sb, outer->pool);
	part->call.part = true;
	part->call.authorization = outer->authorization;
	part->call.if_match = outer->if_match;
	for (next = text; *text; text = next) {
		next = cut_line(text);
		if (*text == '\0')
			break;
		if ((value = header_value(text, "Content-ID")) != NULL)
			part->id = value;
	}
	read_inner(part, next);
}

static char *
boundary_of(struct sandbox_call *call)
{
	const char *at = call->type ? strcasestr(call->type, "boundary=") : NULL;

	if (!at || strncasecmp(call->type, "multipart/mixed", 15) != 0)
		return NULL;
	at += 9;
	if (*at == '"')
		return pool_strndup(call->pool, at + 1, strcspn(at + 1, "\""));
	return pool_strndup(call->pool, at, strcspn(at, "; \t"));
}

/* Their number; more than are allowed counts on, without keeping them. */
static size_t
split(struct sandbox_call *call, const char *boundary, struct part *parts)
{
	char *line = pool_printf(call->pool, "--%s", boundary);
	char *text = pool_strdup(call->pool, call->body), *next;
	size_t len = strlen(line), n = 0;

	text = strstr(text, line);
	while (text && strncmp(text + len, "--", 2) != 0) {
		text = cut_line(text);
		next = strstr(text, line);
		if (!next)
			break;
		next[-1] = '\0';
		if (n < PARTS_MOST)
			read_part(call, &parts[n], text);
		n++;
		text = next;
	}
	return n;
}

static void
run(struct sandbox_call *outer, struct part *part)
{
	struct sandbox_call *call = &part->call;

	if (!part->good || str_starts(call->path, SANDBOX_GOOGLE "/batch") ||
	    !str_starts(call->path, SANDBOX_GOOGLE "/calendar/v3/") ||
	    str_ends(call->path, "/watch"))
		sandbox_google_fail(call, 400, "badRequest",
		    "This request cannot be part of a batch.");
	else
		sandbox_dispatch(call);
	outer->delay_ms += call->delay_ms;
	if (call->mangle != SANDBOX_WHOLE)
		outer->mangle = call->mangle;
}

static bool
is_write(const struct sandbox_call *call)
{
	return str_eq(call->method, "PUT") || str_eq(call->method, "PATCH") ||
	    str_eq(call->method, "DELETE");
}

/* Of two writes of one event in a batch one wins. */
static bool
collides(const struct part *parts, const size_t *order, size_t i)
{
	const struct sandbox_call *call = &parts[order[i]].call;
	size_t j;

	for (j = 0; j < i && is_write(call); j++)
		if (is_write(&parts[order[j]].call) &&
		    str_eq(parts[order[j]].call.path, call->path))
			return true;
	return false;
}

static void
run_shuffled(struct sandbox_call *outer, struct part *parts, size_t n)
{
	unsigned char random[PARTS_MOST];
	size_t order[PARTS_MOST], i, j, swap;

	digest_random(random, sizeof(random));
	for (i = 0; i < n; i++)
		order[i] = i;
	for (i = n; i > 1; i--) {
		j = random[i - 1] % i;
		swap = order[i - 1];
		order[i - 1] = order[j];
		order[j] = swap;
	}
	for (i = 0; i < n; i++)
		if (collides(parts, order, i))
			sandbox_google_fail(&parts[order[i]].call, 409, "conflict", NULL);
		else
			run(outer, &parts[order[i]]);
}

/* "<item1:x>" is answered as "<response-item1:x>". */
static void
add_answer(struct str *out, const struct part *part, const char *boundary)
{
	const struct sandbox_call *call = &part->call;
	const char *id = part->id;

	str_addf(out, "--%s\r\nContent-Type: application/http\r\n", boundary);
	if (id && *id == '<')
		str_addf(out, "Content-ID: <response-%s\r\n", id + 1);
	else if (id)
		str_addf(out, "Content-ID: response-%s\r\n", id);
	str_addf(out, "\r\nHTTP/1.1 %d %s\r\n", call->status,
	    sandbox_call_words(call->status));
	str_addn(out, call->headers.data, call->headers.len);
	if (call->answer.len > 0)
		str_addf(out, "Content-Type: %s\r\n", call->answer_type);
	str_addf(out, "Content-Length: %zu\r\n\r\n", call->answer.len);
	str_addn(out, call->answer.data, call->answer.len);
	str_add(out, "\r\n");
}

void
sandbox_google_batch(struct sandbox_call *call)
{
	struct part *parts = pool_array(call->pool, PARTS_MOST, sizeof(*parts));
	char *boundary = boundary_of(call);
	unsigned char bytes[12];
	size_t n, i;

	if (!boundary || !*boundary || strlen(call->body) != call->body_len) {
		sandbox_google_fail(call, 400, "badRequest",
		    "A batch is multipart/mixed with a boundary.");
		return;
	}
	n = split(call, boundary, parts);
	if (n == 0 || n > PARTS_MOST) {
		sandbox_google_fail(call, 400, "badRequest", n == 0 ?
		    "The batch holds no request." : "The batch has too many parts.");
		return;
	}
	run_shuffled(call, parts, n);
	digest_random(bytes, sizeof(bytes));
	boundary = pool_printf(call->pool, "batch_%s",
	    digest_base64url(call->pool, bytes, sizeof(bytes)));
	call->status = 200;
	call->answer_type = pool_printf(call->pool,
	    "multipart/mixed; boundary=%s", boundary);
	for (i = 0; i < n; i++)
		add_answer(&call->answer, &parts[i], boundary);
	str_addf(&call->answer, "--%s--\r\n", boundary);
}
