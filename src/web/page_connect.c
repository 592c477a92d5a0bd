/* Connect an account, or give a connected one its new password. The answers of
 * these forms come from the hooks pool: they wait for a provider. */
#include <string.h>
#include "acts/acts_connection.h"
#include "acts/acts_provider.h"
#include "util/secret.h"
#include "util/str.h"
#include "views/tpl_connect.h"
#include "views/tpl_sign_in.h"
#include "web/card.h"
#include "web/page.h"
#include "util/banned.h"

struct connect_in { const char *url, *login, *password, *name; bool same; };

static const struct form_field connect_fields[] = {
	FORM_FIELD(struct connect_in, url, FORM_TEXT, "Address",
	    .required = true, .max = 1000),
	FORM_FIELD(struct connect_in, login, FORM_TEXT, "Login",
	    .required = true, .max = 250),
	FORM_FIELD(struct connect_in, password, FORM_PASSWORD, "Password",
	    .required = true, .max = 250),
	FORM_FIELD(struct connect_in, name, FORM_TEXT, "Name", .max = 100),
};
static const struct form connect_form = FORM(connect_fields);

/* Where the provider's address is known, it is not asked. */
static const struct form_field preset_fields[] = {
	FORM_FIELD(struct connect_in, login, FORM_TEXT, "Apple account",
	    .required = true, .max = 250),
	FORM_FIELD(struct connect_in, password, FORM_PASSWORD,
	    "App-specific password", .required = true, .max = 250),
	FORM_FIELD(struct connect_in, name, FORM_TEXT, "Name", .max = 100),
};
static const struct form preset_form = FORM(preset_fields);

static const struct form_field reconnect_fields[] = {
	FORM_FIELD(struct connect_in, login, FORM_TEXT, "Login",
	    .required = true, .max = 250),
	FORM_FIELD(struct connect_in, password, FORM_PASSWORD, "Password",
	    .required = true, .max = 250),
	FORM_FIELD(struct connect_in, same, FORM_BOOL, "Same account"),
};
static const struct form reconnect_form = FORM(reconnect_fields);

/* What the three forms differ in. */
struct connect_page {
	const char *title, *lead, *action, *back, *provider, *connection;
	bool preset, reconnect;
	bool ask_same;			/* is it the same account? */
};

static struct tpl_field *
field(struct web *web, const struct form_state *state, const char *name,
    struct tpl_field f)
{
	struct tpl_field *out = POOL_NEW(web->pool, struct tpl_field);

	*out = f;
	out->name = name;
	out->value = str_eq(f.type, "password") ? "" : form_value(state, name);
	out->error = form_error(state, name);
	return out;
}

static bool
render(struct web *web, const struct connect_page *p,
    const struct form_state *state)
{
	struct tpl_page page = web_page(web, p->title, WEB_NAV_INTEGRATIONS);
	struct tpl_connect view = {
		.page = &page, .title = p->title, .lead = p->lead,
		.action = p->action, .back = p->back, .provider = p->provider,
		.connection = p->connection,
		.reconnect = p->reconnect, .message = state->message,
	};

	if (!p->preset && !p->reconnect)
		view.url = field(web, state, "url", (struct tpl_field){
		    .label = "Address", .type = "text", .max = 1000,
		    .required = true, .focus = true, .autocomplete = "url",
		    .hint = "The server’s address, for example "
		    "https://cloud.example.com" });
	view.login = field(web, state, "login", (struct tpl_field){
	    .label = p->preset ? "Apple account" : "Login", .type = "text",
	    .max = 250, .required = true, .autocomplete = "off",
	    .hint = p->preset ? "The e-mail address you sign in with at Apple" :
	    "The name or address you sign in with there" });
	view.password = field(web, state, "password", (struct tpl_field){
	    .label = p->preset ? "App-specific password" : "Password",
	    .type = "password", .max = 250, .required = true,
	    .autocomplete = "off", .hint = p->preset ?
	    "Not your Apple password: see how to make one" :
	    "An app password, where the server has them" });
	if (p->ask_same)
		view.same = field(web, state, "same", (struct tpl_field){
		    .label = "It is the same account", .type = "checkbox",
		    .hint = "Then enter the password once more and reconnect" });
	if (!p->reconnect)
		view.name = field(web, state, "name", (struct tpl_field){
		    .label = "Name", .type = "text", .max = 100,
		    .hint = "How it is called here; the login when empty" });
	tpl_connect(&web->reply->body, &view);
	return true;
}

/* 1 / 0 / -1 */
static int
offer_of(struct web *web, const char *name, struct provider_offer *out,
    struct err *err)
{
	struct provider_offer *list;
	size_t n;

	if (!acts_provider_list(&web->act, &list, &n, err))
		return -1;
	for (size_t i = 0; i < n; i++)
		if (str_eq(list[i].name, name)) {
			*out = list[i];
			return 1;
		}
	return 0;
}

static bool
find_offer(struct web *web, struct provider_offer *out, struct err *err)
{
	const char *name = request_segment(web->req, "provider");
	int n = offer_of(web, name, out, err);

	if (n <= 0)
		return n < 0 ? false : err_set(err, ERR_NOT_FOUND,
		    "There is no such provider.");
	if (out->lacks != NULL)
		return err_set(err, ERR_UNSUPPORTED, "%s", out->lacks);
	return acts_provider_check_on(&web->act, name, err);
}

/* "Google" of "Google Calendar": whose page opens. */
static const char *
first_word(struct web *web, const char *label)
{
	return pool_strndup(web->pool, label, strcspn(label, " "));
}

