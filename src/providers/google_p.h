#ifndef HAWSER_PROVIDERS_GOOGLE_P_H
#define HAWSER_PROVIDERS_GOOGLE_P_H
/*
 * Shared by the google files alone.
 *
 *	google_call	one request: signed, the token renewed once, JSON
 *	google_verdict	status and reason -> error
 *	google_account	who it is, its calendars
 *	google_map*	event JSON <-> struct event; pure
 */
#include "providers/google.h"
#include "util/jsonx.h"

#define GOOGLE_LIST_BYTES (16u << 20)

provider_discover_fn google_discover;
provider_list_collections_fn google_list_collections;

/* ---- google_call ---- */

struct google_call {
	const char *method;
	const char *url;		/* absolute */
	const char *body;		/* JSON; NULL = none */
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
#endif
