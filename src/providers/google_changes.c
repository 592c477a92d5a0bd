/*
 * Pages of events.list: all there is, or what changed since a sync token. An
 * exception stands for its series. Cursor: nextSyncToken; page cursor:
 * nextPageToken, good together with the sync token it began with.
 */
#include <string.h>
#include "providers/google_p.h"
#include "util/str.h"
#include "util/banned.h"

/* Not one parameter more: with a sync token they must be what they were. */
static char *page_query(struct pool *pool, const struct provider_since *since)
{
	struct str s;

	str_init(&s, pool, URL_MAX_BYTES);
	str_addf(&s, "maxResults=%d&maxAttendees=1&singleEvents=false",
	    GOOGLE_PAGE);
	if (since->cursor && *since->cursor) {
		str_add(&s, "&syncToken=");
		str_urlarg(&s, since->cursor);
	}
	if (since->page_cursor) {
		str_add(&s, "&pageToken=");
		str_urlarg(&s, since->page_cursor);
	}
	return str_ok(&s) ? s.data : NULL;
}

static bool ask(struct provider_session *session, struct pool *pool,
    const struct provider_since *since, struct google_answer *out,
    struct err *err)
{
	char *query = page_query(pool, since);
	struct google_call call = { .method = "GET" };

	if (!query)
		return err_set_scope(err, ERR_GONE, ERR_COLLECTION,
		    "Google's token is too long to be sent.");
	call.url = google_call_url(session, pool, google_event_path(pool,
	    since->collection_id, NULL, query));
	if (google_call_send(session, pool, &call, out, err))
		return true;
	/* What it says of this calendar it does not say of the others. */
	if (err->scope == ERR_ITEM || (out->http.status >= 200 &&
	    out->http.status < 300) || out->http.too_large)
		err->scope = ERR_COLLECTION;
	if (err->kind == ERR_UPSTREAM && out->http.status == 400 &&
	    (since->page_cursor || (since->cursor && *since->cursor)))
		return err_set_scope(err, ERR_GONE, ERR_COLLECTION,
		    "Google does not take its token any more.");
	return false;
}

/* ---- entries ---- */

struct page {
	struct pool *pool;
	struct google_memory *memory;
	struct provider_entry *entries;
	size_t count;
};

static struct provider_entry *find(struct page *p, const char *id)
{
	for (size_t i = p->count; i > 0; i--)
		if (str_eq(p->entries[i - 1].remote_id, id))
			return &p->entries[i - 1];
	return NULL;
}

/* Of a series the tag is not known from one of its parts. */
static void add_series(struct page *p, const char *id)
{
	if (!find(p, id))
		p->entries[p->count++] = (struct provider_entry){
			.remote_id = id };
}

static void take_event(struct page *p, const json_t *event)
{
	const char *id = google_text(event, "id");
	const char *series = google_map_series_of(event);
	struct google_map_parts alone = { .master = event };

	if (*id == '\0' || strlen(series ? series : id) > PROVIDER_ID_BYTES)
		return;
	if (!series && google_map_is_gone(event)) {
		google_memory_forget(p->memory, id);
		p->entries[p->count++] = (struct provider_entry){
			.remote_id = id, .gone = true };
		return;
	}
	if (google_map_use(event) == GOOGLE_MAP_SKIP && !series)
		return;
	google_memory_put(p->memory, event);
	if (series)
		add_series(p, series);
	else if (json_object_get(event, "recurrence"))
		add_series(p, id);
	else
		p->entries[p->count++] = (struct provider_entry){
			.remote_id = id,
			.version = google_map_version(p->pool, &alone) };
}

static bool fits(const char *cursor, struct err *err)
{
	return strlen(cursor) <= PROVIDER_CURSOR_BYTES || err_set_scope(err,
	    ERR_UPSTREAM, ERR_COLLECTION, "Google's token is longer than can "
	    "be kept.");
}

bool google_changes(struct provider_session *session, struct pool *pool,
    const struct provider_since *since, struct provider_changes *out,
    struct err *err)
{
	struct google_answer answer;
	struct page p = { .pool = pool, .memory = google_memory_of(session,
	    since->collection_id) };
	bool listing = !since->cursor || *since->cursor == '\0';
	const char *token, *next;
	json_t *items, *event;
	size_t i;

	if (!ask(session, pool, since, &answer, err))
		return false;
	items = json_object_get(answer.json, "items");
	next = google_text(answer.json, "nextPageToken");
	token = google_text(answer.json, "nextSyncToken");
	if (!json_is_array(items) && (*next == '\0' && *token == '\0'))
		return err_set_scope(err, ERR_UPSTREAM, ERR_COLLECTION,
		    "Google's list of events can not be read.");
	if (!fits(next, err) || !fits(token, err))
		return false;
	if (!since->page_cursor)
		google_memory_begin(p.memory, listing);
	google_memory_put_zone(p.memory, google_text(answer.json, "timeZone"));
	p.entries = pool_array(pool, json_array_size(items),
	    sizeof(*p.entries));
	json_array_foreach(items, i, event)
		take_event(&p, event);
	if (*next == '\0')
		google_memory_end(p.memory);
	*out = (struct provider_changes){ .entries = p.entries,
	    .count = p.count, .listing = listing, .complete = *next == '\0',
	    .cursor = *token ? token : NULL,
	    .page_cursor = *next ? next : NULL };
	return true;
}
