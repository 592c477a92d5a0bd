/* Signing in and out, and the choice of an organisation. Where a password or a
 * user is wrong is never told apart. */
#include <string.h>
#include "acts/acts_account.h"
#include "views/tpl_login.h"
#include "views/tpl_login_org.h"
#include "views/tpl_page.h"
#include "web/page.h"
#include "util/banned.h"

#define HOME "/settings/integrations"

struct login { const char *email, *password, *next; };

static const struct form_field login_fields[] = {
	FORM_FIELD(struct login, email, FORM_TEXT, "E-mail", .required = true,
	    .max = 254),
	FORM_FIELD(struct login, password, FORM_PASSWORD, "Password",
	    .required = true, .max = 200),
	FORM_FIELD(struct login, next, FORM_TEXT, "Next page", .max = 1500),
};
static const struct form login_form = FORM(login_fields);

struct choice { uint64_t org; const char *next; };

static const struct form_field choice_fields[] = {
	FORM_FIELD(struct choice, org, FORM_ID, "Organisation", .required = true),
	FORM_FIELD(struct choice, next, FORM_TEXT, "Next page", .max = 1500),
};
static const struct form choice_form = FORM(choice_fields);

bool
page_login_home(struct web *web, struct err *err)
{
	(void)err;
	return web_redirect(web, HOME, NULL);
}

static const char *
next_page(const char *next)
{
	return next && reply_is_local(next) && !str_starts(next, "/login") ?
	    next : HOME;
}

static void
show(struct web *web, const struct form_state *state)
{
	struct tpl_page page = web_page(web, "Sign in", WEB_NAV_NONE);
	struct tpl_field email = { .name = "email", .label = "E-mail",
	    .type = "email", .value = form_value(state, "email"),
	    .error = form_error(state, "email"), .autocomplete = "username",
	    .required = true, .focus = true, .max = 254 };
	struct tpl_field password = { .name = "password", .label = "Password",
	    .type = "password", .error = form_error(state, "password"),
	    .autocomplete = "current-password", .required = true, .max = 200 };

	tpl_login(&web->reply->body, &(const struct tpl_login){ .page = &page,
	    .message = state->message, .next = form_value(state, "next"),
	    .email = &email, .password = &password });
}

bool
page_login_show(struct web *web, struct err *err)
{
	struct form_state *state = form_new(web->pool, &login_form);

	(void)err;
	if (web->signed_in)
		return web_redirect(web, HOME, NULL);
	form_put(state, "next", next_page(request_query(web->req, "next")));
	show(web, state);
	return true;
}

/* The act's words are the same for whatever was wrong. */
static bool
refuse(struct web *web, struct form_state *state, const struct err *err)
{
	if (err)
		form_complain(state, NULL, err->msg);
	web_refused(web, err);
	show(web, state);
	return true;
}

static bool
after_sign_in(struct web *web, const struct session_token *token,
    const char *next, struct err *err)
{
	struct session_org *orgs;
	size_t count;
	bool listed;

	if (!db_tenant_enter(web->db, token->bytes, sizeof(token->bytes), err))
		return false;
	listed = store_session_list_orgs(web->db, web->pool, &orgs, &count, err);
	db_tenant_leave(web->db);
	if (!listed)
		return false;
	session_give(web->reply, token);
	next = next_page(next);
	if (count > 1) {
		struct str to;

		str_init(&to, web->pool, 6000);
		str_add(&to, "/login/org?next=");
		str_urlarg(&to, next);
		next = to.data;
	}
	return web_redirect(web, next, NULL);
}

/* Whoever was signed in in this browser before is not any more. */
static bool
end_old_session(struct web *web, struct err *err)
{
	struct session_token old;
	bool ended;

	if (!web->signed_in || !session_read(web->req, &old))
		return true;
	web->signed_in = false;
	if (!db_tenant_enter(web->db, old.bytes, sizeof(old.bytes), err))
		return false;
	ended = acts_account_sign_out(&web->act, err);
	db_tenant_leave(web->db);
	return ended;
}

bool
page_login_enter(struct web *web, struct err *err)
{
	struct session_token token = session_new_token();
	struct account_sign_in in = { .address = web->req->address,
	    .token = token.bytes, .request_id = web->req->id };
	struct form_state *state;
	struct login form;

	if (!form_read(web->req, &login_form, &form, &state)) {
		/* A field that is not seen has no place for its error. */
		if (form_error(state, "next"))
			form_complain(state, NULL, form_error(state, "next"));
		return refuse(web, state, NULL);
	}
	in.email = form.email;
	in.password = secret_new(web->pool, form.password, strlen(form.password));
	if (!acts_account_sign_in(web->db, web->pool, web->config, &in, err))
		return (err->kind == ERR_AUTH || err->kind == ERR_LIMIT) &&
		    refuse(web, state, err);
	return end_old_session(web, err) &&
	    after_sign_in(web, &token, form.next, err);
}

bool
page_login_leave(struct web *web, struct err *err)
{
	if (!acts_account_sign_out(&web->act, err))
		return false;
	session_take_away(web->reply);
	return web_redirect(web, "/login", "signed-out");
}

bool
page_login_orgs(struct web *web, struct err *err)
{
	struct tpl_page page = web_page(web, "Choose an organisation", WEB_NAV_NONE);
	struct tpl_login_org view = { .page = &page,
	    .next = next_page(request_query(web->req, "next")) };
	struct tpl_login_org_org *rows;
	struct session_org *orgs;
	size_t count, i;

	if (!store_session_list_orgs(web->db, web->pool, &orgs, &count, err))
		return false;
	rows = pool_array(web->pool, count, sizeof(*rows));
	for (i = 0; i < count; i++)
		rows[i] = (struct tpl_login_org_org){ (int64_t)orgs[i].id,
		    orgs[i].name, orgs[i].id == web->act.org_id };
	view.orgs = rows;
	view.orgs_count = count;
	tpl_login_org(&web->reply->body, &view);
	return true;
}

/* A new token in the other organisation: the old one is dead. */
bool
page_login_choose(struct web *web, struct err *err)
{
	struct session_token token = session_new_token(), old;
	struct account_choice choice = { .old_token = old.bytes,
	    .token = token.bytes };
	struct form_state *state;
	struct choice form;

	if (!form_read(web->req, &choice_form, &form, &state) ||
	    !session_read(web->req, &old))
		return err_set(err, ERR_INPUT, "Choose an organisation from the "
		    "list.");
	choice.org_id = form.org;
	if (!acts_account_choose_org(&web->act, &choice, err))
		return false;
	session_give(web->reply, &token);
	return web_redirect(web, next_page(form.next), NULL);
}
