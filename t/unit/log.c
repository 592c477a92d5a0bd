/* Every line is one JSON object, whatever is put in, and holds no secret. */
#include <errno.h>
#include <unistd.h>

#include "t/tap.h"
#include "util/err.h"
#include "util/jsonx.h"
#include "util/log.h"
#include "util/str.h"
#include "util/when.h"
#include "util/banned.h"

static struct pool *pool;
static char path[] = "/tmp/hawser-log-XXXXXX";

/* The last line of the file as a tree; NULL = none or not JSON. */
static json_t *
last_line(void)
{
	char *text = pool_alloc(pool, 1 << 20), *end, *from;
	FILE *f = fopen(path, "re");
	size_t len = f != NULL ? fread(text, 1, (1 << 20) - 1, f) : 0;
	json_t *root = NULL;
	struct err err;

	if (f != NULL)
		fclose(f);
	if (len == 0 || text[len - 1] != '\n')
		return NULL;
	end = text + len - 1;
	*end = '\0';
	from = strrchr(text, '\n');
	from = from != NULL ? from + 1 : text;
	return jsonx_parse(pool, from, (size_t)(end - from), &root, &err) ?
	    root : NULL;
}

static const char *
field(const char *name)
{
	const char *text = json_string_value(json_object_get(last_line(), name));

	return text != NULL ? pool_strdup(pool, text) : NULL;
}

static int64_t
number(const char *name)
{
	return json_integer_value(json_object_get(last_line(), name));
}

static size_t
file_bytes(void)
{
	FILE *f = fopen(path, "re");
	long at;

	if (f == NULL || fseek(f, 0, SEEK_END) != 0)
		return 0;
	at = ftell(f);
	fclose(f);
	return (size_t)at;
}

static void
test_fields(void)
{
	when_t t;

	errno = ENOENT;
	log_info("sync done", LOG_INT("items", -3), LOG_STR("provider", "a\"b"),
	    LOG_STR("absent", NULL), LOG_INT("max", INT64_MAX));
	is_int(errno, ENOENT, "errno is kept");
	is_text(field("event"), "sync done", "event");
	is_text(field("level"), "info", "level");
	is_text(field("program"), "hawser-test", "program");
	is_int(number("pid"), getpid(), "pid");
	ok(when_parse(field("time"), &t), "time");
	is_int(number("items"), -3, "a number");
	ok(number("max") == INT64_MAX, "a large number");
	is_text(field("provider"), "a\"b", "a text");
	ok(json_is_null(json_object_get(last_line(), "absent")), "NULL is null");
	log_warn("bare");
	is_text(field("event"), "bare", "an event without fields");
}

static void
test_hostile(void)
{
	char *big = pool_alloc(pool, 100001), wide[12001];
	struct log_field many[1000];
	size_t before, i;

	log_info("x", LOG_STR("t", "line\nbreak\x01\xff{\"event\":\"forged\"}"));
	is_text(field("event"), "x", "a text cannot forge a line");
	ok(strstr(field("t"), "line\nbreak") != NULL, "and comes back");
	memset(big, 'a', 100000);
	log_info("x", LOG_STR("t", big));
	is_int(strlen(field("t")), 2003, "a long text is cut");
	for (i = 0; i < 12000; i += 3)
		memcpy(wide + i, "\xe2\x82\xac", 3);
	wide[12000] = '\0';
	log_info("x", LOG_STR("t", wide));
	ok(field("t") != NULL && strlen(field("t")) == 1998 + 3,
	    "between characters");
	memset(big, '\x01', 100000);
	for (i = 0; i < 999; i++)
		many[i] = (struct log_field)LOG_STR("f", big);
	many[0].name = "first";
	for (i = 1; i < 999; i++)
		many[i].name = pool_printf(pool, "f%zu", i);
	many[999] = (struct log_field){ 0 };
	before = file_bytes();
	log_write(LOG_LEVEL_ERROR, big, many);
	ok(json_is_true(json_object_get(last_line(), "cut")) &&
	    file_bytes() - before < 65536, "a line has an end and stays JSON");
}

static void
url_is(const char *url, const char *want)
{
	log_info("call", LOG_URL("url", url));
	is_text(field("url"), want, pool_printf(pool, "url %s", url));
}

static void
test_urls(void)
{
	url_is("https://u:hunter2@h.example:8443/p/a?token=hunter2#hunter2",
	    "https://h.example:8443/p/a");
	url_is("https://h.example/a@b", "https://h.example/a@b");
	url_is("https://h.example?x=hunter2://@y", "https://h.example");
	url_is("https://a@hunter2@h.example/", "https://h.example/");
	url_is("https://hunter2\\@h.example/", "https://h.example/");
	url_is("hunter2@h.example/path", "h.example/path");
	url_is("/callback?code=hunter2", "/callback");
	url_is("", "");
	log_info("call", LOG_URL("url", NULL));
	ok(json_is_null(json_object_get(last_line(), "url")), "no url");
}

static void
test_context(void)
{
	char id[] = "req-1";

	log_set_context(&(struct log_context){ .request_id = id, .org_id = 7,
	    .run_id = UINT64_MAX / 2 });
	id[0] = 'X';
	log_info("x");
	is_text(field("request_id"), "req-1", "the request id is copied");
	is_int(number("org_id"), 7, "the organisation");
	ok(number("run_id") == INT64_MAX, "a large id");
	ok(json_object_get(last_line(), "user_id") == NULL, "none is left out");
	log_set_context(NULL);
	log_info("x");
	ok(json_object_get(last_line(), "request_id") == NULL &&
	    json_object_get(last_line(), "org_id") == NULL, "cleared");
}

static void
test_errors(void)
{
	struct err e;

	err_set_scope(&e, ERR_LIMIT, ERR_CONNECTION, "Slow down.");
	err_detail(&e, "429 after %d", 7);
	log_err("push failed", &e);
	is_text(field("kind"), "limit", "kind");
	is_text(field("scope"), "connection", "scope");
	is_text(field("msg"), "Slow down.", "message");
	is_text(field("detail"), "429 after 7", "detail");
	is_text(field("level"), "warn", "a foreign fault is a warning");
	err_set(&e, ERR_INTERNAL, "Broken.");
	log_err("x", &e);
	is_text(field("level"), "error", "our own is an error");
}

static void
test_files(void)
{
	char *moved = pool_printf(pool, "%s.1", path);
	size_t before = file_bytes();

	log_debug("not asked for");
	is_int(file_bytes(), before, "below the level nothing is written");
	rename(path, moved);
	log_open("hawser-test", path, LOG_LEVEL_DEBUG);
	log_debug("fresh");
	is_text(field("event"), "fresh", "opened again after rotation");
	unlink(moved);
	log_open("hawser-test", path, LOG_LEVEL_ERROR);
	log_warn("quiet");
	is_text(field("event"), "fresh", "the level may rise");
}

int
main(void)
{
	char *all;
	FILE *f;
	int fd = mkstemp(path);

	close(fd);
	pool = pool_new(NULL);
	log_open("hawser-test", path, LOG_LEVEL_INFO);
	test_fields();
	test_hostile();
	test_urls();
	all = pool_alloc(pool, file_bytes() + 1);
	f = fopen(path, "re");
	ok(f != NULL && fread(all, 1, file_bytes(), f) > 0 &&
	    strstr(all, "hunter2") == NULL, "no secret of a URL is in the file");
	if (f != NULL)
		fclose(f);
	test_context();
	test_errors();
	test_files();
	unlink(path);
	pool_free(pool);
	return done();
}
