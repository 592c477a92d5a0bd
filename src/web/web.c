/* What every page has in common: the layout's parameters, redirects, notices. */
#include <ctype.h>
#include <string.h>
#include "store/store_event.h"
#include "views/tpl_page.h"
#include "web/web_p.h"
#include "util/banned.h"

/* Said once on the page after a redirect: the name stands in the URL, so that no
 * text of a stranger's choosing appears on our pages. */
static const struct { const char *name, *kind, *text; } notices[] = {
	{ "signed-out", "ok", "You are signed out." },
	{ "password-changed", "ok", "Your password is changed. Sign in with the new one." },
	{ "saved", "ok", "Saved." },
	{ "deleted", "ok", "Deleted." },
	{ "restored", "ok", "Restored. The next sync puts it back on the other side, too." },
	{ "not-deleted", "ok", "It is not deleted, so there was nothing to restore." },
	{ "sync-started", "work", "The sync has been asked for and starts in a moment." },
	{ "sync-queued", "wait", "The server asked for a pause; the sync waits for its end." },
	{ "connected", "ok", "Connected. Choose the calendars to keep the same." },
	{ "looked", "ok", "Looked again: this is what the server has now." },
	{ "paused", "ok", "Paused. Nothing is lost: changes wait until you resume." },
	{ "reconnected", "ok", "Connected again. The sync starts in a moment." },
	{ "resumed", "ok", "Resumed." },
	{ "disconnecting", "work", "Disconnecting. The access is being removed." },
	{ "approved", "ok", "They are deleted now." },
	{ "refused", "ok", "The events are kept." },
	{ "retrying", "work", "It is tried again in a moment." },
	{ "resolved", "ok", "Resolved." },
	{ "no-change", "ok", "Nothing was changed." },
	{ "audit-fits", "ok", "Checked: all entries fit together." },
	{ "audit-changed", "bad", "Checked: the audit was changed from outside." },
};

static const char *
navigation(enum web_nav nav)
{
	switch (nav) {
	case WEB_NAV_INTEGRATIONS: return "integrations";
	case WEB_NAV_AGENDA: return "agenda";
	case WEB_NAV_CONFLICTS: return "conflicts";
	case WEB_NAV_ACTIVITY: return "activity";
	case WEB_NAV_AUDIT: return "audit";
	case WEB_NAV_HELP: return "help";
	default: return "";
	}
}

/* "Ana Kowalska" -> "AK"; whole characters, whatever the script. */
static const char *
initials(struct pool *pool, const char *name)
{
	struct str s;
	size_t len;
	int taken = 0;

	str_init(&s, pool, 32);
	while (name && *name && taken < 2) {
		name += strspn(name, " ");
		for (len = 1; ((unsigned char)name[len] & 0xc0) == 0x80; len++)
			;
		if (*name) {
			str_addn(&s, name, len);
			taken++;
		}
		name += strcspn(name, " ");
	}
	if (s.len == 1)
		s.data[0] = (char)toupper((unsigned char)s.data[0]);
	return s.data;
}

/* For the navigation; a page does not fail for want of it. */
static int64_t
open_conflicts(struct web *web)
{
	struct err ignored;
	uint64_t n = 0;

	if (!web->signed_in || !web->org_conflicts || !db_is_up(web->db) ||
	    !store_event_count_conflicts(web->db,
	    web->act.org_id, web->act.user_id, &n, &ignored))
		return 0;
	return (int64_t)n;
}

struct tpl_page
web_page(struct web *web, const char *title, enum web_nav nav)
{
	const char *notice = request_query(web->req, "notice");
	struct tpl_page page = {
		.title = title,
		.brand = web->config->brand_name,
		.dir = web->config->brand_direction,
		.accent_href = web->worker->brand.css_href,
		.logo_href = web->worker->brand.logo_href,
		.home_url = web->config->brand_home_url,
		.home_label = web->config->brand_home_label,
		.signed_in = web->signed_in,
		.nav = navigation(nav),
		.owner = web->act.role == ROLE_OWNER,
		.user_name = web->user_name,
		.user_email = web->user_email,
		.initials = initials(web->pool, web->user_name),
		.org_name = web->org_name,
		.conflicts = open_conflicts(web),
		.csrf = csrf_token(web->pool, &web->csrf),
		.request_id = web->req->id,
	};
	size_t i;

	for (i = 0; notice && i < sizeof(notices) / sizeof(notices[0]); i++)
		if (str_eq(notices[i].name, notice)) {
			page.notice = notices[i].text;
			page.notice_kind = notices[i].kind;
		}
	return page;
}

bool
web_redirect(struct web *web, const char *path, const char *notice)
{
	if (notice)
		path = pool_printf(web->pool, "%s%cnotice=%s", path,
		    strchr(path, '?') ? '&' : '?', notice);
	reply_redirect(web->reply, path);
	return true;
}

void
web_refused(struct web *web, const struct err *err)
{
	web->reply->status = 422;
	if (err == NULL || err->kind != ERR_LIMIT || err->retry_after_secs <= 0)
		return;
	web->reply->status = 429;
	reply_header(web->reply, "Retry-After", pool_printf(web->pool, "%d",
	    err->retry_after_secs));
}

bool
web_database(struct web *web, struct err *err)
{
	struct web_worker *worker = web->worker;

	if (!worker->db && !db_open(worker->forever, worker->config,
	    worker->pool_id == ROUTE_HOOKS ? DB_HOOKS : DB_WEB, &worker->db, err)) {
		if (err->kind == ERR_INPUT)	/* of the operator's, in files */
			err->kind = ERR_INTERNAL;
		return false;
	}
	web->db = worker->db;
	return true;
}
