/*
 * Several requests in one (Google's batch: multipart/mixed of application/http).
 * Answers are told apart by Content-ID, whatever their order.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "providers/google_p.h"
#include "util/str.h"
#include "util/banned.h"

#define BOUNDARY "hawser-batch-7f3a91c4e2"
#define BODY_BYTES (64u << 20)

char *google_event_path(struct pool *pool, const char *calendar,
    const char *event, const char *query)
{
	struct str s;

	str_init(&s, pool, URL_MAX_BYTES);
	str_add(&s, "calendars/");
	str_urlarg(&s, calendar);
	str_add(&s, "/events");
	if (event) {
		str_addc(&s, '/');
		str_urlarg(&s, event);
	}
	if (query)
		str_addf(&s, "?%s", query);
	return s.data;
}

/* ---- the question ---- */

/* Inner requests name a path alone. */
static const char *api_path(const struct provider_session *session)
{
	const char *host = strstr(session->config->google.api_url, "://");

	return host ? strchr(host + 3, '/') : "/";
}

static void add_part(const struct provider_session *session, struct pool *pool,
    struct str *s, const struct google_part *p, size_t n)
{
	const char *base = api_path(session);

	str_addf(s, "--" BOUNDARY "\r\nContent-Type: application/http\r\n"
	    "Content-ID: <hawser-%zu>\r\n\r\n%s %s%s%s HTTP/1.1\r\n", n,
	    p->method, base, base[strlen(base) - 1] == '/' ? "" : "/",
	    p->path);
	if (p->if_match)
		str_addf(s, "If-Match: %s\r\n", p->if_match);
	if (p->body) {
		const char *text = jsonx_dump(pool, p->body);

		str_addf(s, "Content-Type: application/json; charset=utf-8\r\n"
		    "Content-Length: %zu\r\n\r\n", strlen(text));
		str_add(s, text);
	} else {
		str_add(s, "\r\n");
	}
	str_add(s, "\r\n");
}

/* ---- the answer ---- */

struct slice { const char *at, *end; };

/* The line that starts here, without its end; *s moves behind it. */
static bool take_line(struct slice *s, struct slice *line)
{
	const char *lf = s->at < s->end ? memchr(s->at, '\n',
	    (size_t)(s->end - s->at)) : NULL;

	if (!lf)
		return false;
	*line = (struct slice){ s->at, lf > s->at && lf[-1] == '\r' ? lf - 1 :
	    lf };
	s->at = lf + 1;
	return true;
}

static bool is_header(const struct slice *line, const char *name,
    struct slice *value)
{
	size_t n = strlen(name);

	if ((size_t)(line->end - line->at) <= n || line->at[n] != ':' ||
	    strncasecmp(line->at, name, n) != 0)
		return false;
	*value = (struct slice){ line->at + n + 1, line->end };
	return true;
}

/* Headers up to the empty line; the number of Content-ID, if it is one of
 * ours. */
static bool take_headers(struct slice *s, size_t *number)
{
	static const char mark[] = "hawser-";
	struct slice line, value;

	while (take_line(s, &line)) {
		if (line.at == line.end)
			return true;
		if (number && is_header(&line, "Content-ID", &value)) {
			const char *at = memmem(value.at,
			    (size_t)(value.end - value.at), mark,
			    sizeof(mark) - 1);

			*number = at ? strtoul(at + sizeof(mark) - 1, NULL,
			    10) : SIZE_MAX;
		}
	}
	return false;
}

static bool read_part(struct pool *pool, struct slice s,
    struct google_part *parts, size_t count)
{
	size_t n = SIZE_MAX;
	struct slice line;
	struct err ignored;
	struct google_part *p;

	if (!take_headers(&s, &n) || n >= count || !take_line(&s, &line) ||
	    (size_t)(line.end - line.at) < 12 ||
	    strncmp(line.at, "HTTP/1.", 7) != 0 || !take_headers(&s, NULL))
		return false;
	p = &parts[n];
	p->status = (int)strtoul(line.at + 9, NULL, 10);
	while (s.end > s.at && strchr("\r\n ", s.end[-1]))
		s.end--;
	if (s.end > s.at && !jsonx_parse(pool, s.at, (size_t)(s.end - s.at),
	    &p->json, &ignored))
		p->json = NULL;
	return true;
}

static char *boundary_of(struct pool *pool, const struct http_response *http)
{
	const char *type = http_header_find(http, "content-type");
	const char *at = type ? strstr(type, "boundary=") : NULL;
	bool quoted = at && at[9] == '"';
	size_t n;

	if (!at || strncasecmp(type, "multipart/mixed", 15) != 0)
		return NULL;
	at += quoted ? 10 : 9;
	n = strcspn(at, quoted ? "\"" : "; \t");
	return n > 0 && n <= 200 ? pool_printf(pool, "--%.*s", (int)n, at) :
	    NULL;
}

static bool read_parts(struct pool *pool, const struct http_response *http,
    struct google_part *parts, size_t count)
{
	const char *mark = boundary_of(pool, http), *at, *next;
	const char *end = http->body + http->body_len;

