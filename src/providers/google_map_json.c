/* Members of Google's JSON, read without trust and put together for a patch.
 * Must not know what they mean. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "providers/google_map_p.h"
#include "util/banned.h"

#define PIECES_MAX 300		/* properties an event can have at Google */

bool google_map_bad(struct err *err, const char *fmt, ...)
{
	char text[sizeof(err->msg)];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return err_set_scope(err, ERR_INPUT, ERR_ITEM, "%s", text);
}

const json_t *google_map_member(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	return json_is_null(value) ? NULL : value;
}

/* A string without a NUL inside. */
static bool is_text(const json_t *value)
{
	return json_is_string(value) && strlen(json_string_value(value)) ==
	    json_string_length(value);
}

bool google_map_text(const json_t *object, const char *key, const char **out,
    struct err *err)
{
	const json_t *value = google_map_member(object, key);

	*out = NULL;
	if (!value)
		return true;
	if (!is_text(value))
		return google_map_bad(err, "Google's event is unreadable: "
		    "\"%s\" is no text.", key);
	if (json_string_length(value))
		*out = json_string_value(value);
	return true;
}

const char *google_map_word(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	return is_text(value) ? json_string_value(value) : NULL;
}

bool google_map_flag(const json_t *object, const char *key)
{
	return json_is_true(json_object_get(object, key));
}

bool google_map_is_cancelled(const json_t *item)
{
	return str_eq(google_map_word(item, "status"), "cancelled");
}

const json_t *google_map_privates(const json_t *item)
{
	return json_object_get(json_object_get(item, "extendedProperties"),
	    "private");
}

const char *google_map_private(const json_t *item, const char *key)
{
	const char *text = google_map_word(google_map_privates(item), key);

	return text && *text ? text : NULL;
}

char *google_map_pieces(struct pool *pool, const json_t *item,
    const char *prefix)
{
	struct str out;

	str_init(&out, pool, GOOGLE_MAP_TEXT_MAX);
	for (int i = 0; i < PIECES_MAX; i++) {
		const char *piece = google_map_private(item,
		    pool_printf(pool, "%s%d", prefix, i));

		if (!piece)
			break;
		str_add(&out, piece);
	}
	return out.data;
}

static void release(void *tree)
{
	json_decref(tree);
}

static json_t *adopt(struct pool *pool, json_t *tree)
{
	if (!tree)
		die("no memory for JSON");
	pool_adopt(pool, tree, release);
	return tree;
}

json_t *google_map_object(struct pool *pool)
{
	return adopt(pool, json_object());
}

void google_map_set(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, value ? value : json_null()) != 0)
		die("a JSON member cannot be set");
}

json_t *google_map_string(const char *text)
{
	json_t *out = text ? json_string(text) : json_null();

	if (!out)
		die("text for JSON that is not UTF-8");
	return out;
}

static void merge_into(json_t *target, const json_t *patch)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)patch, key, value) {
		json_t *now = json_object_get(target, key);

		if (json_is_null(value)) {
			(void)json_object_del(target, key);
		} else if (json_is_object(value)) {
			if (!json_is_object(now)) {
				google_map_set(target, key, json_object());
				now = json_object_get(target, key);
			}
			merge_into(now, value);
		} else {
			google_map_set(target, key, json_deep_copy(value));
		}
	}
}

json_t *google_map_merge(struct pool *pool, const json_t *target,
    const json_t *patch)
{
	json_t *out = adopt(pool, json_is_object(target) ?
	    json_deep_copy(target) : json_object());

	if (patch)
		merge_into(out, patch);
	return out;
}

void google_map_edit_open(struct google_map_edit *edit, struct pool *pool,
    const json_t *now)
{
	*edit = (struct google_map_edit){ .pool = pool, .now = now };
	edit->body = google_map_object(pool);
	edit->private = google_map_object(pool);
}

void google_map_edit_private(struct google_map_edit *edit, const char *key,
    const char *value)
{
	const json_t *now = json_object_get(google_map_privates(edit->now), key);

	if (value ? !edit->all && str_eq(value, json_string_value(now)) :
	    !edit->all && !now) {
		(void)json_object_del(edit->private, key);
		return;
	}
	google_map_set(edit->private, key, google_map_string(value));
}

static bool is_blank(char c)
{
	return (unsigned char)c <= ' ';
}

/* Never inside a character, and not beside a blank if that can be helped:
 * nobody promises that those are kept at the ends of a value. */
static size_t piece_len(const char *text)
{
	size_t len = strnlen(text, GOOGLE_MAP_PIECE), soft;

	if (!text[len])
		return len;
	while (len > 1 && ((unsigned char)text[len] & 0xc0) == 0x80)
		len--;
	for (soft = len; soft > len / 2; soft--)
		if (!is_blank(text[soft]) && !is_blank(text[soft - 1]) &&
		    ((unsigned char)text[soft] & 0xc0) != 0x80)
			return soft;
	return len;
}

/* Those of a longer text that was there before. */
static void clear_pieces(struct google_map_edit *edit, const char *prefix,
    int from)
{
	size_t n = strlen(prefix);
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)google_map_privates(edit->now),
	    key, value) {
		unsigned long long number;

		if (strncmp(key, prefix, n) == 0 &&
		    str_to_u64(key + n, &number) &&
		    number >= (unsigned)from)
			google_map_edit_private(edit, key, NULL);
	}
}

void google_map_edit_pieces(struct google_map_edit *edit, const char *prefix,
    const char *text)
{
	int count = 0;

	for (; *text; count++) {
		size_t len = piece_len(text);

		google_map_edit_private(edit, pool_printf(edit->pool, "%s%d",
		    prefix, count), pool_strndup(edit->pool, text, len));
		text += len;
	}
	if (edit->all && !count)
		google_map_edit_private(edit, pool_printf(edit->pool, "%s0",
		    prefix), NULL);
	clear_pieces(edit, prefix, count);
}

json_t *google_map_edit_close(struct google_map_edit *edit)
{
	if (json_object_size(edit->private)) {
		json_t *extended = json_object_get(edit->body,
		    "extendedProperties");

		if (!extended)
			google_map_set(edit->body, "extendedProperties",
			    json_object());
		extended = json_object_get(edit->body, "extendedProperties");
		if (json_object_set(extended, "private", edit->private) != 0)
			die("a JSON member cannot be set");
	}
	return json_object_size(edit->body) ? edit->body : NULL;
}
