/*
 * Jansson with pools and struct err. Knows nothing of any provider's shapes.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "util/digest.h"
#include "util/jsonx.h"
#include "util/str.h"
#include "util/banned.h"

#define JSONX_MAX_DEPTH 64

/*
 * What Jansson gives back is wiped: trees of answers hold tokens. The library
 * wants to know its allocator before its first use, which may be anybody's.
 */
union jsonx_block { size_t bytes; max_align_t aligned; };

static void *
jsonx_malloc(size_t bytes)
{
	union jsonx_block *b = bytes > SIZE_MAX / 2 ? NULL :
	    malloc(sizeof(*b) + bytes);

	if (b == NULL)
		return NULL;
	b->bytes = bytes;
	return b + 1;
}

static void
jsonx_free(void *data)
{
	union jsonx_block *b = (union jsonx_block *)data - 1;

	if (data == NULL)
		return;
	digest_wipe(data, b->bytes);
	free(b);
}

static void __attribute__((constructor))
jsonx_begin(void)
{
	json_set_alloc_funcs(jsonx_malloc, jsonx_free);
}

static void
jsonx_release(void *obj)
{
	json_decref(obj);
}

/* Nesting outside strings; jansson's own limit is 2048. */
static bool
jsonx_too_deep(const char *text, size_t len)
{
	bool quoted = false;
	int depth = 0;
	size_t i;

	for (i = 0; i < len; i++) {
		char c = text[i];

		if (quoted && c == '\\')
			i++;
		else if (c == '"')
			quoted = !quoted;
		else if (!quoted && (c == '{' || c == '[')) {
			if (++depth > JSONX_MAX_DEPTH)
				return true;
		} else if (!quoted && (c == '}' || c == ']'))
			depth--;
	}
	return false;
}

bool
jsonx_parse(struct pool *pool, const char *text, size_t len, json_t **out,
    struct err *err)
{
	json_error_t where;
	json_t *root;

	if (jsonx_too_deep(text, len))
		return err_set(err, ERR_INPUT,
		    "The JSON is nested more than %d levels deep.",
		    JSONX_MAX_DEPTH);
	root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &where);
	if (root == NULL)
		return err_set(err, ERR_INPUT,
		    "This is not valid JSON: line %d, column %d: %s.",
		    where.line, where.column, where.text);
	pool_adopt(pool, root, jsonx_release);
	*out = root;
	return true;
}

json_t *
jsonx_pack(struct pool *pool, const char *fmt, ...)
{
	json_error_t where;
	json_t *root;
	va_list ap;

	va_start(ap, fmt);
	root = json_vpack_ex(&where, 0, fmt, ap);
	va_end(ap);
	if (root == NULL)
		die("json_pack of '%s': %s", fmt, where.text);
	pool_adopt(pool, root, jsonx_release);
	return root;
}

/*
 * Jansson does not say at which path an unpack failed: the format is walked
 * again beside the tree until the first value that does not fit. Every
 * argument of an unpack format is a pointer, so the walk is in step with them.
 */
struct jsonx_walk {
	const char *fmt;
	va_list ap;
	struct str path;
	struct err *err;
};

static void
jsonx_skip(struct jsonx_walk *w)
{
	w->fmt += strspn(w->fmt, " \t\n,:");
}

static bool
jsonx_fits(char c, const json_t *v)
{
	switch (c) {
	case '{': return json_is_object(v);
	case '[': return json_is_array(v);
	case 's': return json_is_string(v);
	case 'n': return json_is_null(v);
	case 'b': return json_is_boolean(v);
	case 'i': case 'I': return json_is_integer(v);
	case 'f': return json_is_real(v);
	case 'F': return json_is_number(v);
	default: return true;
	}
}

static const char *
jsonx_type_name(char c)
{
	switch (c) {
	case '{': return "an object";
	case '[': return "a list";
	case 's': return "a text";
	case 'n': return "null";
	case 'b': return "true or false";
	case 'i': case 'I': return "a whole number";
	default: return "a number";
	}
}

static bool jsonx_walk_value(struct jsonx_walk *w, const json_t *v, bool live);

