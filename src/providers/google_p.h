#ifndef HAWSER_PROVIDERS_GOOGLE_P_H
#define HAWSER_PROVIDERS_GOOGLE_P_H
/*
 * Shared by the google files alone.
 *
 *	google_call	one request: signed, the token renewed once, JSON
 *	google_verdict	status and reason -> error
 *	google_account	who it is, its calendars
 *	google_batch	several requests in one
 *	google_memory	what a listing brought, until it is asked for
 *	google_changes	pages of what is there, or of what changed
 *	google_items	events with their exceptions, read again
 *	google_fetch, google_push, google_watch: operations
 *	google_map*	event JSON <-> struct event; pure
 */
#include "providers/google.h"
#include "providers/google_map.h"
#include "util/jsonx.h"

#define GOOGLE_LIST_BYTES (16u << 20)
#define GOOGLE_PAGE 500			/* events a page */
#define GOOGLE_BATCH 50			/* requests in one */
#define GOOGLE_SILENT "sendUpdates=none"	/* nothing we write mails a guest */

provider_discover_fn google_discover;
provider_list_collections_fn google_list_collections;
provider_changes_fn google_changes;
provider_fetch_fn google_fetch;
provider_push_fn google_push;
provider_watch_fn google_watch;
provider_unwatch_fn google_unwatch;

/* ---- google_call ---- */

struct google_call {
	const char *method;
	const char *url;		/* absolute */
	const char *body;		/* NULL = none */
	const char *type;		/* of the body; NULL = JSON */
	bool any_answer;		/* not JSON */
	const char *if_match;		/* an etag with its quotes; NULL = none */
};

struct google_answer {
	struct http_response http;
	json_t *json;			/* NULL: no body, or one that is no JSON */
};

/*
 * True: an answer with 2xx. A token that is refused is renewed and the call
 * repeated, once. Otherwise the error of google_verdict, and *out says what
 * came.
 */
ERR_CHECKED bool google_call_send(struct provider_session *session,
    struct pool *pool, const struct google_call *call,
    struct google_answer *out, struct err *err);
/* Below api_url; what stands in the path is escaped by the caller. */
char *google_call_url(const struct provider_session *session,
    struct pool *pool, const char *path);

/* ---- google_verdict ---- */

/*
 * The error of an answer by its status and reason (Calendar API, "Handle API
 * errors"); true for 2xx. http NULL: a part of a batch.
 */
ERR_CHECKED bool google_verdict(int status, const json_t *body,
    const struct http_response *http, struct err *err);
/* Something was asked that the person did not grant. */
bool google_verdict_is_scope(const json_t *body);

/* A member of an object; "" = none, or no text. */
const char *google_text(const json_t *object, const char *name);

/* ---- google_batch ---- */

/* One of several requests; they must not hang on each other. */
struct google_part {
	const char *method;
	const char *path;		/* below api_url */
	const json_t *body;		/* NULL = none */
	const char *if_match;
	/* filled in */
	int status;
	json_t *json;			/* NULL = none */
	struct err err;			/* as google_verdict says; NONE: 2xx */
};

/*
 * All of them, GOOGLE_BATCH at a time. What keeps one batch from an answer is
 * the error of its parts (ERR_UNCERTAIN: they may have been carried out), and of
 * those after it, which are not sent.
 */
void google_batch_send(struct provider_session *session, struct pool *pool,
    struct google_part *parts, size_t count);
/* calendars/ID/events[/EVENT][?QUERY], escaped; event and query may be NULL. */
char *google_event_path(struct pool *pool, const char *calendar,
    const char *event, const char *query);

/* ---- google_memory ---- */

/* What is known of a collection in this session. */
struct google_memory;
struct google_memory *google_memory_of(struct provider_session *session,
    const char *collection_id);
/* The calendar's own zone; asked for when no page has said it. */
ERR_CHECKED bool google_memory_context(struct provider_session *session,
    struct google_memory *m, struct google_map_context *out,
    struct err *err);
void google_memory_put_zone(struct google_memory *m, const char *zone);
/* A listing begins, and has ended with nothing left out. */
void google_memory_begin(struct google_memory *m, bool listing);
void google_memory_end(struct google_memory *m);
/* A copy of an event as it came, as long as there is room. */
void google_memory_put(struct google_memory *m, const json_t *event);
/* The whole item, when it is known whole; in pool. */
bool google_memory_find(const struct google_memory *m, struct pool *pool,
    const char *id, struct google_map_parts *out);
/* It was written: what is remembered of it is good no more. */
void google_memory_forget(struct google_memory *m, const char *id);

/* ---- google_items ---- */

struct google_item {
	const char *id;			/* of the master */
	struct google_map_parts parts;	/* master NULL: see err */
	struct err err;			/* NOT_FOUND, GONE: there is none */
};
bool google_items_is_series(const struct google_map_parts *parts);
/* Reads them as they are now: the event, and all exceptions of a series. */
void google_items_read(struct provider_session *session, struct pool *pool,
    const char *collection_id, struct google_item *items, size_t count);
/* Finishes what a write of ours left undone: dates that it gave up are
 * cancelled, and the item read again. */
void google_items_tidy(struct provider_session *session, struct pool *pool,
    const char *collection_id, struct google_item *items, size_t count);
#endif
