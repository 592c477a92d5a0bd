/* Who is signed in, and where; the own time zone and password. */
#include <string.h>
#include "acts/acts_account.h"
#include "model/event_words.h"
#include "store/store_user.h"
#include "util/str.h"
#include "views/tpl_account.h"
#include "views/tpl_page.h"
#include "views/tpl_password.h"
#include "web/page.h"
#include "web/words.h"
#include "util/banned.h"

/* ---- who, and the time zone ---- */

struct zone_in { const char *zone; };

static const struct form_field zone_fields[] = {
	FORM_FIELD(struct zone_in, zone, FORM_TEXT, "Time zone",
	    .required = true, .max = 64),
};
static const struct form zone_form = FORM(zone_fields);

/* What the person has is offered too, when the list leaves it out. */
static struct tpl_field *
zone_field(struct web *web, const struct form_state *state)
{
	struct wall now = zone_from_utc(words_zone(web->time_zone), when_now());
	struct tpl_field *f = POOL_NEW(web->pool, struct tpl_field);
	struct tpl_field_option *options;
	const char *const *names;
	bool listed = false;
	size_t count, n = 0;

	names = zone_names(&count);
	options = pool_array(web->pool, count + 1, sizeof(*options));
	for (size_t i = 0; i < count; i++) {
		bool mine = str_eq(names[i], web->time_zone);

		listed |= mine;
		options[n++] = (struct tpl_field_option){ names[i], names[i],
		    mine };
	}
	if (!listed)
		options[n++] = (struct tpl_field_option){ web->time_zone,
		    web->time_zone, true };
	*f = (struct tpl_field){ .name = "zone", .label = "Time zone",
	    .type = "select", .required = true, .options = options,
	    .options_count = n, .error = form_error(state, "zone"),
	    .hint = pool_printf(web->pool, "Times are shown in it. By this one "
	    "it is %s now.", event_words_clock(web->pool, &now)) };
	return f;
}

static bool
render_account(struct web *web, const struct form_state *state,
    struct err *err)
{
	struct tpl_page page = web_page(web, "Account", WEB_NAV_NONE);
	struct tpl_account view = { .page = &page, .role = store_user_role(web->act.role),
	    .message = state->message, .zone = zone_field(web, state) };
	struct session_org *orgs;
	size_t count;

	if (!store_session_list_orgs(web->db, web->pool, &orgs, &count, err))
		return false;
	view.orgs = (int64_t)count;
	tpl_account(&web->reply->body, &view);
	return true;
}

bool
page_account_show(struct web *web, struct err *err)
{
	return render_account(web, form_new(web->pool, &zone_form), err);
}

bool
page_account_save(struct web *web, struct err *err)
{
	struct form_state *state;
	struct zone_in in;

	if (!form_read(web->req, &zone_form, &in, &state)) {
		web_refused(web, NULL);
		return render_account(web, state, err);
	}
	if (acts_account_change_zone(&web->act, in.zone, err))
		return web_redirect(web, "/settings/account", "saved");
	if (err->kind != ERR_INPUT)
		return false;
	form_complain(state, "zone", pool_strdup(web->pool, err->msg));
	web_refused(web, NULL);
	return render_account(web, state, err);
}

/* ---- the password ---- */

struct password_in { const char *old, *fresh; };

static const struct form_field password_fields[] = {
	FORM_FIELD(struct password_in, old, FORM_PASSWORD, "Password now",
	    .required = true, .max = 200),
	FORM_FIELD(struct password_in, fresh, FORM_PASSWORD, "New password",
	    .required = true, .max = 200),
};
static const struct form password_form = FORM(password_fields);

static bool
render_password(struct web *web, const struct form_state *state)
{
	struct tpl_page page = web_page(web, "Change password", WEB_NAV_NONE);
	struct tpl_field old = { .name = "old", .label = "Password now",
	    .type = "password", .error = form_error(state, "old"),
	    .autocomplete = "current-password", .required = true, .focus = true,
	    .max = 200 };
	struct tpl_field fresh = { .name = "fresh", .label = "New password",
	    .type = "password", .error = form_error(state, "fresh"),
	    .autocomplete = "new-password", .required = true, .max = 200,
	    .hint = "At least 8 characters; longer is better than odder" };

	tpl_password(&web->reply->body, &(const struct tpl_password){
	    .page = &page, .message = state->message, .old = &old,
	    .fresh = &fresh });
	return true;
}

bool
page_password_show(struct web *web, struct err *err)
{
	(void)err;
	return render_password(web, form_new(web->pool, &password_form));
}

static struct secret *
secret_of(struct web *web, const char *text)
{
	return secret_new(web->pool, text, strlen(text));
}

static bool
refuse_password(struct web *web, struct form_state *state,
    const struct err *err)
{
	web_refused(web, err);
	form_complain(state, err->kind == ERR_AUTH ? "old" :
	    err->kind == ERR_INPUT ? "fresh" : NULL,
	    pool_strdup(web->pool, err->msg));
	return render_password(web, state);
}

bool
page_password_save(struct web *web, struct err *err)
{
	struct password_in in = { 0 };
	struct form_state *state;
	struct account_password form = { .email = web->user_email,
	    .address = web->req->address };

	if (!form_read(web->req, &password_form, &in, &state)) {
		web_refused(web, NULL);
		return render_password(web, state);
	}
	form.old = secret_of(web, in.old);
	form.fresh = secret_of(web, in.fresh);
	if (!acts_account_change_password(&web->act, &form, err))
		return (err->kind == ERR_AUTH || err->kind == ERR_INPUT ||
		    err->kind == ERR_LIMIT) && refuse_password(web, state, err);
	session_take_away(web->reply);
	return web_redirect(web, "/login", "password-changed");
}
