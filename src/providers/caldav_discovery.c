/*
 * From what a person typed to the principal, the home and its calendars
 * (RFC 6764, 5397, 4791). Must not read events.
 */
#include "providers/caldav_p.h"
#include <string.h>
#include "util/str.h"
#include "util/banned.h"

#define XML_HEAD "<?xml version=\"1.0\" encoding=\"utf-8\"?>"
#define PROPFIND_OPEN XML_HEAD "<D:propfind xmlns:D=\"DAV:\"" \
	" xmlns:C=\"urn:ietf:params:xml:ns:caldav\"" \
	" xmlns:CS=\"http://calendarserver.org/ns/\"" \
	" xmlns:A=\"http://apple.com/ns/ical/\"><D:prop>"
#define PROPFIND_CLOSE "</D:prop></D:propfind>"
#define CANDIDATES_MAX 4
#define SUBFOLDERS_MAX 20
#define NAME_MAX_BYTES 200

static const char who_am_i[] = PROPFIND_OPEN
    "<D:current-user-principal/><D:resourcetype/><C:calendar-home-set/>"
    "<C:calendar-user-address-set/>" PROPFIND_CLOSE;
static const char my_homes[] = PROPFIND_OPEN
    "<C:calendar-home-set/><C:calendar-user-address-set/>"
    "<C:schedule-inbox-URL/><D:displayname/>" PROPFIND_CLOSE;
static const char my_calendars[] = PROPFIND_OPEN
    "<D:resourcetype/><D:displayname/><A:calendar-color/><A:calendar-order/>"
    "<C:supported-calendar-component-set/><CS:getctag/><D:sync-token/>"
    "<D:current-user-privilege-set/><D:supported-report-set/>"
    PROPFIND_CLOSE;

/* ---- who am I ---- */

struct found {				/* one Depth 0 answer */
	struct pool *pool;
	bool any;
	const char *principal;
	bool is_calendar;
	const char *homes[CALDAV_XML_HOMES];
	size_t home_count;
	const char *mails[CALDAV_XML_HOMES];
	size_t mail_count;
};

static bool note_found(void *arg, const struct caldav_response *r,
    struct err *err)
{
	struct found *f = arg;
	const struct caldav_props *p = &r->props;

	(void)err;
	if (f->any || r->status >= 400)	/* one answer to Depth 0: the first */
		return true;
	f->any = true;
	f->principal = pool_strdup(f->pool, p->text[CALDAV_PRINCIPAL]);
	f->is_calendar = (p->types & CALDAV_IS_CALENDAR) != 0;
	for (size_t i = 0; i < p->home_count; i++)
		f->homes[f->home_count++] = pool_strdup(f->pool, p->homes[i]);
	for (size_t i = 0; i < p->address_count; i++)
		if (strncasecmp(p->addresses[i], "mailto:", 7) == 0)
			f->mails[f->mail_count++] = pool_strdup(f->pool,
			    p->addresses[i] + 7);
	return true;
}

static bool ask(struct provider_session *session, struct pool *pool,
    const char *url, const char *body, struct found *found,
    struct caldav_answer *answer, struct err *err)
{
	struct caldav_call call = {
		.method = "PROPFIND", .url = url, .depth = 0, .body = body,
		.fn = note_found, .arg = found,
	};

	*found = (struct found){ .pool = pool };
	return caldav_call_list(session, pool, &call, answer, err);
}

/* Is it hopeless to try other paths of the same server? */
static bool is_final(const struct err *err)
{
	switch (err->kind) {
	case ERR_NOT_FOUND:
	case ERR_GONE:
	case ERR_FORBIDDEN:
	case ERR_CONFLICT:
		return false;
	case ERR_UPSTREAM:
		return err->scope == ERR_CONNECTION;
	default:
		return true;
	}
}

