/*
 * One request from the socket to the reply: parse, match, sign in by cookie,
 * access, token, handler, send, log. The only file that knows FastCGI here.
 */
#include <stdlib.h>
#include <string.h>
#include "serve/fcgi.h"
#include "store/store_connection.h"
#include "store/store_session.h"
#include "util/digest.h"
#include "util/log.h"
#include "views/view.h"
#include "web/router.h"
#include "web/web_p.h"
#include "util/banned.h"

/* What is read is wiped from the library's buffer, which nobody else does: a
 * part at a time, for the buffer is filled again when it is empty. */
static size_t
read_body(void *arg, char *out, size_t len)
{
	FCGX_Stream *in = ((FCGX_Request *)arg)->in;
	size_t got = 0;

	while (got < len) {
		int c = FCGX_GetChar(in), n;

		if (c < 0)
			break;
		out[got++] = (char)c;
		n = (int)(in->stop - in->rdNext);
		if (n > (int)(len - got))
			n = (int)(len - got);
		if (n > 0)
			got += (size_t)FCGX_GetStr(out + got, n, in);
		digest_wipe(in->rdNext - n - 1, (size_t)n + 1);
	}
	return got;
}

/* Signs in by the cookie. True also when there is no session. */
static bool
find_session(struct web *web, struct err *err)
{
	struct session_token token;
	struct session_row row;
	struct connection_cards *cards = NULL;
	int found;

	if (!session_read(web->req, &token))
		return true;
	if (web->route && web->route->with == WEB_WITH_CARDS)
		cards = POOL_NEW(web->pool, struct connection_cards);
	found = store_session_enter(web->db, web->pool, token.bytes,
	    sizeof(token.bytes), web->config->session_idle_mins, &row, cards,
	    err);
	if (found <= 0)
		return found == 0;
	web->signed_in = true;
	memcpy(web->csrf.bytes, row.csrf.bytes, sizeof(web->csrf.bytes));
	web->user_name = row.name;
	web->user_email = row.email;
	web->org_name = row.org_name;
	web->time_zone = row.time_zone;
	web->org_conflicts = row.open_conflicts;
	web->act.org_id = row.org_id;
	web->act.user_id = row.user_id;
	web->act.role = (enum role)row.role;
	web->act.providers_off = row.providers_off;
	web->act.no_waiting = !row.may_wait;
	web->act.cards = cards;
	log_set_context(&(struct log_context){ .request_id = web->req->id,
	    .org_id = row.org_id, .user_id = row.user_id });
	return true;
}

/* Before anybody has signed in, forms are bound to the visitor's cookie. A
 * visitor who sends a form without it gets a key that fits no token. */
static void
bind_visitor(struct web *web)
{
	struct session_token visitor;

	if (web->signed_in || web->route->access <= WEB_MESSAGE)
		return;
	if (request_is_unsafe(web->req)) {
		if (!session_read_visitor(web->req, &visitor))
			visitor = session_new_token();
	} else {
		visitor = session_visitor(web->req, web->reply);
	}
	memcpy(web->csrf.bytes, visitor.bytes, sizeof(web->csrf.bytes));
}

/* To the sign-in page, and from there back here. */
static void
ask_to_sign_in(struct web *web)
{
	const struct request *req = web->req;
	struct str next, to;
	size_t i;

	str_init(&to, web->pool, 8192);
	str_add(&to, "/login?next=");
	str_init(&next, web->pool, 4096);
	str_urlpath(&next, req->path);
	for (i = 0; i < req->query.count; i++) {
		str_addc(&next, i ? '&' : '?');
		str_urlarg(&next, req->query.items[i].name);
		str_addc(&next, '=');
		str_urlarg(&next, req->query.items[i].value);
	}
	if (request_is_unsafe(req) || !str_ok(&next) || next.len > 1000) {
		web_error_status(web, 401, NULL);
		return;
	}
	str_urlarg(&to, next.data);
	reply_redirect(web->reply, to.data);
}

static bool
may(const struct web *web)
{
	switch (web->route->access) {
	case WEB_ADMIN: return web->act.role >= ROLE_ADMIN;
	case WEB_OWNER: return web->act.role >= ROLE_OWNER;
	default: return true;
	}
}

static void
run_route(struct web *web)
{
	struct err err = { 0 };
	bool is_message = web->route->access == WEB_MESSAGE;
	bool is_public = is_message || web->route->access == WEB_PUBLIC;

	if (!is_public && (!web_database(web, &err) || !find_session(web, &err))) {
		web_error_page(web, &err);
		return;
	}
	web->act.db = web->db;
	bind_visitor(web);
	if (!web->signed_in && web->route->access >= WEB_SIGNED_IN)
		ask_to_sign_in(web);
	/* No browser's cookie is looked at, so no other site can make use of one. */
	else if (!is_message && !csrf_check(web->req, &web->csrf, web->config->base_url, &err))
		web_error_page(web, &err);
	else if (!may(web))
		web_error_status(web, 403, NULL);
	else if (!web->route->handle(web, &err))
		web_error_page(web, &err);
}

/* For pages that need no session but look like home with one. */
static void
greet(struct web *web)
{
	struct session_token token;
	struct err ignored;

	if (session_read(web->req, &token) && web_database(web, &ignored) &&
	    !find_session(web, &ignored))
		log_err("no session for an error page", &ignored);
}

