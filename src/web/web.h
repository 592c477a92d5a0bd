#ifndef HAWSER_WEB_WEB_H
#define HAWSER_WEB_WEB_H
/*
 * What a page handler has in hand. The router has already checked access and
 * the CSRF token and has entered the tenant. A handler reads a form or the
 * path, calls acts_* or store_*, fills a view and renders:
 *
 *	bool
 *	page_thing_show(struct web *web, struct err *err)
 *	{
 *		struct tpl_page page = web_page(web, "Thing", WEB_NAV_AGENDA);
 *		struct tpl_thing view = { .page = &page };
 *		uint64_t id;
 *
 *		if (!request_id_segment(web->req, "id", &id, err))
 *			return false;
 *		...
 *		tpl_thing(&web->reply->body, &view);
 *		return true;
 *	}
 */
#include "acts/act.h"
#include "serve/csrf.h"
#include "serve/form.h"
#include "serve/reply.h"
#include "serve/route.h"
#include "serve/session.h"
#include "util/config.h"

/* Access rules of the route table. */
enum web_access {
	WEB_PUBLIC = 1,		/* no session is looked up, no database needed */
	WEB_MESSAGE,		/* of a machine: no session, no form; its handler
				 * finds out whose it is, in the database */
	WEB_VISITOR,		/* sign-in pages: a session is used when there is one */
	WEB_SIGNED_IN,
	WEB_ADMIN,		/* admin or owner */
	WEB_OWNER,
};

/* What a page always needs comes with the session, in its round trip. */
enum web_with { WEB_WITH_NOTHING, WEB_WITH_CARDS };

enum web_nav {
	WEB_NAV_NONE, WEB_NAV_INTEGRATIONS, WEB_NAV_AGENDA, WEB_NAV_CONFLICTS,
	WEB_NAV_ACTIVITY, WEB_NAV_AUDIT, WEB_NAV_HELP,
};

struct web {
	struct pool *pool;		/* of this request */
	struct request *req;
	struct reply *reply;
	const struct route *route;
	const struct config *config;
	struct db *db;			/* NULL on public routes: web_database */
	struct web_worker *worker;
	struct act act;			/* org, user, role, via "page", request id */
	bool signed_in;
	struct csrf_key csrf;
	const char *user_name, *user_email, *org_name;
	const char *time_zone;		/* of the user */
	uint64_t org_conflicts;		/* open ones, whoever may see them */
};

struct tpl_page;
struct web_worker;

/* The layout's parameters, with the user, the navigation, a fresh CSRF token and
 * the notice that the previous page asked for. */
struct tpl_page web_page(struct web *web, const char *title, enum web_nav nav);
/* 303 to a path built with the escaping of its parts done by the caller. notice
 * is a name of the table in web.c, shown once on the next page, or NULL. */
bool web_redirect(struct web *web, const char *path, const char *notice);
/* Connects to the database when that is still to be done; the router has done it
 * for all but public routes. */
ERR_CHECKED bool web_database(struct web *web, struct err *err);
/* A form that was wrong: status 422; the caller renders it again. After too many
 * tries (ERR_LIMIT with a time) 429 with Retry-After; err NULL: nothing was tried. */
void web_refused(struct web *web, const struct err *err);
#endif
