/* Signing in at a provider: the way there, the way back, and how it stands for
 * the page that waits. The first two are of the hooks pool. */
#include <string.h>
#include "acts/acts_connection.h"
#include "acts/acts_oauth.h"
#include "util/str.h"
#include "views/tpl_sign_in_end.h"
#include "views/tpl_sign_in_go.h"
#include "web/page.h"
#include "util/banned.h"

/* What binds a try to the browser that began it. */
static bool
session_hash(struct web *web, struct digest *out)
{
	struct session_token token;

	if (!session_read(web->req, &token))
		return false;
	*out = digest_sha256(token.bytes, sizeof(token.bytes));
	return true;
}

struct start_in { const char *flow; bool popup; uint64_t connection; };

static const struct form_field start_fields[] = {
	FORM_FIELD(struct start_in, flow, FORM_TEXT, "Flow",
	    .max = OAUTH_FLOW_CHARS),
	FORM_FIELD(struct start_in, popup, FORM_BOOL, "Window"),
	FORM_FIELD(struct start_in, connection, FORM_ID, "Connection"),
};
static const struct form start_form = FORM(start_fields);

bool
page_sign_in_start(struct web *web, struct err *err)
{
	struct tpl_page page = web_page(web, "Sign in", WEB_NAV_INTEGRATIONS);
	struct tpl_sign_in_go view = { .page = &page };
	struct start_in in = { 0 };
	struct form_state *state;
	struct oauth_started started;
	struct oauth_start start = {
		.provider = request_segment(web->req, "provider") };

	if (!form_read(web->req, &start_form, &in, &state))
		return err_set(err, ERR_INPUT, "%s", state->message ?
		    state->message : "This form can not be read. Go back and "
		    "press Connect again.");
	start.flow = in.flow;
	start.popup = in.popup;
	start.connection_id = in.connection;
	if (!session_hash(web, &start.session_hash) ||
	    !acts_oauth_start(&web->act, &start, &started, err))
		return false;
	view.who = started.who;
	view.url = started.url;
	/* Not as a redirect: browsers hold those of a form to form-action, on
	 * the provider's own pages, too. */
	reply_header(web->reply, "Refresh", pool_printf(web->pool, "0;url=%s",
	    started.url));
	tpl_sign_in_go(&web->reply->body, &view);
	return true;
}

/* One value by that name, or none. */
static const char *
single(struct web *web, const char *name, bool *doubled)
{
	const struct request_pairs *q = &web->req->query;
	const char *found = NULL;

	for (size_t i = 0; i < q->count; i++)
		if (str_eq(q->items[i].name, name)) {
			*doubled = *doubled || found != NULL;
			found = q->items[i].value;
		}
	return found;
}

bool
page_sign_in_back(struct web *web, struct err *err)
{
	struct oauth_back back = {
		.provider = request_segment(web->req, "provider"),
		.kind = request_segment(web->req, "kind"),
		.signed_in = web->signed_in,
	};
	struct oauth_view view;

	back.state = single(web, "state", &back.doubled);
	back.code = single(web, "code", &back.doubled);
	back.error = single(web, "error", &back.doubled);
	back.iss = single(web, "iss", &back.doubled);
	if (!acts_oauth_finish(&web->act, &back, &view, err))
		return false;
	/* The page that is shown has nothing of this in its address. */
	return web_redirect(web, pool_printf(web->pool, "/settings/sign-in/%s",
	    view.flow), NULL);
}

/* ---- how it stands ---- */

static const char *
target_of(struct web *web, const struct oauth_view *v)
{
	unsigned long long id = v->connection_id;

	if (id == 0)
		return "/settings/integrations";
	if (v->in_part)		/* says what is missing, and offers it */
		return pool_printf(web->pool, "/settings/connections/%llu", id);
	return pool_printf(web->pool, "/settings/connections/%llu%s?notice=%s",
	    id, v->return_to == OAUTH_TO_CALENDARS ? "/calendars" : "",
	    v->return_to == OAUTH_TO_CALENDARS ? "connected" : "reconnected");
}

static const char *
state_of(const struct oauth_view *v)
{
	static const char *const names[] = { [OAUTH_OPEN] = "open",
	    [OAUTH_DONE] = "done", [OAUTH_REFUSED] = "refused",
	    [OAUTH_FAILED] = "failed" };

	return v->late ? "late" : names[v->outcome];
}

static const char *
words_of(const struct oauth_view *v)
{
	if (v->late)
		return "It took longer than ten minutes. Press Connect again.";
	return v->message;
}

static bool
find(struct web *web, struct oauth_view *out, struct err *err)
{
	struct digest hash;

	if (!session_hash(web, &hash))
		return err_set(err, ERR_NOT_FOUND, "There is no such sign-in.");
	return acts_oauth_find(&web->act, request_segment(web->req, "flow"),
	    &hash, out, err);
}

bool
page_sign_in_status(struct web *web, struct err *err)
{
	struct str *s = &web->reply->body;
	struct oauth_view v;

	if (!find(web, &v, err))
		return false;
	web->reply->type = "application/json";
	str_add(s, "{\"state\":");
	str_json(s, state_of(&v));
	str_add(s, ",\"message\":");
	str_json(s, words_of(&v));
	str_add(s, ",\"href\":");
	str_json(s, v.outcome != OAUTH_DONE ? NULL : pool_printf(web->pool,
	    "%s%s", web->reply->prefix, target_of(web, &v)));
	str_add(s, "}\n");
	return true;
}

static void
fill_end(struct web *web, const struct oauth_view *v,
    struct tpl_sign_in_end *out)
{
	out->href = v->connection_id && v->outcome != OAUTH_DONE ?
	    pool_printf(web->pool, "/settings/connections/%llu",
	    (unsigned long long)v->connection_id) : "/settings/integrations";
	out->label = "Back";
	out->text = words_of(v);
	out->kind = "bad";
	if (v->outcome == OAUTH_DONE) {
		out->heading = pool_printf(web->pool, "%s is connected",
		    v->label);
		out->text = "Go on in the window where you began.";
		out->href = target_of(web, v);
		out->label = "Go on here";
		out->kind = "ok";
	} else if (v->outcome == OAUTH_REFUSED) {
		out->heading = "Not connected";
		out->kind = "wait";
	} else if (v->outcome == OAUTH_OPEN && !v->late) {
		out->heading = "Not finished yet";
		out->text = "The sign-in is still open in another window.";
		out->kind = "wait";
	} else {
		out->heading = pool_printf(web->pool, "%s was not connected",
		    v->label);
	}
}

bool
page_sign_in_show(struct web *web, struct err *err)
{
	struct oauth_view v;

	if (!find(web, &v, err))
		return false;
	if (v.outcome == OAUTH_DONE && !v.popup)
		return web_redirect(web, target_of(web, &v), NULL);
	struct tpl_page page = web_page(web, "Sign in", WEB_NAV_INTEGRATIONS);
	struct tpl_sign_in_end view = { .page = &page, .flow = v.flow,
	    .popup = v.popup };

	fill_end(web, &v, &view);
	tpl_sign_in_end(&web->reply->body, &view);
	return true;
}

bool
page_sign_in_cancel(struct web *web, struct err *err)
{
	struct digest hash;

	if (!session_hash(web, &hash))
		return err_set(err, ERR_NOT_FOUND, "There is no such sign-in.");
	return acts_oauth_cancel(&web->act, request_segment(web->req, "flow"),
	    &hash, err) && web_redirect(web, "/settings/integrations", NULL);
}
