/*
 * Keeps us from writing what would make a server mail invitations, updates or
 * cancellations (RFC 6638). Must not change anything.
 */
#include "providers/caldav_p.h"
#include <string.h>
#include "util/str.h"
#include "util/banned.h"

/* What a collection's server said, kept in session->memory. */
struct guests {
	struct guests *next;
	const char *collection_id;
	bool asked, schedules;
	bool asked_addresses;
	const char **mine;
	size_t mine_count;
};

static bool has_line(const char *text, const char *name)
{
	size_t len = strlen(name);

	for (const char *p = text; p && *p; p = strchr(p, '\n')) {
		p += *p == '\n';
		if (strncasecmp(p, name, len) == 0
		    && (p[len] == ':' || p[len] == ';'))
			return true;
	}
	return false;
}

/* Folded lines joined, so that an address is in one piece. */
static char *unfold(struct pool *pool, const char *text, size_t len)
{
	char *out = pool_alloc(pool, len + 1);
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		size_t eol = text[i] == '\r' && i + 1 < len
		    && text[i + 1] == '\n' ? 2 : text[i] == '\n' ? 1 : 0;

		if (eol && i + eol < len
		    && (text[i + eol] == ' ' || text[i + eol] == '\t'))
			i += eol;
		else
			out[n++] = text[i];
	}
	return out;
}

static bool event_has_guests(const struct event *e)
{
	if (!e)
		return false;
	if (has_line(e->master.extra, "ATTENDEE"))
		return true;
	for (size_t i = 0; i < e->override_count; i++)
		if (has_line(e->overrides[i].extra, "ATTENDEE"))
			return true;
	return false;
}

/* Is one of mine named in a line of this property? */
static bool line_names_me(const char *text, const char *property,
    const struct guests *state, struct pool *pool)
{
	size_t len = strlen(property);

	for (const char *p = text; *p; p += strcspn(p, "\n")) {
		char *line;

		p += *p == '\n';
		if (strncasecmp(p, property, len) != 0)
			continue;
		line = pool_strndup(pool, p, strcspn(p, "\r\n"));
		for (size_t i = 0; i < state->mine_count; i++) {
			const char *at = strcasestr(line, state->mine[i]);

			if (at && (at[-1] == ':' || at[-1] == '/')
			    && !at[strlen(state->mine[i])])
				return true;
		}
	}
	return false;
}

static struct guests *state_of(struct provider_session *session,
    const char *collection_id)
{
	struct guests *g = session->memory;

	while (g && strcmp(g->collection_id, collection_id) != 0)
		g = g->next;
	if (g)
		return g;
	g = POOL_NEW(session->pool, struct guests);
	g->next = session->memory;
	g->collection_id = pool_strdup(session->pool, collection_id);
	session->memory = g;
	return g;
}

static bool ask_server(struct provider_session *session, struct pool *pool,
    const char *collection_id, struct guests *state, struct err *err)
{
	struct http_request request = { .method = "OPTIONS" };
	struct http_response response;
	char *url;

	if (state->asked)
		return true;
	if (!caldav_href_url(session, pool, collection_id, &url, err))
		return false;
	request.url = url;
	caldav_call_sign(session, &request);
	if (!http_send(session->http, pool, &request, &response, err))
		return false;
	if ((response.status == 401 || response.status == 429
	    || response.status == 503)
	    && !http_classify(&response, caldav_href_host(pool, url), err))
		return false;
	/* DAV may come in several lines */
	for (size_t i = 0; i < response.header_count; i++)
		state->schedules |= strcmp(response.headers[i].name, "dav") == 0
		    && strcasestr(response.headers[i].value,
			"calendar-auto-schedule");
	state->asked = true;
	return true;
}

/* A guest may take a meeting out of the own calendar: Schedule-Reply: F keeps
 * that quiet. The organizer's delete would cancel it for everybody. */
static bool check_remove(struct provider_session *session, struct pool *pool,
    const char *text, struct guests *state, struct err *err)
{
	if (!state->asked_addresses && !caldav_addresses(session,
	    session->pool, &state->mine, &state->mine_count, err))
		return false;
	state->asked_addresses = true;
	if (line_names_me(text, "ATTENDEE", state, pool)
	    && has_line(text, "ORGANIZER")
	    && !line_names_me(text, "ORGANIZER", state, pool))
		return true;
	return err_set(err, ERR_UNSUPPORTED, "The event has guests, and the "
	    "server would mail them that it is cancelled. Delete it there.");
}

bool caldav_guests_check(struct provider_session *session, struct pool *pool,
    const char *collection_id, const struct provider_write *write,
    struct err *err)
{
	struct guests *state;
	const char *base = write->base_raw
	    ? unfold(pool, write->base_raw, write->base_raw_len) : "";

	if (!event_has_guests(write->event) && !has_line(base, "ATTENDEE"))
		return true;
	state = state_of(session, collection_id);
	if (!ask_server(session, pool, collection_id, state, err))
		return false;
	if (!state->schedules)
		return true;
	if (write->verb == PROVIDER_REMOVE)
		return check_remove(session, pool, base, state, err);
	return err_set(err, ERR_UNSUPPORTED, "The event has guests, and the "
	    "server would mail them about the change. Make it there.");
}