	if (!mark)
		return false;
	at = memmem(http->body, http->body_len, mark, strlen(mark));
	while (at) {
		at += strlen(mark);
		if (end - at >= 2 && strncmp(at, "--", 2) == 0)
			return true;
		at = memchr(at, '\n', (size_t)(end - at));
		if (!at)
			return false;
		at++;
		next = memmem(at, (size_t)(end - at), mark, strlen(mark));
		if (!next || !read_part(pool, (struct slice){ at, next }, parts,
		    count))
			return false;
		at = next;
	}
	return false;
}

/* ---- one batch ---- */

static bool is_write(const struct google_part *parts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(parts[i].method, "GET") != 0)
			return true;
	return false;
}

static void fail_all(struct google_part *parts, size_t count,
    const struct err *why)
{
	for (size_t i = 0; i < count; i++) {
		parts[i].status = 0;
		parts[i].json = NULL;
		parts[i].err = *why;
	}
}

static void judge(struct google_part *parts, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct google_part *p = &parts[i];

		p->err = (struct err){ 0 };
		if (p->status == 0)
			(void)!err_set_scope(&p->err, is_write(p, 1) ?
			    ERR_UNCERTAIN : ERR_UPSTREAM, ERR_CONNECTION,
			    "Google left one of several answers out.");
		else
			(void)!google_verdict(p->status, p->json, NULL,
			    &p->err);
	}
}

static bool send_many(struct provider_session *session, struct pool *pool,
    struct google_part *parts, size_t count, struct err *err)
{
	struct google_call call = { .method = "POST",
	    .url = session->config->google.batch_url,
	    .type = "multipart/mixed; boundary=" BOUNDARY, .any_answer = true };
	struct google_answer answer;
	struct str body;

	str_init(&body, pool, BODY_BYTES);
	for (size_t i = 0; i < count; i++) {
		parts[i].status = 0;
		parts[i].json = NULL;
		add_part(session, pool, &body, &parts[i], i);
	}
	str_add(&body, "--" BOUNDARY "--\r\n");
	if (!str_ok(&body))
		return err_set(err, ERR_INPUT, "These changes are too large to "
		    "be sent together.");
	call.body = body.data;
	if (!google_call_send(session, pool, &call, &answer, err))
		return false;
	/* Each part that came says what became of it, the others do not. */
	(void)read_parts(pool, &answer.http, parts, count);
	return true;
}

/* A token may run out between the outer request and its parts. */
static bool renew_parts(struct provider_session *session, struct pool *pool,
    struct google_part *parts, size_t count, struct err *err)
{
	struct google_part *again = pool_array(pool, count, sizeof(*again));
	size_t *at = pool_array(pool, count, sizeof(*at)), n = 0;

	for (size_t i = 0; i < count; i++)
		if (parts[i].status == 401) {
			at[n] = i;
			again[n++] = parts[i];
		}
	if (n == 0)
		return true;
	if (!session->renew(session, err) ||
	    !send_many(session, pool, again, n, err))
		return false;
	for (size_t i = 0; i < n; i++)
		parts[at[i]] = again[i];
	return true;
}

static bool send_one(struct provider_session *session, struct pool *pool,
    struct google_part *p, struct err *err)
{
	struct google_call call = { .method = p->method,
	    .url = google_call_url(session, pool, p->path),
	    .if_match = p->if_match,
	    .body = p->body ? jsonx_dump(pool, p->body) : NULL };
	struct google_answer answer = { .json = NULL };
	struct err why = { 0 };
	bool fine = google_call_send(session, pool, &call, &answer, &why);

	p->status = answer.http.status;
	p->json = answer.json;
	p->err = why;
	if (fine || p->status != 0)
		return true;
	*err = why;
	return false;
}

/* A batch that only reads is no change that may have arrived; and what keeps one
 * from an answer is of the way, not of the items in it. */
static void blame_way(const struct google_part *parts, size_t count,
    struct err *why)
{
	if (why->kind == ERR_UNCERTAIN && !is_write(parts, count))
		why->kind = ERR_UPSTREAM;
	if (why->kind != ERR_UNCERTAIN && why->scope < ERR_CONNECTION &&
	    why->kind != ERR_INPUT)
		why->scope = ERR_CONNECTION;
}

void google_batch_send(struct provider_session *session, struct pool *pool,
    struct google_part *parts, size_t count)
{
	struct err why = { 0 }, later;
	size_t n;

	for (size_t at = 0; at < count; at += n) {
		n = count - at < GOOGLE_BATCH ? count - at : GOOGLE_BATCH;
		if (n == 1 && send_one(session, pool, &parts[at], &why))
			continue;
		if (n > 1 && send_many(session, pool, parts + at, n, &why) &&
		    renew_parts(session, pool, parts + at, n, &why)) {
			judge(parts + at, n);
			continue;
		}
		blame_way(parts + at, n, &why);
		fail_all(parts + at, n, &why);
		later = why;
		if (later.kind == ERR_UNCERTAIN)
			later.kind = ERR_UPSTREAM;	/* not sent */
		later.scope = ERR_CONNECTION;
		fail_all(parts + at + n, count - at - n, &later);
		return;
	}
}
