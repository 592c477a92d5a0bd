/*
 * What changed in a collection: sync-collection (RFC 6578) where the server
 * has it, else a tag of the whole and a listing. Must not fetch bodies.
 *
 * Cursor text: "t:TOKEN" (sync-token) or "c:CTAG". Page cursor: "LN:TOKEN"
 * inside a listing, "DN:TOKEN" inside a delta, N the number of pages so far.
 */
#include "providers/caldav_p.h"
#include <stdlib.h>
#include <string.h>
#include "util/log.h"
#include "util/str.h"
#include "util/banned.h"

#define XML_HEAD "<?xml version=\"1.0\" encoding=\"utf-8\"?>"
#define PAGES_MAX 2000

static const char list_members[] = XML_HEAD "<D:propfind xmlns:D=\"DAV:\">"
    "<D:prop><D:getetag/><D:getcontenttype/><D:resourcetype/></D:prop>"
    "</D:propfind>";
static const char ask_state[] = XML_HEAD "<D:propfind xmlns:D=\"DAV:\""
    " xmlns:CS=\"http://calendarserver.org/ns/\"><D:prop><D:sync-token/>"
    "<CS:getctag/><D:getctag/><D:supported-report-set/></D:prop>"
    "</D:propfind>";

struct where {				/* what every step needs */
	struct provider_session *session;
	struct pool *pool;
	const struct provider_since *since;
	const char *home, *url;
};

/* ---- collecting members ---- */

struct members {
	struct pool *pool;		/* of the entries; reset by a part */
	struct pool *scratch;		/* of one response */
	const char *home, *collection_key;
	const struct caldav_answer *answer;	/* under way: its final URL */
	const char *base;		/* that URL when it was last looked at */
	const char *base_key;
	bool base_is_home;		/* same origin */
	const struct provider_since *since;
	bool listing;			/* its entries may go in parts */
	bool saw_collection, truncated;
	struct pool *lists;		/* entries and keys */
	struct provider_entry *entries;
	const char **keys;
	size_t count, room;
};

/* Comparable path without the slash at the end. */
static char *path_key(struct pool *pool, const char *url)
{
	const char *host = strstr(url, "://");
	const char *path = host ? strchr(host + 3, '/') : url;
	char *key = caldav_href_key(pool, path ? path : "/");
	size_t len = strlen(key);

	if (len > 0 && key[len - 1] == '/')
		key[len - 1] = '\0';
	return key;
}

static struct members members_of(const struct where *w, bool listing,
    const struct caldav_answer *answer)
{
	return (struct members){
		.pool = pool_new(w->pool), .scratch = pool_new(w->pool),
		.home = w->home, .collection_key = path_key(w->pool, w->url),
		.answer = answer, .since = w->since, .listing = listing,
	};
}

/* A long listing is large: the narrower one goes at once. */
static void widen(struct members *m)
{
	size_t room = m->room + m->room / 4 + 64;
	struct pool *wider = pool_new(m->pool);

	m->entries = pool_grow(wider, m->entries, m->count, room,
	    sizeof(*m->entries));
	m->keys = pool_grow(wider, m->keys, m->count, room, sizeof(*m->keys));
	m->room = room;
	if (m->lists)
		pool_free(m->lists);
	m->lists = wider;
}

static void add_member(struct members *m, const char *key,
    const struct caldav_response *r, const char *id)
{
	if (strlen(id) > PROVIDER_ID_BYTES) {
		log_warn("an entry is left out: its address is too long",
		    LOG_INT("bytes", strlen(id)));
		return;
	}
	if (m->count == m->room)
		widen(m);
	id = pool_strdup(m->pool, id);
	m->keys[m->count] = strcmp(key, id) == 0 ? id :
	    pool_strdup(m->pool, key);
	m->entries[m->count++] = (struct provider_entry){
		.remote_id = id,
		.version = caldav_href_tag(m->pool, r->props.text[CALDAV_ETAG]),
		.gone = r->status == 404 || r->status == 410,
	};
}