static bool
render_sign_in(struct web *web, struct tpl_sign_in *view)
{
	struct tpl_page page = web_page(web, view->title, WEB_NAV_INTEGRATIONS);

	view->page = &page;
	tpl_sign_in(&web->reply->body, view);
	return true;
}

static struct connect_page
page_of_offer(struct web *web, const struct provider_offer *offer)
{
	return (struct connect_page){
		.title = pool_printf(web->pool, "Connect %s", offer->label),
		.lead = offer->about,
		.action = pool_printf(web->pool, "/settings/ask/connect/%s",
		    offer->name),
		.back = "/settings/integrations", .provider = offer->name,
		.preset = offer->preset_url != NULL,
	};
}

bool
page_connect_show(struct web *web, struct err *err)
{
	struct provider_offer offer;
	struct connect_page p;

	if (!find_offer(web, &offer, err))
		return false;
	if (offer.sign_in)
		return render_sign_in(web, &(struct tpl_sign_in){
		    .title = pool_printf(web->pool, "Connect %s", offer.label),
		    .lead = offer.about, .provider = offer.name,
		    .who = first_word(web, offer.label), .button = "Connect",
		    .back = "/settings/integrations" });
	p = page_of_offer(web, &offer);
	return render(web, &p, form_new(web->pool, p.preset ? &preset_form :
	    &connect_form));
}

/* An error of the person's making stands in the form; others are pages. */
static bool
refuse(struct web *web, const struct connect_page *p,
    struct form_state *state, struct err *err)
{
	switch (err->kind) {
	case ERR_RECONNECT:
	case ERR_AUTH:
		form_complain(state, "password", pool_strdup(web->pool, err->msg));
		break;
	case ERR_INPUT:
	case ERR_CONFLICT:
	case ERR_TIMEOUT:
	case ERR_UPSTREAM:
	case ERR_LIMIT:
	case ERR_NOT_FOUND:
	case ERR_GONE:
	case ERR_FORBIDDEN:
	case ERR_UNSUPPORTED:
	case ERR_UNCERTAIN:
		form_complain(state, NULL, pool_strdup(web->pool, err->msg));
		break;
	case ERR_NONE:
	case ERR_INTERNAL:
		return false;
	}
	web_refused(web, err);
	return render(web, p, state);
}

bool
page_connect_add(struct web *web, struct err *err)
{
	struct connect_in in = { 0 };
	struct form_state *state;
	struct provider_offer offer;
	struct connect_page p;
	uint64_t id;

	if (!find_offer(web, &offer, err))
		return false;
	p = page_of_offer(web, &offer);
	if (!form_read(web->req, p.preset ? &preset_form : &connect_form, &in,
	    &state)) {
		web_refused(web, NULL);
		return render(web, &p, state);
	}
	struct connection_form form = {
		.user_id = web->act.user_id, .provider = offer.name,
		.name = in.name, .url = in.url, .login = in.login,
		.password = secret_new(web->pool, in.password,
		    strlen(in.password)),
	};
	if (!acts_connection_add(&web->act, &form, &id, err))
		return refuse(web, &p, state, err);
	return web_redirect(web, pool_printf(web->pool,
	    "/settings/connections/%llu/calendars", (unsigned long long)id),
	    "connected");
}

static bool
page_of_connection(struct web *web, struct connect_page *p,
    struct connection_card *card, struct err *err)
{
	uint64_t id;

	if (!request_id_segment(web->req, "id", &id, err) ||
	    !acts_connection_get_own(&web->act, id, card, err))
		return false;
	*p = (struct connect_page){
		.title = "Reconnect", .connection = card->row.name,
		.lead = pool_printf(web->pool, "%s stays as it is: its calendars, "
		    "its events and what waits. Only the access is renewed.",
		    card->row.name),
		.action = pool_printf(web->pool,
		    "/settings/ask/connections/%llu/reconnect",
		    (unsigned long long)id),
		.back = pool_printf(web->pool, "/settings/connections/%llu",
		    (unsigned long long)id),
		.provider = card->row.provider, .reconnect = true,
	};
	return true;
}

bool
page_reconnect_show(struct web *web, struct err *err)
{
	struct provider_offer offer;
	struct connection_card card;
	struct form_state *state;
	struct connect_page p;
	int n;

	if (!page_of_connection(web, &p, &card, err))
		return false;
	n = offer_of(web, card.row.provider, &offer, err);
	if (n < 0)
		return false;
	if (n > 0 && offer.sign_in)
		return render_sign_in(web, &(struct tpl_sign_in){
		    .title = p.title, .lead = p.lead, .provider = offer.name,
		    .who = first_word(web, offer.label), .button = "Reconnect",
		    .back = p.back, .name = card.row.name,
		    .connection = (int64_t)card.row.id });
	state = form_new(web->pool, &reconnect_form);
	form_put(state, "login", card.row.login);
	return render(web, &p, state);
}

bool
page_reconnect_save(struct web *web, struct err *err)
{
	struct connect_in in = { 0 };
	struct connection_card card;
	struct form_state *state;
	struct connect_page p;

	if (!page_of_connection(web, &p, &card, err))
		return false;
	if (!form_read(web->req, &reconnect_form, &in, &state)) {
		web_refused(web, NULL);
		return render(web, &p, state);
	}
	struct connection_access access = { in.login, secret_new(web->pool,
	    in.password, strlen(in.password)), in.same };
	if (!acts_connection_reconnect(&web->act, card.row.id, &access, err)) {
		p.ask_same = err->kind == ERR_CONFLICT;
		return refuse(web, &p, state, err);
	}
	return web_redirect(web, p.back, "reconnected");
}
