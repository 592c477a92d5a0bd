/* Page and sync tokens of lists; knows no item. */
#include <stdlib.h>
#include <string.h>
#include "sandbox/sandbox_google_cursor.h"
#include "util/digest.h"
#include "util/jsonx.h"
#include "util/str.h"
#include "util/banned.h"

#define TOKEN_MOST 2048

static char *
make(struct pool *pool, json_t *json)
{
	char *text = jsonx_dump(pool, json);

	json_decref(json);
	return digest_base64url(pool, text, strlen(text));
}

static json_t *
read_token(struct pool *pool, const char *token)
{
	char *text = pool_alloc(pool, TOKEN_MOST);
	struct err err;
	json_t *json;
	size_t len;

	if (strlen(token) > TOKEN_MOST || !digest_unbase64url(token, text,
	    TOKEN_MOST, &len) || !jsonx_parse(pool, text, len, &json, &err))
		return NULL;
	return json_is_object(json) ? json : NULL;
}

static json_int_t
number(const json_t *json, const char *name)
{
	return json_integer_value(json_object_get(json, name));
}

/* Walks a list with blanks. */
static const char *
next_name(struct pool *pool, const char **list)
{
	size_t len;
	char *name;

	*list += strspn(*list, " ");
	len = strcspn(*list, " ");
	if (len == 0)
		return NULL;
	name = pool_strndup(pool, *list, len);
	*list += len;
	return name;
}

/* The same values, in whatever order they are sent. */
static const char *
digest_params(struct sandbox_call *call, const char *names)
{
	struct digest d;
	const char *name;
	struct str s;
	size_t i;

	str_init(&s, call->pool, 16384);
	while ((name = next_name(call->pool, &names)) != NULL)
		for (i = 0; i < call->query.count; i++)
			if (str_eq(call->query.items[i].name, name)) {
				str_urlarg(&s, name);
				str_addc(&s, '=');
				str_urlarg(&s, call->query.items[i].value);
				str_addc(&s, '&');
			}
	d = digest_sha256(s.data, s.len);
	return digest_hex(call->pool, d.bytes, 8);
}

static bool
bad_value(struct sandbox_call *call, const char *name)
{
	sandbox_google_fail_at(call, 400, "invalid", pool_printf(call->pool,
	    "Invalid value for parameter %s.", name), "parameter", name);
	return false;
}

static bool
allowed(struct sandbox_call *call, const char *forbidden)
{
	const char *name;

	while ((name = next_name(call->pool, &forbidden)) != NULL)
		if (sandbox_call_arg(call, name)) {
			sandbox_google_fail_at(call, 400, "badRequest",
			    pool_printf(call->pool, "The parameter %s cannot be "
			    "combined with syncToken.", name), "parameter", name);
			return false;
		}
	name = sandbox_call_arg(call, "showDeleted");
	if (name && str_eq(name, "false")) {
		sandbox_google_fail_at(call, 400, "badRequest", "showDeleted cannot "
		    "be false with syncToken.", "parameter", "showDeleted");
		return false;
	}
	return true;
}

static bool
read_sync(struct sandbox_call *call, struct sandbox_google_cursor *c,
    const char *token)
{
	json_t *json = read_token(call->pool, token);

	if (!allowed(call, c->opts->forbidden))
		return false;
	if (!json || !str_eq(sandbox_text(json, "k"), "sync") ||
	    !str_eq(sandbox_text(json, "of"), c->opts->of))
		return bad_value(call, "syncToken");
	if (number(json, "g") != c->opts->generation) {
		sandbox_google_fail_at(call, 410, "fullSyncRequired", NULL,
		    "parameter", "syncToken");
		return false;
	}
	/* Google calls it undefined; a program that does it should notice. */
	if (!str_eq(sandbox_text(json, "p"), c->params)) {
		sandbox_google_fail_at(call, 400, "badRequest", "A sync token goes "
		    "with the parameters of the list that gave it.", "parameter",
		    "syncToken");
		return false;
	}
	c->incremental = true;
	c->since = number(json, "n");
	return true;
}