/* A slash too many at the end of an address that is ours without it. */
static bool
redirect_without_slash(struct web *web, const struct route *table, size_t count)
{
	struct request probe = *web->req;
	const struct route *found;
	size_t len = strlen(probe.path);
	unsigned allow;
	struct str to;

	if (len < 2 || probe.path[len - 1] != '/')
		return false;
	probe.path = pool_strndup(web->pool, probe.path, len - 1);
	probe.method = REQUEST_GET;
	if (request_is_unsafe(web->req) ||
	    route_match(table, count, &probe, &found, &allow) != ROUTE_FOUND)
		return false;
	str_init(&to, web->pool, 4096);
	str_urlpath(&to, probe.path);
	reply_redirect(web->reply, to.data);
	return true;
}

static void
answer(struct web *web)
{
	size_t count;
	const struct route *table = router_table(&count);
	unsigned allow = 0;

	switch (route_match(table, count, web->req, &web->route, &allow)) {
	case ROUTE_FOUND:
		if (web->route->pool & web->worker->pool_id) {
			run_route(web);
			return;
		}
		log_error("the web server sends this path to the wrong socket",
		    LOG_STR("path", web->route->path));
		web_error_status(web, 404, NULL);
		return;
	case ROUTE_METHOD_REFUSED:
		greet(web);
		web_error_status(web, 405, NULL);
		reply_header(web->reply, "Allow", route_allow(web->pool, allow));
		return;
	default:
		if (redirect_without_slash(web, table, count))
			return;
		greet(web);
		web_error_status(web, 404, NULL);
	}
}

static int
fault_status(enum request_fault fault)
{
	switch (fault) {
	case REQUEST_TOO_LONG: return 413;
	case REQUEST_BAD_METHOD: return 405;
	case REQUEST_BAD_TYPE: return 415;
	case REQUEST_ELSEWHERE: return 404;
	default: return 400;
	}
}

static void
send_reply(struct web *web, FCGX_Request *request)
{
	struct reply *reply = web->reply;
	struct str head;

	str_init(&head, web->pool, REPLY_MAX_HEAD_BYTES);
	if (!reply_head(reply, &head)) {
		log_error("the reply is too long", LOG_STR("path", web->req->path));
		web_error_status(web, 500, NULL);
		str_clear(&head);
		if (!reply_head(reply, &head))
			die("an error page does not fit");
	}
	fcgi_answer(request, &(struct fcgi_bytes){ head.data, head.len },
	    &(struct fcgi_bytes){ reply->body.data,
	    reply->head ? 0 : reply->body.len });
}

/* The route's pattern, not the path: ids are enough for the log, and a path
 * may hold what somebody typed. */
static void
log_request(const struct web *web, int64_t start_ms)
{
	log_info("request", LOG_STR("method", request_method_name(web->req->method)),
	    LOG_STR("route", web->route ? web->route->path : "(none)"),
	    LOG_INT("status", web->reply->status),
	    LOG_INT("bytes", web->reply->body.len),
	    LOG_INT("ms", when_mono_ms() - start_ms));
}

void
web_serve(void *state, FCGX_Request *request)
{
	struct web_worker *worker = state;
	int64_t start_ms = when_mono_ms();
	struct request_source source = { request->envp, read_body, request,
	    worker->config->path_prefix };
	struct request req;
	struct reply reply;
	struct err err = { 0 };
	struct web web = { .pool = worker->pool, .req = &req, .reply = &reply,
	    .config = worker->config, .worker = worker };
	enum request_fault fault = request_parse(web.pool, &source, &req, &err);

	req.https = str_starts(worker->config->base_url, "https:");
	log_set_context(&(struct log_context){ .request_id = req.id });
	web.act = (struct act){ .pool = web.pool, .config = web.config,
	    .via = "page", .request_id = req.id };
	reply_init(&reply, &req);
	if (fault == REQUEST_FINE) {
		fcgi_take_end(request);
		answer(&web);
	} else {
		web_error_status(&web, fault_status(fault), err.msg);
	}
	reply_header(&reply, "X-Request-Id", req.id);
	if (web.signed_in)
		db_tenant_leave(web.db);
	send_reply(&web, request);
	log_request(&web, start_ms);
	log_set_context(NULL);
	pool_reset(worker->pool);
}

void *
web_start(void *arg, int pool_id)
{
	struct pool *pool = pool_new(NULL);
	struct web_worker *worker = POOL_NEW(pool, struct web_worker);
	struct config *config;
	struct err err;

	(void)arg;
	if (!config_load(pool, config_path(), &config, &err) ||
	    !brand_load(pool, config, &worker->brand, &err)) {
		log_err("the configuration can not be used", &err);
		return NULL;
	}
	worker->forever = pool;
	worker->pool = pool_new(pool);
	pool_clean(worker->pool);	/* passwords come in forms */
	worker->config = config;
	worker->pool_id = (enum route_pool)pool_id;
	view_use_prefix(config->path_prefix);
	web_confine(pool, config, worker->pool_id);
	return worker;
}

void
web_idle(void *state)
{
	struct web_worker *worker = state;

	if (worker->db)
		db_tenant_forget(worker->db);
}

void
web_stop(void *state)
{
	struct web_worker *worker = state;

	if (worker->db)
		db_close(worker->db);
	pool_free(worker->forever);
}
