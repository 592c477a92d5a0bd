/*
 * The CalDAV operations from the command line, answers as JSON: what the fault
 * tests drive. Not installed.
 *
 *	caldav_probe [--allow ORIGIN]... [--total SECS] [--parallel N]
 *	    [--provider NAME] [--home URL] --url URL --login L --password P
 *	    discover | collections | changes COLL [CURSOR [PAGE]]
 *	    | fetch COLL ID... | push COLL < writes.json | get
 *
 * push reads [{"verb","op","id","version","ics","base"}, ...].
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include "providers/ical_map.h"
#include "providers/provider.h"
#include "util/digest.h"
#include "util/str.h"

static struct pool *pool;
static const char *allowed[16];
static struct config config = {
	.allow_origins = { allowed, 0 }, .connect_timeout_secs = 5,
	.total_timeout_secs = 20,
};
static struct provider_session session;

static _Noreturn void usage(const char *why)
{
	fprintf(stderr, "caldav_probe: %s\n", why);
	exit(2);
}

static json_t *text_or_null(const char *text)
{
	return text ? json_string(text) : json_null();
}

static json_t *from_err(const struct err *err)
{
	static const char *const scopes[] = {
		"item", "collection", "connection", "run",
	};

	if (err->kind == ERR_NONE)
		return json_null();
	return json_pack("{ss ss si ss ss}", "kind", err_kind_name(err->kind),
	    "scope", scopes[err->scope], "retry_after",
	    err->retry_after_secs, "msg", err->msg, "detail", err->detail);
}

static json_t *from_event(const struct event *e)
{
	struct digest d;

	if (!e)
		return json_null();
	d = event_hash(pool, e);
	return json_pack("{ss ss? so}", "uid", e->uid, "summary",
	    e->master.summary, "hash",
	    json_string(digest_hex(pool, d.bytes, DIGEST_BYTES)));
}

static json_t *from_raw(const char *raw, size_t len)
{
	return raw && str_utf8_valid(raw, len) ? json_stringn(raw, len)
	    : json_null();
}

static json_t *from_items(const struct provider_item *items, size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++) {
		const struct provider_item *it = &items[i];

		json_array_append_new(list, json_pack("{ss so sb so so so}",
		    "id", it->remote_id, "version",
		    text_or_null(it->version), "gone", it->gone, "event",
		    from_event(it->event), "raw",
		    from_raw(it->raw, it->raw_len), "err",
		    from_err(&it->err)));
	}
	return list;
}

static json_t *from_entries(const struct provider_entry *entries, size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, json_pack("{ss so sb}",
		    "id", entries[i].remote_id, "version",
		    text_or_null(entries[i].version), "gone", entries[i].gone));
	return list;
}

static json_t *do_discover(struct err *err)
{
	struct provider_account a;

	if (!session.provider->discover(&session, pool, &a, err))
		return NULL;
	return json_pack("{ss ss ss}", "account", a.account, "principal",
	    a.principal_url, "home", a.home_url);
}

static json_t *do_collections(struct err *err)
{
	struct provider_collection *c;
	json_t *list;
	size_t n;

	if (!session.provider->list_collections(&session, pool, &c, &n, err))
		return NULL;
	list = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_pack("{ss ss so sb so}",
		    "id", c[i].remote_id, "name", c[i].name, "color",
		    text_or_null(c[i].color), "read_only", c[i].read_only,
		    "version", text_or_null(c[i].version)));
	return list;
}

static json_t *do_changes(int argc, char **argv, struct err *err)
{
	const struct provider_since since = {
		.collection_id = argv[0], .cursor = argc > 1 ? argv[1] : NULL,
		.page_cursor = argc > 2 ? argv[2] : NULL,
	};
	struct provider_changes ch;

	if (!session.provider->changes(&session, pool, &since, &ch, err))
		return NULL;
	return json_pack("{so sb sb so so}", "items",
	    from_entries(ch.entries, ch.count), "listing", ch.listing,
	    "complete", ch.complete, "cursor", text_or_null(ch.cursor),
	    "page_cursor", text_or_null(ch.page_cursor));
}

static json_t *do_fetch(int argc, char **argv, struct err *err)
{
	struct provider_item *items = pool_array(pool, (size_t)argc,
	    sizeof(*items));

	if (!session.provider->fetch(&session, pool, argv[0],
	    (const char *const *)argv + 1, (size_t)argc - 1, items, err))
		return NULL;
	return from_items(items, (size_t)argc - 1);
}

static const char *text_of(const json_t *from, const char *key)
{
	return json_string_value(json_object_get(from, key));
}

static void read_write(json_t *from, struct provider_write *w)
{
	const char *verb = text_of(from, "verb"), *op = text_of(from, "op");
	const char *ics = text_of(from, "ics");
	struct event *event = NULL;
	struct err err = { 0 };

	if (!verb)
		usage("a write without a verb");
	w->remote_id = text_of(from, "id");
	w->version = text_of(from, "version");
	w->base_raw = text_of(from, "base");
	w->verb = strcmp(verb, "create") == 0 ? PROVIDER_CREATE
	    : strcmp(verb, "update") == 0 ? PROVIDER_UPDATE : PROVIDER_REMOVE;
	if (op && !digest_unhex(op, w->op_id, sizeof(w->op_id)))
		usage("op");
	if (ics && !ical_read(pool, ics, strlen(ics), &event, &err))
		usage(err.msg);
	w->event = event;
	w->base_raw_len = w->base_raw ? strlen(w->base_raw) : 0;
}

static json_t *do_push(const char *collection, struct err *err)
{
	json_error_t je;
	json_t *in = json_loadf(stdin, 0, &je), *list;
	size_t n = json_array_size(in);
	struct provider_write *w = pool_array(pool, n + 1, sizeof(*w));
	struct provider_written *r = pool_array(pool, n + 1, sizeof(*r));

	if (!json_is_array(in))
		usage(je.text);
	for (size_t i = 0; i < n; i++)
		read_write(json_array_get(in, i), &w[i]);
	if (!session.provider->push(&session, pool, collection, w, n, r, err)) {
		json_decref(in);
		return NULL;
	}
	list = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_pack("{so so so so so}",
		    "id", text_or_null(r[i].remote_id), "version",
		    text_or_null(r[i].version), "event",
		    from_event(r[i].event), "raw",
		    from_raw(r[i].raw, r[i].raw_len), "err",
		    from_err(&r[i].err)));
	json_decref(in);
	return list;
}

/* The transport alone: GET of --url, or METHOD with a body of 3 bytes. */
static json_t *do_get(int argc, char **argv, struct err *err)
{
	struct http_header bad = { "X-Test", argc > 1 ? argv[1] : "" };
	struct http_request rq = {
		.method = argc > 0 ? argv[0] : "GET", .url = session.base_url,
		.headers = &bad, .header_count = argc > 1 ? 1 : 0,
		.basic_login = session.login,
		.basic_password = session.password,
	};
	struct http_response rs;

	if (strcmp(rq.method, "PUT") == 0) {
		rq.body = "abc";
		rq.body_len = 3;
	}
	if (!http_send(session.http, pool, &rq, &rs, err)
	    || !http_classify(&rs, "The server", err))
		return NULL;
	return json_pack("{si so si so}", "status", rs.status, "body",
	    from_raw(rs.body, rs.body_len), "length", (int)rs.body_len,
	    "content_type", text_or_null(http_header_find(&rs,
	    "content-type")));
}