static bool
read_page(struct sandbox_call *call, struct sandbox_google_cursor *c,
    const char *token)
{
	json_t *json = read_token(call->pool, token);

	if (!json || !str_eq(sandbox_text(json, "k"), "page") ||
	    !str_eq(sandbox_text(json, "of"), c->opts->of) ||
	    !str_eq(sandbox_text(json, "p"), c->page_params))
		return bad_value(call, "pageToken");
	if (number(json, "g") != c->opts->generation) {
		sandbox_google_fail_at(call, 410, "fullSyncRequired", NULL,
		    "parameter", "pageToken");
		return false;
	}
	c->after = sandbox_text(json, "a");
	c->begun = number(json, "b");
	c->since = number(json, "n");
	c->incremental = json_is_true(json_object_get(json, "i"));
	c->first = false;
	return true;
}

bool
sandbox_google_cursor_open(struct sandbox_call *call,
    struct sandbox_google_cursor *c,
    const struct sandbox_google_cursor_opts *opts)
{
	const char *sync = sandbox_call_arg(call, "syncToken");
	const char *page = sandbox_call_arg(call, "pageToken");
	const char *most = sandbox_call_arg(call, "maxResults");
	unsigned long long n;

	*c = (struct sandbox_google_cursor){ .opts = opts, .pool = call->pool,
	    .begun = opts->seq, .after = "", .most = opts->usual, .first = true };
	c->params = digest_params(call, opts->params);
	c->page_params = digest_params(call, pool_printf(call->pool, "%s %s",
	    opts->params, opts->page_params));
	if (most) {
		if (!str_to_u64(most, &n) || n == 0)
			return bad_value(call, "maxResults");
		c->most = n > (unsigned)opts->most ? opts->most : (int)n;
	}
	if (sync && !read_sync(call, c, sync))
		return false;
	return !page || read_page(call, c, page);
}

bool
sandbox_google_cursor_wants(const struct sandbox_google_cursor *c,
    json_int_t seq)
{
	return !c->incremental || seq > c->since;
}

void
sandbox_google_cursor_add(struct sandbox_google_cursor *c, const char *key,
    json_t *item)
{
	pool_adopt(c->pool, item, sandbox_release);
	if (strcmp(key, c->after) <= 0)
		return;
	if ((c->count & (c->count - 1)) == 0)
		c->items = pool_grow(c->pool, c->items, c->count,
		    c->count ? 2 * c->count : 1, sizeof(*c->items));
	c->items[c->count++] = (struct sandbox_google_item){
		pool_strdup(c->pool, key), item };
}

static int
by_key(const void *a, const void *b)
{
	const struct sandbox_google_item *x = a, *y = b;

	return strcmp(x->key, y->key);
}

/* "" begins before the first item: an empty page leads to itself once. */
static json_t *
next_page(const struct sandbox_google_cursor *c, const char *after)
{
	return json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:b, s:s}", "k", "page",
	    "of", c->opts->of, "p", c->page_params, "g", c->opts->generation, "b",
	    c->begun, "n", c->since, "i", c->incremental, "a", after);
}

void
sandbox_google_cursor_close(struct sandbox_call *call,
    struct sandbox_google_cursor *c, json_t *list)
{
	bool empty = call->sb->settings.empty_pages && c->first;
	size_t n = empty ? 0 : c->count < (size_t)c->most ? c->count :
	    (size_t)c->most, i;
	json_t *items = json_array();

	if (c->count > 0)
		qsort(c->items, c->count, sizeof(*c->items), by_key);
	for (i = 0; i < n; i++)
		json_array_append(items, c->items[i].item);
	json_object_set_new(list, "items", items);
	if (empty || n < c->count)
		json_object_set_new(list, "nextPageToken", json_string(make(c->pool,
		    next_page(c, n > 0 ? c->items[n - 1].key : ""))));
	else if (!c->opts->no_sync)
		json_object_set_new(list, "nextSyncToken", json_string(make(c->pool,
		    json_pack("{s:s, s:s, s:s, s:I, s:I}", "k", "sync", "of",
		    c->opts->of, "p", c->params, "g", c->opts->generation, "n",
		    c->begun))));
	sandbox_call_json(call, 200, list);
}
