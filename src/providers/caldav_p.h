#ifndef HAWSER_PROVIDERS_CALDAV_P_H
#define HAWSER_PROVIDERS_CALDAV_P_H
/*
 * Shared by the caldav files alone.
 *
 *	caldav_xml    bytes -> responses
 *	caldav_href   spellings of paths, which hosts may see the password
 *	caldav_call   one WebDAV request: redirects by hand, answer parsed
 *	caldav_discovery, caldav_changes, caldav_fetch, caldav_push: operations
 */
#include "providers/caldav.h"
#include "providers/caldav_xml.h"

#define CALDAV_LIST_BYTES (50 * 1024 * 1024)
#define CALDAV_OBJECT_BYTES (1024 * 1024)
#define CALDAV_BATCH 100

provider_discover_fn caldav_discover;
provider_list_collections_fn caldav_list_collections;
provider_changes_fn caldav_changes;
provider_fetch_fn caldav_fetch;
provider_fetch_fn caldav_fetch_single;	/* one GET each, for iCloud */
provider_push_fn caldav_push;

/* ---- caldav_href ---- */

/* Comparable form of a path: unreserved characters decoded, hex upper case. */
char *caldav_href_key(struct pool *pool, const char *href);
/* An absolute path that is spelled as its own key and resolves to itself. */
bool caldav_href_is_plain(const char *href);
/* The path when url lies at home's origin, else the whole URL. */
const char *caldav_href_shorten(struct pool *pool, const char *home,
    const char *url, const char *spelling);
/* May the login for base be shown to url? Same origin, a host below it, or a
 * sister host of a provider known to do so (iCloud's pNN-caldav). */
bool caldav_href_trusted(const char *base, const char *url);
/* Name of a new object, made from the op id alone. */
char *caldav_href_from_op(struct pool *pool, const char *collection_id,
    const uint8_t op_id[16]);
/* First of the blank-separated homes; asks discover when there is none. */
ERR_CHECKED bool caldav_href_home(struct provider_session *session,
    struct pool *pool, const char **out, struct err *err);
/* remote or collection id -> URL. */
ERR_CHECKED bool caldav_href_url(struct provider_session *session,
    struct pool *pool, const char *id, char **out, struct err *err);
const char *caldav_href_host(struct pool *pool, const char *url);
/* A copy of the tag; NULL when there is none, or one that can not be kept: too
 * long, or not text. */
const char *caldav_href_tag(struct pool *pool, const char *etag);

/* ---- caldav_call ---- */

struct caldav_call {
	const char *method, *url;
	int depth;			/* -1 = no Depth header */
	const char *body;		/* XML */
	caldav_response_fn *fn;		/* each D:response of a 207 */
	void *arg;
};

struct caldav_answer {
	struct http_response http;
	const char *url;		/* of the final answer */
	const char *host;
	struct caldav_xml_result xml;	/* of a 207, or errors of a failure */
};

/*
 * True: some status came, look at it; a 207 was parsed whole. False: no whole
 * answer, or one that must not be trusted. 401, 429 and 503 are failures here:
 * no caller may take them for anything else.
 */
ERR_CHECKED bool caldav_call_send(struct provider_session *session,
    struct pool *pool, const struct caldav_call *call,
    struct caldav_answer *out, struct err *err);
/* As caldav_call_send, and every status but 207 is a failure. */
ERR_CHECKED bool caldav_call_list(struct provider_session *session,
    struct pool *pool, const struct caldav_call *call,
    struct caldav_answer *out, struct err *err);
/* Adds login and password. */
void caldav_call_sign(const struct provider_session *session,
    struct http_request *request);
/*
 * Where a 3xx leads, judged: https stays https, the login stays with its
 * owner, at most five times. ERR_UPSTREAM or ERR_INPUT say why not.
 */
#define CALDAV_REDIRECTS 5
bool caldav_call_is_redirect(int status);
ERR_CHECKED bool caldav_call_redirect(const struct provider_session *session,
    struct pool *pool, const struct http_response *response,
    const char *url, char **out, struct err *err);

/* ---- caldav_fetch ---- */

/* GET of several, each by itself; follows redirects, tries %40 as @. */
void caldav_get_all(struct provider_session *session, struct pool *pool,
    const char *const *remote_ids, size_t count, struct provider_item *out);

/* ---- caldav_color ---- */

/* "#rrggbb" of "#RRGGBB", "#RRGGBBAA", "#RGB" or a CSS name; NULL = none. */
char *caldav_color(struct pool *pool, const char *text);

/* ---- caldav_discovery ---- */

/* The mail addresses under which the server knows this person. */
ERR_CHECKED bool caldav_addresses(struct provider_session *session,
    struct pool *pool, const char ***out, size_t *count_out,
    struct err *err);

/* ---- caldav_guests ---- */

/*
 * Nothing we write may mail a guest (RFC 6638). Asks the server what it does
 * once per session and collection, and only when an event has guests. False
 * with the reason.
 */
ERR_CHECKED bool caldav_guests_check(struct provider_session *session,
    struct pool *pool, const char *collection_id,
    const struct provider_write *write, struct err *err);
#endif