static json_t *run(const char *op, int argc, char **argv, struct err *err)
{
	if (strcmp(op, "discover") == 0)
		return do_discover(err);
	if (strcmp(op, "collections") == 0)
		return do_collections(err);
	if (strcmp(op, "changes") == 0 && argc >= 1)
		return do_changes(argc, argv, err);
	if (strcmp(op, "fetch") == 0 && argc >= 2)
		return do_fetch(argc, argv, err);
	if (strcmp(op, "push") == 0 && argc == 1)
		return do_push(argv[0], err);
	if (strcmp(op, "get") == 0)
		return do_get(argc, argv, err);
	usage("no such operation");
}

static void take_option(const char *name, const char *value)
{
	if (strcmp(name, "--allow") == 0 && config.allow_origins.count < 16)
		allowed[config.allow_origins.count++] = value;
	else if (strcmp(name, "--total") == 0)
		config.total_timeout_secs = (int)strtol(value, NULL, 10);
	else if (strcmp(name, "--parallel") == 0)
		session.parallel = (int)strtol(value, NULL, 10);
	else if (strcmp(name, "--provider") == 0)
		session.provider = provider_find(value);
	else if (strcmp(name, "--home") == 0)
		session.home_url = value;
	else if (strcmp(name, "--url") == 0)
		session.base_url = value;
	else if (strcmp(name, "--login") == 0)
		session.login = value;
	else if (strcmp(name, "--password") == 0)
		session.password = secret_new(pool, value, strlen(value));
	else
		usage(name);
}

int main(int argc, char **argv)
{
	struct err err = { 0 };
	struct rusage usage_now;
	json_t *answer;
	int i = 1;

	pool = pool_new(NULL);
	session = (struct provider_session){
		.provider = provider_find("caldav"), .pool = pool,
		.home_url = "", .parallel = 4,
	};
	for (; i + 1 < argc && strncmp(argv[i], "--", 2) == 0; i += 2)
		take_option(argv[i], argv[i + 1]);
	if (i >= argc || !session.base_url || !session.provider)
		usage("no operation or no --url");
	if (!http_open(pool, &config, &session.http, &err))
		usage(err.msg);
	answer = run(argv[i], argc - i - 1, argv + i + 1, &err);
	getrusage(RUSAGE_SELF, &usage_now);
	answer = answer ? json_pack("{so ss sI}", "ok", answer, "home",
	    session.home_url, "rss_kb", (json_int_t)usage_now.ru_maxrss)
	    : json_pack("{so sI}", "err", from_err(&err), "rss_kb",
		(json_int_t)usage_now.ru_maxrss);
	json_dumpf(answer, stdout, JSON_SORT_KEYS);
	putchar('\n');
	json_decref(answer);
	pool_free(pool);
	return 0;
}