/* What people type: a URL, a host name, or an address with @. */
static char *typed_url(struct pool *pool, const char *typed)
{
	char *text = str_trim(pool, typed);
	const char *at = strchr(text, '@');

	if (strstr(text, "://"))
		return text;
	if (at && !strchr(text, '/'))
		return pool_printf(pool, "https://%s/", at + 1);
	return pool_printf(pool, "https://%s", text);
}

/* Some servers answer only GET at the well-known place. */
static char *well_known_by_get(struct provider_session *session,
    struct pool *pool, const char *url)
{
	struct http_request request = { .method = "GET", .url = url };
	struct http_response response;
	struct err ignored;
	char *to;

	if (!http_send(session->http, pool, &request, &response, &ignored)
	    || !caldav_call_is_redirect(response.status)
	    || !caldav_call_redirect(session, pool, &response, url, &to,
		&ignored))
		return NULL;
	return to;
}

struct search {
	const char *urls[CANDIDATES_MAX];
	size_t count;
	struct err first;		/* why the typed address did not do */
	const char *answered;		/* first URL that spoke WebDAV */
	bool answered_calendar;
};

/* 1 found, 0 go on, -1 stop. */
static int try_candidate(struct provider_session *session, struct pool *pool,
    struct search *search, const char *url, struct found *found,
    struct caldav_answer *answer, struct err *err)
{
	if (!ask(session, pool, url, who_am_i, found, answer, err)) {
		if (is_final(err))
			return -1;
		if (search->first.kind == ERR_NONE)
			search->first = *err;
		return 0;
	}
	if (found->principal || found->home_count > 0)
		return 1;
	if (!search->answered && found->any) {
		search->answered = answer->url;
		search->answered_calendar = found->is_calendar;
	}
	return 0;
}

static bool find_principal(struct provider_session *session,
    struct pool *pool, const char *typed, struct found *found,
    struct caldav_answer *answer, struct err *err)
{
	struct search search = { .urls = { typed }, .count = 1 };
	char *well_known, *root, *got;

	if (!url_resolve(pool, typed, "/.well-known/caldav", &well_known, err)
	    || !url_resolve(pool, typed, "/", &root, err))
		return false;
	search.urls[search.count++] = well_known;
	if (strcmp(root, typed) != 0)
		search.urls[search.count++] = root;
	for (size_t i = 0; i < search.count; i++) {
		int r = try_candidate(session, pool, &search, search.urls[i],
		    found, answer, err);

		if (r == 0 && search.urls[i] == well_known
		    && (got = well_known_by_get(session, pool, well_known)))
			r = try_candidate(session, pool, &search, got, found,
			    answer, err);
		if (r != 0)
			return r > 0;
	}
	if (!search.answered) {
		*err = search.first;
		if (err->kind != ERR_UPSTREAM)
			return err_set_scope(err, ERR_INPUT, ERR_CONNECTION,
			    "No calendars were found at %.80s. Check the "
			    "address; the server's help pages name it.",
			    caldav_href_host(pool, typed));
		return false;
	}
	/* WebDAV without principals: the address itself is the home. */
	*found = (struct found){ .homes = { search.answered },
	    .home_count = 1 };
	answer->url = search.answered;
	return true;
}

/* ---- where is home ---- */

static bool add_home(struct provider_session *session, struct pool *pool,
    const char *base, const char *href, struct str *homes, struct err *err)
{
	char *url;

	if (!url_resolve(pool, base, href, &url, err))
		return err_set_scope(err, ERR_UPSTREAM, ERR_CONNECTION,
		    "%.80s names a home for calendars that cannot be read.",
		    caldav_href_host(pool, base));
	if (!caldav_href_trusted(session->base_url, url))
		return err_set_scope(err, ERR_UPSTREAM, ERR_CONNECTION,
		    "%.60s keeps the calendars at %.80s. If you trust that "
		    "server, enter its address yourself.",
		    caldav_href_host(pool, base), caldav_href_host(pool, url));
	if (homes->len + 1 + strlen(url) > PROVIDER_ID_BYTES)
		return homes->len > 0 || err_set_scope(err, ERR_UPSTREAM,
		    ERR_CONNECTION, "%.80s names a home for calendars that is "
		    "too long.", caldav_href_host(pool, base));
	if (homes->len > 0)
		str_addc(homes, ' ');
	str_add(homes, url);
	return true;
}

