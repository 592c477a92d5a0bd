#ifndef HAWSER_T_GOOGLE_KIT_H
#define HAWSER_T_GOOGLE_KIT_H
/* Google's events in tests: from JSON with ' for ", and what Google would make
 * of our patches, by a hand that shares no code with ours. */
#include "providers/google_map.h"
#include "t/model_kit.h"
#include "util/jsonx.h"

static const struct google_map_context kit_berlin = { "Europe/Berlin" };

static inline json_t *kit_json(struct pool *pool, const char *text)
{
	char *own = pool_strdup(pool, text);
	struct err err = { 0 };
	json_t *out;

	for (char *p = own; *p; p++)
		if (*p == '\'')
			*p = '"';
	if (!jsonx_parse(pool, own, strlen(own), &out, &err)) {
		printf("Bail out! %s: %s\n", err.msg, own);
		exit(1);
	}
	return out;
}

/* A master and a list of exceptions, "" = none. */
static inline struct google_map_parts kit_parts(struct pool *pool,
    const char *master, const char *exceptions)
{
	json_t *list = kit_json(pool, pool_printf(pool, "[%s]", exceptions));
	struct google_map_parts out = { .master = kit_json(pool, master) };
	const json_t **items;

	out.count = json_array_size(list);
	items = pool_array(pool, out.count + 1, sizeof(*items));
	for (size_t i = 0; i < out.count; i++)
		items[i] = json_array_get(list, i);
	out.exceptions = items;
	return out;
}

static inline struct event *kit_google(struct pool *pool,
    const struct google_map_parts *parts)
{
	struct err err = { 0 };
	struct event *e;

	if (!google_map_read(pool, &kit_berlin, parts, &e, &err)) {
		printf("Bail out! %s\n", err.msg);
		exit(1);
	}
	return e;
}

/* RFC 7396. */
static inline json_t *kit_merge(const json_t *target, const json_t *patch)
{
	json_t *out, *value;
	const char *key;

	if (!json_is_object(patch))
		return json_deep_copy(patch);
	out = json_is_object(target) ? json_deep_copy(target) : json_object();
	json_object_foreach((json_t *)(uintptr_t)patch, key, value)
		if (json_is_null(value))
			json_object_del(out, key);
		else
			json_object_set_new(out, key,
			    kit_merge(json_object_get(out, key), value));
	return out;
}

static inline void kit_release(void *tree)
{
	json_decref(tree);
}

static inline json_t *kit_keep(struct pool *pool, json_t *tree)
{
	pool_adopt(pool, tree, kit_release);
	return tree;
}

/* "id_20260112T083000Z": the date of the instance. */
static inline void kit_shift(json_t *item, const char *name, when_t by)
{
	json_t *told = json_object_get(item, name);
	const char *date = json_string_value(json_object_get(told, "date"));
	struct pool *pool = pool_new(NULL);
	when_t t;

	if (date && when_parse(pool_printf(pool, "%sT00:00:00Z", date), &t))
		json_object_set_new(told, "date", json_string(pool_strndup(pool,
		    when_format(pool, t + by), 10)));
	else if (when_parse(json_string_value(json_object_get(told,
	    "dateTime")), &t))
		json_object_set_new(told, "dateTime",
		    json_string(when_format(pool, t + by)));
	pool_free(pool);
}

static inline when_t kit_told(struct pool *pool, const json_t *told)
{
	const char *date = json_string_value(json_object_get(told, "date"));
	when_t t = 0;

	(void)!when_parse(date ? pool_printf(pool, "%sT00:00:00Z", date) :
	    json_string_value(json_object_get(told, "dateTime")), &t);
	return t;
}

/* An instance nobody has touched: the master's copy at its date. Its end is so
 * many hours after its start. */
static inline json_t *kit_instance(struct pool *pool, const json_t *master,
    const char *id)
{
	json_t *out = json_deep_copy(master);
	const char *at = strrchr(id, '_') + 1;
	struct wall w = { 0 };
	when_t by;

	(void)sscanf(at, "%4d%2d%2dT%2d%2d%2d", &w.year, &w.month, &w.day,
	    &w.hour, &w.minute, &w.second);
	by = wall_to_utc(&w) - kit_told(pool, json_object_get(master, "start"));
	kit_shift(out, "start", by);
	kit_shift(out, "end", by);
	json_object_set_new(out, "originalStartTime",
	    json_deep_copy(json_object_get(out, "start")));
	json_object_set(out, "recurringEventId", json_object_get(master, "id"));
	json_object_set_new(out, "id", json_string(id));
	json_object_del(out, "recurrence");
	json_object_del(out, "etag");
	return out;
}

