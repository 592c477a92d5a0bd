/* Who the account is, and its list of calendars (calendarList.list). */
#include <string.h>
#include "providers/google_p.h"
#include "util/str.h"
#include "util/banned.h"

#define PAGES_MOST 40		/* of 250 */

/* Accounts are told apart by sub, which never changes; the address may. */
bool google_discover(struct provider_session *session, struct pool *pool,
    struct provider_account *out, struct err *err)
{
	struct google_call call = { .method = "GET",
	    .url = session->config->google.userinfo_url };
	struct google_answer answer;
	const char *sub, *email;

	if (!google_call_send(session, pool, &call, &answer, err))
		return false;
	sub = google_text(answer.json, "sub");
	email = google_text(answer.json, "email");
	if (*sub == '\0' || strlen(sub) > 254)
		return err_set_scope(err, ERR_UPSTREAM, ERR_CONNECTION,
		    "Google does not say whose account this is.");
	*out = (struct provider_account){
		.account = *email ? email : sub, .principal_url = sub,
		.home_url = sub,
	};
	return true;
}

/* ---- calendars ---- */

struct list {
	struct provider_collection *items;
	size_t count;
	bool refused;			/* it is not among what was granted */
};

static const char *colour_of(const json_t *entry)
{
	const char *c = google_text(entry, "backgroundColor");

	return strlen(c) == 7 && c[0] == '#' &&
	    strspn(c + 1, "0123456789abcdefABCDEF") == 6 ? c : NULL;
}

/* Those that only show when somebody is busy have nothing to sync. */
static void take_entry(struct pool *pool, struct list *list,
    const json_t *entry)
{
	const char *id = google_text(entry, "id"), *role = google_text(entry,
	    "accessRole"), *name = google_text(entry, "summaryOverride");
	bool writes = str_eq(role, "writer") || str_eq(role, "owner");

	if (*id == '\0' || strlen(id) > PROVIDER_ID_BYTES ||
	    json_is_true(json_object_get(entry, "deleted")) ||
	    (!writes && !str_eq(role, "reader")))
		return;
	if (*name == '\0')
		name = google_text(entry, "summary");
	list->items = pool_grow(pool, list->items, list->count,
	    list->count + 1, sizeof(*list->items));
	list->items[list->count++] = (struct provider_collection){
		.remote_id = id, .name = *name ? name : id,
		.color = colour_of(entry), .read_only = !writes,
	};
}

static char *page_url(const struct provider_session *session,
    struct pool *pool, const char *token)
{
	struct str url;

	str_init(&url, pool, URL_MAX_BYTES);
	str_add(&url, google_call_url(session, pool,
	    "users/me/calendarList?maxResults=250"));
	if (*token) {
		str_add(&url, "&pageToken=");
		str_urlarg(&url, token);
	}
	return url.data;
}

static bool read_list(struct provider_session *session, struct pool *pool,
    struct list *list, struct err *err)
{
	struct google_call call = { .method = "GET" };
	struct google_answer answer;
	const char *token = "";
	const json_t *entry;
	size_t i;

	for (int page = 0; page < PAGES_MOST; page++) {
		call.url = page_url(session, pool, token);
		answer.json = NULL;
		if (!google_call_send(session, pool, &call, &answer, err)) {
			list->refused = google_verdict_is_scope(answer.json);
			return false;
		}
		json_array_foreach(json_object_get(answer.json, "items"), i,
		    entry)
			take_entry(pool, list, entry);
		token = google_text(answer.json, "nextPageToken");
		if (*token == '\0')
			return true;
	}
	return err_set_scope(err, ERR_UPSTREAM, ERR_CONNECTION,
	    "Google lists calendars without an end.");
}

/* Without the right to the list there is still the account's own calendar, whose
 * id is its address. */
static bool own_alone(struct provider_session *session, struct pool *pool,
    struct list *list, struct err *err)
{
	struct provider_account who;

	if (!google_discover(session, pool, &who, err))
		return false;
	list->items = POOL_NEW(pool, struct provider_collection);
	list->items[0] = (struct provider_collection){
		.remote_id = who.account, .name = who.account };
	list->count = 1;
	return true;
}

bool google_list_collections(struct provider_session *session,
    struct pool *pool, struct provider_collection **out, size_t *count_out,
    struct err *err)
{
	struct list list = { NULL, 0, false };

	if (!read_list(session, pool, &list, err) && (!list.refused ||
	    !own_alone(session, pool, &list, err)))
		return false;
	*out = list.items;
	*count_out = list.count;
	return true;
}
