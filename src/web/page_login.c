/* Signing in and out, and the choice of an organisation. Where a password or a
 * user is wrong is never told apart. */
#include <string.h>
#include "store/store_session.h"
#include "util/log.h"
#include "vault/password.h"
#include "views/tpl_login.h"
#include "views/tpl_login_org.h"
#include "views/tpl_page.h"
#include "web/page.h"
#include "util/banned.h"

#define HOME "/settings/integrations"

/* Tries within a quarter of an hour. */
static const struct session_limits limits = {
	.email_most = 10, .address_most = 60, .window_secs = 15 * 60,
};

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

/* The same words for whatever was wrong. */
static bool
refuse(struct web *web, struct form_state *state, int wait_secs)
{
	if (wait_secs > 0) {
		form_complain(state, NULL, pool_printf(web->pool, "Too many tries. "
		    "Wait %d minutes and try again.", (wait_secs + 59) / 60));
		web->reply->status = 429;
		reply_header(web->reply, "Retry-After",
		    pool_printf(web->pool, "%d", wait_secs));
	} else {
		if (!state->message)
			form_complain(state, NULL, "E-mail and password do not fit "
			    "together. Check both and try again.");
		web_refused(web);
	}
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

bool
page_login_enter(struct web *web, struct err *err)
{
	struct session_token token = session_new_token();
	struct session_login in = { .address = web->req->address,
	    .limits = &limits, .hours = web->config->session_max_hours,
	    .token = token.bytes, .token_len = sizeof(token.bytes) };
	struct form_state *state;
	struct login form;
	int found, wait_secs = 0;

	if (!form_read(web->req, &login_form, &form, &state))
		return refuse(web, state, 0);
	in.email = form.email;
	in.password = form.password;
	found = store_session_login(web->db, web->pool, &in, &wait_secs, err);
	if (found < 0)
		return false;
	if (found == 0) {
		log_info("sign-in refused", LOG_INT("wait_secs", wait_secs));
		return refuse(web, state, wait_secs);
	}
	/* Whoever was signed in in this browser before is not any more. */
	if (web->signed_in && !store_session_end(web->db, err))
		return false;
	return after_sign_in(web, &token, form.next, err);
}

bool
page_login_leave(struct web *web, struct err *err)
{
	if (!store_session_end(web->db, err))
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

/* A new session in the other organisation: the old token is dead. */
bool
page_login_choose(struct web *web, struct err *err)
{
	struct session_token token = session_new_token();
	struct form_state *state;
	struct choice form;
	int moved;

	if (!form_read(web->req, &choice_form, &form, &state))
		return err_set(err, ERR_INPUT, "Choose an organisation from the "
		    "list.");
	moved = store_session_move(web->db, form.org, token.bytes,
	    sizeof(token.bytes), err);
	if (moved < 0)
		return false;
	if (moved == 0)
		return err_set(err, ERR_NOT_FOUND, "There is no such organisation, "
		    "or you are not a member of it.");
	session_give(web->reply, &token);
	return web_redirect(web, next_page(form.next), NULL);
}