static bool is_other_kind(const struct caldav_props *p)
{
	const char *type = p->text[CALDAV_CONTENT_TYPE];

	if (p->types & CALDAV_IS_COLLECTION)
		return true;
	if (!type || !*type)
		return false;
	return strncasecmp(type, "text/calendar", 13) != 0
	    || strcasestr(type, "component=vtodo")
	    || strcasestr(type, "component=vjournal");
}

/* Most servers name a path as it is: nothing to resolve. */
static bool is_below_home(struct members *m, const char *href)
{
	if (m->base != m->answer->url) {
		m->base = m->answer->url;
		m->base_key = path_key(m->pool, m->base);
		m->base_is_home = url_same_origin(m->home, m->base);
	}
	return m->base_is_home && caldav_href_is_plain(href) &&
	    strlen(href) < PROVIDER_ID_BYTES;
}

static bool note_path(struct members *m, const struct caldav_response *r,
    const char *path, const char *id)
{
	const char *key = path == id && !str_ends(path, "/") ? path :
	    path_key(m->scratch, path);

	if (strcmp(key, m->collection_key) == 0 ||
	    strcmp(key, m->base_key) == 0) {
		m->saw_collection = true;
		m->truncated |= r->status == 507
		    || (r->errors & CALDAV_E_TRUNCATED) != 0;
	} else if (!str_ends(path, "/") && !is_other_kind(&r->props)) {
		add_member(m, key, r, id);
	}
	return true;
}

static bool resolve_path(struct members *m, const struct caldav_response *r,
    struct err *err)
{
	char *url;

	if (!url_resolve(m->scratch, m->base, r->href, &url, err)
	    || !url_same_origin(m->base, url))
		return err_set_scope(err, ERR_UPSTREAM, ERR_COLLECTION,
		    "%.80s lists an entry that lies outside of itself; its "
		    "answer was not used.", m->answer->host);
	return note_path(m, r, url, caldav_href_shorten(m->scratch, m->home,
	    url, r->href));
}

struct keyed { const char *key; size_t index; };

static int by_key(const void *a, const void *b)
{
	const struct keyed *x = a, *y = b;
	int c = strcmp(x->key, y->key);

	return c ? c : x->index < y->index ? -1 : x->index > y->index;
}

/* A server may name the same entry twice: the later word counts. */
static void drop_doubles(struct members *m)
{
	struct keyed *order = pool_array(m->pool, m->count + 1,
	    sizeof(*order));
	bool *drop = pool_array(m->pool, m->count + 1, sizeof(*drop));
	size_t kept = 0;

	for (size_t i = 0; i < m->count; i++)
		order[i] = (struct keyed){ m->keys[i], i };
	qsort(order, m->count, sizeof(*order), by_key);
	for (size_t i = 0; i + 1 < m->count; i++)
		if (strcmp(order[i].key, order[i + 1].key) == 0)
			drop[order[i].index] = true;
	for (size_t i = 0; i < m->count; i++)
		if (!drop[i])
			m->entries[kept++] = m->entries[i];
	m->count = kept;
}

/* Answers without a cursor say nothing about what was removed. */
static void drop_gone(struct members *m)
{
	size_t kept = 0;

	for (size_t i = 0; i < m->count; i++)
		if (!m->entries[i].gone)
			m->entries[kept++] = m->entries[i];
	m->count = kept;
}

/* What is whole so far goes, and its memory with it. */
static bool hand_over(struct members *m, struct err *err)
{
	drop_doubles(m);
	drop_gone(m);
	if (!m->since->take(m->since->take_arg, m->entries, m->count, err))
		return false;
	pool_reset(m->pool);
	m->entries = NULL;
	m->keys = NULL;
	m->lists = NULL;
	m->base = NULL;
	m->count = m->room = 0;
	return true;
}

static bool note_member(void *arg, const struct caldav_response *r,
    struct err *err)
{
	struct members *m = arg;
	bool fine = is_below_home(m, r->href) ?
	    note_path(m, r, r->href, r->href) : resolve_path(m, r, err);

	pool_reset(m->scratch);
	return fine && (m->count < PROVIDER_PART || !m->listing ||
	    !m->since->take || hand_over(m, err));
}