static bool ask_principal(struct provider_session *session,
    struct pool *pool, struct found *found, struct caldav_answer *answer,
    const char **principal_out, struct err *err)
{
	struct str checked;
	char *url;

	str_init(&checked, pool, 2 * URL_MAX_BYTES);
	if (!found->principal) {
		*principal_out = answer->url;
		return true;
	}
	/* the principal may lie at another host, with the same care as homes */
	if (!add_home(session, pool, answer->url, found->principal, &checked,
	    err))
		return false;
	url = checked.data;
	*principal_out = url;
	if (found->home_count > 0)
		return true;
	if (!ask(session, pool, url, my_homes, found, answer, err))
		return false;
	if (found->home_count == 0) {
		found->homes[0] = url;
		found->home_count = 1;
	}
	return true;
}

bool caldav_discover(struct provider_session *session, struct pool *pool,
    struct provider_account *out, struct err *err)
{
	char *typed = typed_url(pool, session->base_url);
	struct caldav_answer answer;
	struct found found;
	struct str homes;

	/* every later question of trust asks about this address */
	session->base_url = pool_strdup(session->pool, typed);
	if (!find_principal(session, pool, typed, &found, &answer, err)
	    || !ask_principal(session, pool, &found, &answer,
		&out->principal_url, err))
		return false;
	str_init(&homes, pool, CALDAV_XML_HOMES * URL_MAX_BYTES);
	for (size_t i = 0; i < found.home_count; i++)
		if (!add_home(session, pool, answer.url, found.homes[i],
		    &homes, err))
			return false;
	out->home_url = homes.data;
	out->account = found.mail_count > 0 ? found.mails[0]
	    : pool_strdup(pool, session->login);
	return true;
}

bool caldav_addresses(struct provider_session *session, struct pool *pool,
    const char ***out, size_t *count_out, struct err *err)
{
	const char *principal;
	struct caldav_answer answer;
	struct found found;
	const char **list;

	if (!find_principal(session, pool, typed_url(pool, session->base_url),
	    &found, &answer, err))
		return false;
	found.home_count = 0;		/* so that the principal is asked */
	if (!ask_principal(session, pool, &found, &answer, &principal, err))
		return false;
	list = pool_array(pool, found.mail_count + 1, sizeof(*list));
	for (size_t i = 0; i < found.mail_count; i++)
		list[i] = found.mails[i];
	if (strchr(session->login, '@'))
		list[found.mail_count++] = session->login;
	*out = list;
	*count_out = found.mail_count;
	return true;
}

/* ---- its calendars ---- */

struct listing {
	struct pool *pool;
	const char *home;		/* the first one */
	const struct caldav_answer *answer;	/* under way: its final URL */
	struct provider_collection *items;
	size_t count, room;
	const char *folders[SUBFOLDERS_MAX];
	size_t folder_count;
	bool look_below;
};

/* At most NAME_MAX_BYTES, cut between characters. */
static const char *clean_name(struct pool *pool, const char *name,
    const char *path)
{
	char *out;
	size_t len;

	if (!name || !*name) {
		out = pool_strdup(pool, path);
		len = strlen(out);
		if (len > 1 && out[len - 1] == '/')
			out[len - 1] = '\0';
		name = strrchr(out, '/') ? strrchr(out, '/') + 1 : out;
	}
	return str_cut(pool, name, NAME_MAX_BYTES);
}