/* The value at w->path, which ends at len again afterwards. */
static bool
jsonx_walk_child(struct jsonx_walk *w, const json_t *child, bool needed,
    size_t len)
{
	if (needed && child == NULL)
		return err_set(w->err, ERR_INPUT, "%s is missing.",
		    w->path.data);
	if (!jsonx_walk_value(w, child, child != NULL))
		return false;
	w->path.len = len;
	w->path.data[len] = '\0';
	return true;
}

static bool
jsonx_walk_object(struct jsonx_walk *w, const json_t *v, bool live)
{
	size_t len = w->path.len;

	for (jsonx_skip(w); *w->fmt == 's'; jsonx_skip(w)) {
		const char *key = va_arg(w->ap, const char *);
		const json_t *child = live ? json_object_get(v, key) : NULL;
		bool optional = *++w->fmt == '?';

		w->fmt += optional;
		str_addf(&w->path, "%s%s", len > 0 ? "." : "", key);
		if (!jsonx_walk_child(w, child, live && !optional, len))
			return false;
	}
	w->fmt += strcspn(w->fmt, "}");
	w->fmt += *w->fmt == '}';
	return true;
}

static bool
jsonx_walk_array(struct jsonx_walk *w, const json_t *v, bool live)
{
	size_t len = w->path.len, i = 0;

	for (jsonx_skip(w); strchr("]!*", *w->fmt) == NULL; jsonx_skip(w)) {
		const json_t *child = live ? json_array_get(v, i) : NULL;

		str_addf(&w->path, "[%zu]", i++);
		if (!jsonx_walk_child(w, child, live, len))
			return false;
	}
	w->fmt += strcspn(w->fmt, "]");
	w->fmt += *w->fmt == ']';
	return true;
}

/* live: there is a value to look at; else only the arguments are passed. */
static bool
jsonx_walk_value(struct jsonx_walk *w, const json_t *v, bool live)
{
	char c;

	jsonx_skip(w);
	if ((c = *w->fmt) == '\0')
		return true;
	w->fmt++;
	if (live && !jsonx_fits(c, v))
		return err_set(w->err, ERR_INPUT, "%s must be %s.",
		    w->path.len > 0 ? w->path.data : "The whole",
		    jsonx_type_name(c));
	if (c == '{')
		return jsonx_walk_object(w, v, live);
	if (c == '[')
		return jsonx_walk_array(w, v, live);
	if (c != 'n')
		(void)va_arg(w->ap, void *);
	if (c == 's' && *w->fmt == '%') {
		(void)va_arg(w->ap, void *);
		w->fmt++;
	}
	return true;
}

bool
jsonx_unpack(json_t *root, struct err *err, const char *fmt, ...)
{
	struct jsonx_walk w = { .fmt = fmt, .err = err };
	json_error_t where;
	struct pool *scratch;
	bool found;
	va_list ap;

	va_start(ap, fmt);
	va_copy(w.ap, ap);
	found = json_vunpack_ex(root, &where, 0, fmt, ap) == 0;
	va_end(ap);
	if (!found) {
		if (json_error_code(&where) == json_error_invalid_format)
			die("json_unpack format '%s': %s", fmt, where.text);
		scratch = pool_new(NULL);
		str_init(&w.path, scratch, 120);
		if (jsonx_walk_value(&w, root, true))
			err_set(err, ERR_INPUT, "The JSON does not fit: %s.",
			    where.text);
		pool_free(scratch);
	}
	va_end(w.ap);
	return found;
}

static char *
jsonx_dump_as(struct pool *pool, const json_t *root, size_t more)
{
	char *text = json_dumps(root, JSON_COMPACT | JSON_SORT_KEYS |
	    JSON_ENCODE_ANY | more), *out;

	if (text == NULL)
		die("a JSON value cannot be written");
	out = pool_strdup(pool, text);
	jsonx_free(text);
	return out;
}

char *
jsonx_dump(struct pool *pool, const json_t *root)
{
	return jsonx_dump_as(pool, root, 0);
}

char *
jsonx_dump_ascii(struct pool *pool, const json_t *root)
{
	return jsonx_dump_as(pool, root, JSON_ENSURE_ASCII);
}