/* ---- the state of the whole ---- */

struct state {
	struct pool *pool;
	bool any, sync_report;
	const char *token, *ctag;
};

static bool note_state(void *arg, const struct caldav_response *r,
    struct err *err)
{
	struct state *s = arg;
	const struct caldav_props *p = &r->props;

	(void)err;
	if (s->any || r->status >= 400)
		return true;
	s->any = true;
	s->sync_report = !p->has_reports || p->sync_report;
	s->token = pool_strdup(s->pool, p->text[CALDAV_TOKEN]);
	s->ctag = pool_strdup(s->pool, p->text[CALDAV_CTAG]);
	return true;
}

static bool get_state(const struct where *w, struct state *state,
    struct err *err)
{
	struct caldav_answer answer;
	struct caldav_call call = {
		.method = "PROPFIND", .url = w->url, .depth = 0,
		.body = ask_state, .fn = note_state, .arg = state,
	};

	*state = (struct state){ .pool = w->pool };
	return caldav_call_list(w->session, w->pool, &call, &answer, err);
}

static bool is_kept(const char *token)
{
	return token && *token && strlen(token) <= PROVIDER_CURSOR_BYTES;
}

static const char *state_cursor(struct pool *pool, const struct state *s)
{
	if (is_kept(s->token) && s->sync_report)
		return pool_printf(pool, "t:%s", s->token);
	if (is_kept(s->ctag))
		return pool_printf(pool, "c:%s", s->ctag);
	return NULL;
}

/* ---- listing without sync-collection ---- */

static bool list_all(const struct where *w, const struct state *state,
    struct provider_changes *out, struct err *err)
{
	struct caldav_answer answer;
	struct members m = members_of(w, true, &answer);
	struct caldav_call call = {
		.method = "PROPFIND", .url = w->url, .depth = 1,
		.body = list_members, .fn = note_member, .arg = &m,
	};

	if (!caldav_call_list(w->session, w->pool, &call, &answer, err))
		return false;
	/* A listing holds the collection itself: without it, it is no listing
	 * and must not look like an emptied calendar. */
	if (!m.saw_collection || m.truncated)
		return err_set_scope(err, ERR_UPSTREAM, ERR_COLLECTION,
		    "%.80s sent an incomplete list of the calendar.",
		    answer.host);
	drop_doubles(&m);
	drop_gone(&m);
	out->entries = m.entries;
	out->count = m.count;
	out->listing = true;
	out->complete = true;
	out->cursor = state_cursor(w->pool, state);
	return true;
}

/* ---- sync-collection ---- */

static char *sync_body(struct pool *pool, const char *token)
{
	struct str s;

	str_init(&s, pool, 64 * 1024);
	str_add(&s, XML_HEAD "<D:sync-collection xmlns:D=\"DAV:\">"
	    "<D:sync-token>");
	str_html(&s, token);
	str_add(&s, "</D:sync-token><D:sync-level>1</D:sync-level><D:prop>"
	    "<D:getetag/></D:prop></D:sync-collection>");
	return s.data;
}

struct page {
	const char *token;		/* "" = everything */
	bool listing;
	unsigned number;
};

static bool take_page(const struct where *w, const struct page *page,
    const struct caldav_answer *answer, struct members *m,
    struct provider_changes *out, struct err *err)
{
	const char *token = answer->xml.sync_token;

	if (m->truncated && (!is_kept(token)
	    || strcmp(token, page->token) == 0 || page->number >= PAGES_MAX))
		return err_set_scope(err, ERR_UPSTREAM, ERR_COLLECTION,
		    "%.80s offers the same part of the calendar again and "
		    "again.", answer->host);
	drop_doubles(m);
	if (page->listing)
		drop_gone(m);
	out->entries = m->entries;
	out->count = m->count;
	out->listing = page->listing;
	out->complete = !m->truncated;
	if (m->truncated)
		out->page_cursor = pool_printf(w->pool, "%c%u:%s",
		    page->listing ? 'L' : 'D', page->number + 1, token);
	else if (is_kept(token))
		out->cursor = pool_printf(w->pool, "t:%s", token);
	return true;
}

