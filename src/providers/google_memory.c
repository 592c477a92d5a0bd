/*
 * What a listing brought, kept as text until it is asked for by id: a calendar
 * of a thousand events is read with two requests. Bounded; what finds no room is
 * asked for again.
 */
#include <stdlib.h>
#include <string.h>
#include "providers/google_p.h"
#include "util/str.h"
#include "util/banned.h"

#define MOST_BYTES (3u << 20)		/* of all calendars together */

struct kept {
	size_t nth;			/* as they came */
	const char *id, *series;	/* series: NULL = no exception */
	const char *text;		/* as google_map_pack makes it */
	size_t len;
	bool stale;
};

struct google_memory {
	struct google_memory *next;
	struct pool *pool;		/* of the session */
	struct pool *texts;
	const char *collection_id;
	const char *zone;		/* NULL = not known */
	struct kept *items;
	size_t count, room, bytes;
	size_t *all_bytes;		/* of the session */
	bool listing, full, whole;	/* whole: all there is, is here */
	bool sorted;
};

struct google_memory *google_memory_of(struct provider_session *session,
    const char *collection_id)
{
	struct google_memory *m;

	for (m = session->memory; m; m = m->next)
		if (str_eq(m->collection_id, collection_id))
			return m;
	m = POOL_NEW(session->pool, struct google_memory);
	m->pool = session->pool;
	m->collection_id = pool_strdup(session->pool, collection_id);
	m->next = session->memory;
	m->all_bytes = m->next ? m->next->all_bytes : POOL_NEW(session->pool,
	    size_t);
	session->memory = m;
	return m;
}

void google_memory_put_zone(struct google_memory *m, const char *zone)
{
	if (*zone && !m->zone)
		m->zone = pool_strdup(m->pool, zone);
}

bool google_memory_context(struct provider_session *session,
    struct google_memory *m, struct google_map_context *out,
    struct err *err)
{
	struct pool *pool = pool_new(session->pool);
	struct google_call call = { .method = "GET",
	    .url = google_call_url(session, pool, google_event_path(pool,
	    m->collection_id, NULL, "maxResults=1&fields=timeZone")) };
	struct google_answer answer;
	bool fine = m->zone || google_call_send(session, pool, &call, &answer,
	    err);

	if (fine && !m->zone)
		google_memory_put_zone(m, google_text(answer.json, "timeZone"));
	pool_free(pool);
	out->calendar_zone = m->zone;
	return fine;
}

void google_memory_begin(struct google_memory *m, bool listing)
{
	if (m->texts)
		pool_free(m->texts);
	m->texts = pool_new(m->pool);
	m->items = NULL;
	*m->all_bytes -= m->bytes;
	m->count = m->room = m->bytes = 0;
	m->listing = listing;
	m->full = m->whole = m->sorted = false;
}

void google_memory_end(struct google_memory *m)
{
	m->whole = m->listing && !m->full;
}

void google_memory_put(struct google_memory *m, const json_t *event)
{
	struct google_map_parts alone = { .master = event };
	const char *series = google_map_series_of(event);
	struct pool *scratch;
	const char *text;
	size_t len;

	if (!m->texts)		/* goes on where another process began */
		google_memory_begin(m, false);
	if (m->full)
		return;
	scratch = pool_new(m->pool);
	text = google_map_pack(scratch, &alone, &len);
	if (*m->all_bytes + len > MOST_BYTES) {
		m->full = true;
	} else {
		if (m->count == m->room) {
			size_t room = m->room ? m->room * 2 : 64;

			m->items = pool_grow(m->texts, m->items, m->count, room,
			    sizeof(*m->items));
			m->room = room;
		}
		m->items[m->count] = (struct kept){ .nth = m->count,
			.id = pool_strdup(m->texts, google_text(event, "id")),
			.series = series ? pool_strdup(m->texts, series) : NULL,
			.text = pool_strndup(m->texts, text, len), .len = len,
		};
		m->count++;
		m->bytes += len;
		*m->all_bytes += len;
		m->sorted = false;
	}
	pool_free(scratch);
}

/* By the item they belong to, the master first; of two of one id the later. */
static const char *item_of(const struct kept *k)
{
	return k->series ? k->series : k->id;
}

static int order(const void *a, const void *b)
{
	const struct kept *x = a, *y = b;
	int c = strcmp(item_of(x), item_of(y));

	if (c == 0)
		c = (x->series != NULL) - (y->series != NULL);
	if (c == 0)
		c = strcmp(x->id, y->id);
	return c ? c : x->nth < y->nth ? -1 : x->nth > y->nth;
}

/* It came again on a later page. */
static bool is_superseded(const struct google_memory *m, size_t i)
{
	return i + 1 < m->count && str_eq(m->items[i].id, m->items[i + 1].id) &&
	    !m->items[i].series == !m->items[i + 1].series;
}

static void sort(struct google_memory *m)
{
	if (!m->sorted && m->count > 1)
		qsort(m->items, m->count, sizeof(*m->items), order);
	m->sorted = true;
}

static size_t first_of(const struct google_memory *m, const char *id)
{
	size_t low = 0, high = m->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (strcmp(item_of(&m->items[mid]), id) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static const json_t *load(struct pool *pool, const struct kept *k)
{
	struct google_map_parts p;
	struct err ignored;

	return google_map_unpack(pool, k->text, k->len, &p, &ignored) ?
	    p.master : NULL;
}

/* A series is known whole only when all there is was listed. */
static bool is_known(const struct google_memory *m, const json_t *master)
{
	return m->whole || !json_object_get(master, "recurrence");
}

bool google_memory_find(const struct google_memory *memory, struct pool *pool,
    const char *id, struct google_map_parts *out)
{
	struct google_memory *m = (struct google_memory *)memory;
	const json_t **exceptions, *found;
	size_t at, n = 0;

	sort(m);
	at = first_of(m, id);
	*out = (struct google_map_parts){ 0 };
	for (size_t i = at; i < m->count && str_eq(item_of(&m->items[i]), id);
	    i++)
		n++;
	exceptions = pool_array(pool, n, sizeof(*exceptions));
	for (size_t i = at; i < at + n; i++) {
		if (m->items[i].stale)
			return false;
		if (is_superseded(m, i))
			continue;
		if (!(found = load(pool, &m->items[i])))
			return false;
		if (m->items[i].series)
			exceptions[out->count++] = found;
		else
			out->master = found;
	}
	out->exceptions = exceptions;
	return out->master && is_known(m, out->master);
}

void google_memory_forget(struct google_memory *m, const char *id)
{
	sort(m);
	for (size_t i = first_of(m, id); i < m->count &&
	    str_eq(item_of(&m->items[i]), id); i++)
		m->items[i].stale = true;
}
