/*
 * Items as Google has them now: an event by its id, then, of a series, its
 * exceptions by the iCalUID they share (events.list, not expanded). Two requests
 * for up to fifty.
 */
#include <string.h>
#include "providers/google_p.h"
#include "util/str.h"
#include "util/banned.h"

#define MOST_EXCEPTIONS 2500
#define MOST_PAGES 20

bool google_items_is_series(const struct google_map_parts *parts)
{
	return parts->master && json_object_get(parts->master, "recurrence");
}

static void read_masters(struct provider_session *session, struct pool *pool,
    const char *collection_id, struct google_item *items, size_t count)
{
	struct google_part *parts = pool_array(pool, count, sizeof(*parts));

	for (size_t i = 0; i < count; i++)
		parts[i] = (struct google_part){ .method = "GET",
		    .path = google_event_path(pool, collection_id, items[i].id,
		    NULL) };
	google_batch_send(session, pool, parts, count);
	for (size_t i = 0; i < count; i++) {
		items[i].err = parts[i].err;
		items[i].parts = (struct google_map_parts){ 0 };
		if (parts[i].err.kind != ERR_NONE)
			continue;
		items[i].parts.master = parts[i].json;
		if (!json_is_object(parts[i].json))
			(void)!err_set(&items[i].err, ERR_UPSTREAM,
			    "Google's event can not be read.");
		else if (google_map_is_gone(parts[i].json))
			(void)!err_set(&items[i].err, ERR_GONE,
			    "It was deleted at Google.");
	}
}

static char *exceptions_query(struct pool *pool, const json_t *master)
{
	struct str s;

	str_init(&s, pool, URL_MAX_BYTES);
	str_addf(&s, "maxResults=%d&maxAttendees=1&showDeleted=true&"
	    "singleEvents=false&iCalUID=", MOST_EXCEPTIONS);
	str_urlarg(&s, google_text(master, "iCalUID"));
	return s.data;
}

/* Pages may be short, or empty; what is on the later ones goes to the first. */
static bool read_on(struct provider_session *session, struct pool *pool,
    const char *path, json_t *list, struct err *err)
{
	struct google_call call = { .method = "GET" };
	struct google_answer answer = { .json = list };
	json_t *items = json_object_get(list, "items");

	for (int page = 1; page < MOST_PAGES; page++) {
		const char *token = google_text(answer.json, "nextPageToken");
		struct str url;

		if (*token == '\0')
			return true;
		str_init(&url, pool, URL_MAX_BYTES);
		str_add(&url, google_call_url(session, pool, path));
		str_add(&url, "&pageToken=");
		str_urlarg(&url, token);
		call.url = url.data;
		if (!google_call_send(session, pool, &call, &answer, err))
			return false;
		json_array_extend(items, json_object_get(answer.json, "items"));
	}
	return err_set(err, ERR_UPSTREAM,
	    "This series has more exceptions than can be read.");
}

/* Only those of this master: a series that was divided may share its UID. The
 * master is taken from here, so that all parts are of one moment. */
static void take_parts(struct pool *pool, struct google_item *item,
    const json_t *list)
{
	const json_t **exceptions, *event;
	size_t i, n = 0;

	exceptions = pool_array(pool, json_array_size(list),
	    sizeof(*exceptions));
	json_array_foreach(list, i, event) {
		const char *series = google_map_series_of(event);

		if (series && str_eq(series, item->id))
			exceptions[n++] = event;
		else if (!series && str_eq(google_text(event, "id"), item->id))
			item->parts.master = event;
	}
	item->parts.exceptions = exceptions;
	item->parts.count = n;
	if (google_map_is_gone(item->parts.master))
		(void)!err_set(&item->err, ERR_GONE,
		    "It was deleted at Google.");
}

static void read_exceptions(struct provider_session *session,
    struct pool *pool, const char *collection_id, struct google_item **items,
    size_t count)
{
	struct google_part *parts = pool_array(pool, count, sizeof(*parts));

	for (size_t i = 0; i < count; i++)
		parts[i] = (struct google_part){ .method = "GET",
		    .path = google_event_path(pool, collection_id, NULL,
		    exceptions_query(pool, items[i]->parts.master)) };
	google_batch_send(session, pool, parts, count);
	for (size_t i = 0; i < count; i++) {
		const json_t *list = json_object_get(parts[i].json, "items");

		items[i]->err = parts[i].err;
		if (parts[i].err.kind != ERR_NONE)
			continue;
		if (!json_is_array(list))
			(void)!err_set(&items[i]->err, ERR_UPSTREAM,
			    "Google's list of exceptions can not be read.");
		else if (read_on(session, pool, parts[i].path, parts[i].json,
		    &items[i]->err))
			take_parts(pool, items[i], list);
	}
}

void google_items_read(struct provider_session *session, struct pool *pool,
    const char *collection_id, struct google_item *items, size_t count)
{
	struct google_item **series = pool_array(pool, count, sizeof(*series));
	size_t n = 0;

	read_masters(session, pool, collection_id, items, count);
	for (size_t i = 0; i < count; i++)
		if (items[i].err.kind == ERR_NONE && google_items_is_series(
		    &items[i].parts))
			series[n++] = &items[i];
	read_exceptions(session, pool, collection_id, series, n);
}

/* ---- what a write left undone ---- */

struct tidying {
	struct provider_session *session;
	struct pool *pool;
	const char *collection_id;
	struct google_map_context ctx;
	struct google_part *parts;
	size_t count;
};

static const char *etag_of(const struct google_map_parts *parts,
    const char *id)
{
	for (size_t i = 0; i < parts->count; i++)
		if (str_eq(google_text(parts->exceptions[i], "id"), id))
			return json_string_value(json_object_get(
			    parts->exceptions[i], "etag"));
	return NULL;
}

static bool find_leftovers(struct tidying *t, const struct google_item *item)
{
	const char **ids;
	size_t n = item->err.kind != ERR_NONE || google_map_use(
	    item->parts.master) != GOOGLE_MAP_SYNC ? 0 :
	    google_map_leftovers(t->pool, &t->ctx, &item->parts, &ids);

	t->parts = pool_grow(t->pool, t->parts, t->count, t->count + n,
	    sizeof(*t->parts));
	for (size_t i = 0; i < n; i++)
		t->parts[t->count++] = (struct google_part){
			.method = "PATCH", .path = google_event_path(t->pool,
			t->collection_id, ids[i], GOOGLE_SILENT),
			.body = jsonx_pack(t->pool, "{s:s}", "status",
			"cancelled"), .if_match = etag_of(&item->parts,
			ids[i]) };
	return n > 0;
}

void google_items_tidy(struct provider_session *session, struct pool *pool,
    const char *collection_id, struct google_item *items, size_t count)
{
	struct tidying t = { .session = session, .pool = pool,
	    .collection_id = collection_id };
	bool *left = pool_array(pool, count, sizeof(*left));
	struct err ignored;

	if (!google_memory_context(session, google_memory_of(session,
	    collection_id), &t.ctx, &ignored))
		return;
	for (size_t i = 0; i < count; i++)
		left[i] = find_leftovers(&t, &items[i]);
	google_batch_send(session, pool, t.parts, t.count);
	for (size_t i = 0; i < count; i++)
		if (left[i])
			google_items_read(session, pool, collection_id,
			    &items[i], 1);
}
