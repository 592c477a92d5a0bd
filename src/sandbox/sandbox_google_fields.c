/*
 * fields=items(id,start/dateTime),nextPageToken: a part of an answer. Names that
 * no answer has are not found out, where Google says 400.
 */
#include <string.h>
#include "sandbox/sandbox_google.h"
#include "util/jsonx.h"
#include "util/str.h"
#include "util/banned.h"

#define DEPTH_MOST 10

/* As a tree: { "items": { "id": true, "start": { "dateTime": true } } }. */
static const char *parse_list(const char *at, json_t *into, int depth);

/* The whole of a name, or what is in it besides what is chosen already. */
static json_t *
choose(json_t *into, const char *name, size_t len, bool whole)
{
	char key[128];
	json_t *old;

	if (len == 0 || len >= sizeof(key))
		return NULL;
	memcpy(key, name, len);
	key[len] = '\0';
	old = json_object_get(into, key);
	if (whole)
		json_object_set_new(into, key, json_true());
	else if (!json_is_object(old))
		json_object_set_new(into, key, json_object());
	return json_object_get(into, key);
}

/* What follows the item; NULL = not well formed. */
static const char *
parse_item(const char *at, json_t *into, int depth)
{
	size_t len = strcspn(at, ",()/");
	json_t *inner;

	inner = depth > DEPTH_MOST ? NULL :
	    choose(into, at, len, at[len] != '/' && at[len] != '(');
	if (!inner)
		return NULL;
	at += len;
	if (*at == '/')
		return parse_item(at + 1, inner, depth + 1);
	if (*at != '(')
		return at;
	at = parse_list(at + 1, inner, depth + 1);
	return at && *at == ')' ? at + 1 : NULL;
}

static const char *
parse_list(const char *at, json_t *into, int depth)
{
	at = parse_item(at, into, depth);
	while (at && *at == ',')
		at = parse_item(at + 1, into, depth);
	return at;
}

static json_t *
part_of(const json_t *value, const json_t *chosen)
{
	json_t *out, *member, *inner;
	const char *name;
	size_t i;

	if (!json_is_object(chosen))
		return json_incref((json_t *)(uintptr_t)value);
	if (json_is_array(value)) {
		out = json_array();
		json_array_foreach(value, i, member)
			json_array_append_new(out, part_of(member, chosen));
		return out;
	}
	if (!json_is_object(value))
		return json_incref((json_t *)(uintptr_t)value);
	out = json_object();
	json_object_foreach((json_t *)(uintptr_t)value, name, member) {
		inner = json_object_get(chosen, name);
		if (!inner)
			inner = json_object_get(chosen, "*");
		if (inner)
			json_object_set_new(out, name, part_of(member, inner));
	}
	return out;
}

void
sandbox_google_fields(struct sandbox_call *call)
{
	const char *fields = sandbox_call_arg(call, "fields"), *end;
	json_t *chosen, *whole;
	struct err err;

	if (!fields || call->status != 200 || call->answer.len == 0)
		return;
	chosen = json_object();
	pool_adopt(call->pool, chosen, sandbox_release);
	end = parse_list(fields, chosen, 0);
	if (!end || *end)
		sandbox_google_fail_at(call, 400, "invalidParameter",
		    pool_printf(call->pool, "Invalid field selection %s", fields),
		    "parameter", "fields");
	else if (jsonx_parse(call->pool, call->answer.data, call->answer.len,
	    &whole, &err))
		sandbox_call_json(call, 200, part_of(whole, chosen));
}