static void add_calendar(struct listing *l, const struct caldav_response *r,
    const char *url)
{
	const struct caldav_props *p = &r->props;
	struct provider_collection *c;

	const char *id = caldav_href_shorten(l->pool, l->home, url, r->href);

	if (strlen(id) > PROVIDER_ID_BYTES)
		return;
	for (size_t i = 0; i < l->count; i++)
		if (strcmp(l->items[i].remote_id, id) == 0)
			return;		/* two homes may hold the same */
	if (l->count == l->room) {
		size_t room = l->room ? 2 * l->room : 8;

		l->items = pool_grow(l->pool, l->items, l->count, room,
		    sizeof(*l->items));
		l->room = room;
	}
	c = &l->items[l->count++];
	*c = (struct provider_collection){ 0 };
	c->remote_id = id;
	c->name = clean_name(l->pool, p->text[CALDAV_NAME], id);
	c->color = caldav_color(l->pool, p->text[CALDAV_COLOR]);
	c->read_only = p->has_privileges
	    && !(p->privileges & CALDAV_MAY_WRITE);
	c->version = pool_strdup(l->pool, p->text[CALDAV_CTAG]
	    ? p->text[CALDAV_CTAG] : p->text[CALDAV_TOKEN]);
}

static bool note_calendar(void *arg, const struct caldav_response *r,
    struct err *err)
{
	struct listing *l = arg;
	const struct caldav_props *p = &r->props;
	const char *base = l->answer->url;
	char *url;

	if (r->status >= 400 || !r->has_props
	    || (p->types & CALDAV_IS_SKIPPED))
		return true;
	if (!url_resolve(l->pool, base, r->href, &url, err))
		return false;
	if (!url_same_origin(base, url))
		return true;		/* somebody else's: not offered */
	if (p->types & CALDAV_IS_CALENDAR) {
		if (!p->has_components || p->events)
			add_calendar(l, r, url);
	} else if ((p->types & CALDAV_IS_COLLECTION)
	    && strcmp(caldav_href_key(l->pool, url),
		caldav_href_key(l->pool, base)) != 0
	    && l->look_below && l->folder_count < SUBFOLDERS_MAX) {
		l->folders[l->folder_count++] = url;
	}
	return true;
}

static bool list_one(struct provider_session *session, struct pool *pool,
    const char *url, struct listing *l, struct err *err)
{
	struct caldav_answer answer;
	struct caldav_call call = {
		.method = "PROPFIND", .url = url, .depth = 1,
		.body = my_calendars, .fn = note_calendar, .arg = l,
	};

	l->answer = &answer;
	return caldav_call_list(session, pool, &call, &answer, err);
}

static bool list_homes(struct provider_session *session, struct pool *pool,
    struct listing *l, struct err *err)
{
	const char *p = session->home_url;

	l->home = pool_strndup(pool, p, strcspn(p, " "));
	l->look_below = true;
	while (*p) {
		size_t len = strcspn(p, " ");

		if (!list_one(session, pool, pool_strndup(pool, p, len), l,
		    err))
			return false;
		p += len + (p[len] == ' ');
	}
	l->look_below = false;
	for (size_t i = 0; l->count == 0 && i < l->folder_count; i++)
		if (!list_one(session, pool, l->folders[i], l, err)
		    && is_final(err))
			return false;
	return true;
}

bool caldav_list_collections(struct provider_session *session,
    struct pool *pool, struct provider_collection **out, size_t *count_out,
    struct err *err)
{
	struct listing l = { .pool = pool };
	bool stored = session->home_url && *session->home_url;
	const char *home;

	if (!caldav_href_home(session, pool, &home, err))
		return false;
	if (!list_homes(session, pool, &l, err)) {
		/* homes move between hosts: look once more for ours */
		if (!stored || is_final(err))
			return false;
		session->home_url = "";
		l = (struct listing){ .pool = pool };
		if (!caldav_href_home(session, pool, &home, err)
		    || !list_homes(session, pool, &l, err))
			return false;
	}
	*out = l.items;
	*count_out = l.count;
	return true;
}