static inline struct google_map_parts kit_apply(struct pool *pool,
    const struct google_map_parts *parts,
    const struct google_map_changes *changes)
{
	struct google_map_parts out = { .count = parts->count };
	const json_t **items = pool_array(pool, parts->count + changes->count +
	    1, sizeof(*items));

	out.master = kit_keep(pool, changes->master ?
	    kit_merge(parts->master, changes->master) :
	    json_deep_copy(parts->master));
	for (size_t i = 0; i < parts->count; i++)
		items[i] = parts->exceptions[i];
	for (size_t c = 0; c < changes->count; c++) {
		const struct google_map_instance *in = &changes->instances[c];
		json_t *fresh = NULL;
		size_t i;

		for (i = 0; i < out.count; i++)
			if (str_eq(json_string_value(json_object_get(items[i],
			    "id")), in->id))
				break;
		if (i == out.count) {
			fresh = kit_keep(pool, kit_instance(pool, out.master,
			    in->id));
			items[out.count++] = fresh;
		}
		items[i] = kit_keep(pool, kit_merge(items[i], in->body));
	}
	out.exceptions = items;
	return out;
}

/* The changes in words: "master {..}\npatch id {..}\n". */
static inline char *kit_words(struct pool *pool,
    const struct google_map_changes *changes)
{
	static const char *const verbs[] = { "patch", "cancel", "restore" };
	struct str s;

	str_init(&s, pool, 1024 * 1024);
	if (changes->master)
		str_addf(&s, "master %s\n", jsonx_dump(pool, changes->master));
	for (size_t i = 0; i < changes->count; i++)
		str_addf(&s, "%s %s %s\n", verbs[changes->instances[i].verb],
		    changes->instances[i].id,
		    jsonx_dump(pool, changes->instances[i].body));
	for (char *p = s.data; *p; p++)
		if (*p == '"')
			*p = '\'';
	return s.data;
}

/* Patches parts to e; the law of the round is tried on the way. NULL = fine. */
static inline const char *kit_patch(struct pool *pool,
    const struct google_map_parts *parts, const struct event *e,
    char **words_out)
{
	struct google_map_changes changes, none;
	struct google_map_parts then;
	struct err err = { 0 };
	struct event *back;

	*words_out = NULL;
	if (!google_map_patch(pool, &kit_berlin, parts, e, &changes, &err))
		return pool_strdup(pool, err.msg);
	*words_out = kit_words(pool, &changes);
	then = kit_apply(pool, parts, &changes);
	if (!google_map_read(pool, &kit_berlin, &then, &back, &err))
		return pool_printf(pool, "unreadable: %s", err.msg);
	if (!kit_same(pool, e, back))
		return pool_printf(pool, "another hash:\n%s\nwanted:\n%s",
		    event_canonical(pool, back), event_canonical(pool, e));
	if (!google_map_patch(pool, &kit_berlin, &then, e, &none, &err) ||
	    none.master || none.count)
		return "a second patch changes something";
	return NULL;
}

static inline const char *kit_insert(struct pool *pool, const struct event *e,
    struct google_map_parts *out, char **words_out)
{
	static const uint8_t op[16] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
	    13, 14, 15, 0xff };
	struct google_map_parts nothing = { .master = json_null() };
	struct google_map_changes changes;
	struct err err = { 0 };
	struct event *back;

	*words_out = NULL;
	if (!google_map_insert(pool, &kit_berlin, op, e, &changes, &err))
		return pool_strdup(pool, err.msg);
	*words_out = kit_words(pool, &changes);
	*out = kit_apply(pool, &nothing, &changes);
	if (!google_map_read(pool, &kit_berlin, out, &back, &err))
		return pool_printf(pool, "unreadable: %s", err.msg);
	if (!kit_same(pool, e, back))
		return pool_printf(pool, "another hash:\n%s\nwanted:\n%s",
		    event_canonical(pool, back), event_canonical(pool, e));
	return NULL;
}
#endif