/* 1 done, 0 the server does not want this request, -1 failed. */
static int sync_page(const struct where *w, const struct page *page,
    struct caldav_answer *answer, struct provider_changes *out,
    struct err *err)
{
	struct members m = members_of(w, page->listing, answer);
	struct caldav_call call = {
		.method = "REPORT", .url = w->url, .depth = 0,
		.body = sync_body(w->pool, page->token),
		.fn = note_member, .arg = &m,
	};

	if (!caldav_call_send(w->session, w->pool, &call, answer, err))
		return -1;
	/* No token in the answer: not what was asked for. */
	if (answer->http.status != 207 || !answer->xml.sync_token)
		return 0;
	return take_page(w, page, answer, &m, out, err) ? 1 : -1;
}

static bool lost_cursor(struct err *err)
{
	return err_set_scope(err, ERR_GONE, ERR_COLLECTION,
	    "The server has forgotten where we were; the whole calendar is "
	    "compared again.");
}

/*
 * A refused token: which status that has differs from server to server, and a
 * server in trouble looks alike. So it is asked for something harmless: when
 * that works, the token was the reason.
 */
static bool judge_refusal(const struct where *w,
    const struct caldav_answer *answer, struct err *err)
{
	struct state state;

	if (answer->xml.errors & CALDAV_E_TOKEN)
		return lost_cursor(err);
	if (!get_state(w, &state, err))
		return false;
	return lost_cursor(err);
}

static bool changes_since(const struct where *w, const struct page *page,
    struct provider_changes *out, struct err *err)
{
	struct caldav_answer answer;
	int r = sync_page(w, page, &answer, out, err);

	return r > 0 || (r == 0 && judge_refusal(w, &answer, err));
}

static bool list_everything(const struct where *w,
    struct provider_changes *out, struct err *err)
{
	struct caldav_answer answer;
	struct page page = { .token = "", .listing = true };
	struct state state;
	int r = sync_page(w, &page, &answer, out, err);

	if (r != 0)
		return r > 0;
	/* the tag first: what changes while we list shows next time */
	return get_state(w, &state, err) && list_all(w, &state, out, err);
}

static bool changes_by_ctag(const struct where *w, const char *ctag,
    struct provider_changes *out, struct err *err)
{
	struct state state;

	if (!get_state(w, &state, err))
		return false;
	if (state.ctag && strcmp(state.ctag, ctag) == 0) {
		out->complete = true;
		out->cursor = pool_printf(w->pool, "c:%s", ctag);
		return true;
	}
	return list_all(w, &state, out, err);
}

static bool read_page_cursor(const char *text, struct page *page)
{
	char *end;

	if (*text != 'L' && *text != 'D')
		return false;
	page->listing = *text == 'L';
	page->number = (unsigned)strtoul(text + 1, &end, 10);
	if (*end != ':')
		return false;
	page->token = end + 1;
	return true;
}

bool caldav_changes(struct provider_session *session, struct pool *pool,
    const struct provider_since *since, struct provider_changes *out,
    struct err *err)
{
	struct where w = { .session = session, .pool = pool, .since = since };
	const char *cursor = since->cursor;
	struct page page = { 0 };
	char *url;

	*out = (struct provider_changes){ 0 };
	if (!caldav_href_home(session, pool, &w.home, err)
	    || !caldav_href_url(session, pool, since->collection_id, &url, err))
		return false;
	w.url = url;
	if (since->page_cursor && *since->page_cursor) {
		if (!read_page_cursor(since->page_cursor, &page))
			return lost_cursor(err);
		return changes_since(&w, &page, out, err);
	}
	if (!cursor || !*cursor)
		return list_everything(&w, out, err);
	if (str_starts(cursor, "c:"))
		return changes_by_ctag(&w, cursor + 2, out, err);
	if (!str_starts(cursor, "t:"))
		return lost_cursor(err);
	page.token = cursor + 2;
	return changes_since(&w, &page, out, err);
}
