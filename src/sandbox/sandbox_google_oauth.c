/*
 * Google's authorization endpoint: the page where somebody allows or cancels.
 * What is wrong with the client or the address to return to is shown here and
 * never sent there.
 */
#include <string.h>
#include "sandbox/sandbox_google.h"
#include "util/str.h"
#include "views/tpl_sandbox_consent.h"
#include "views/tpl_sandbox_error.h"
#include "util/banned.h"

struct asked {
	const char *redirect, *state, *prompt, *hint, *scope;
	const char *challenge, *method;
	bool offline, merge;
	json_t *scopes;			/* as asked, each once */
};

static const char *const sign_in_scopes[][2] = {
	{ "openid", NULL },
	{ "email", SANDBOX_GOOGLE_SCOPE "userinfo.email" },
	{ "profile", SANDBOX_GOOGLE_SCOPE "userinfo.profile" },
};

#define SIGN_IN_COUNT (sizeof(sign_in_scopes) / sizeof(sign_in_scopes[0]))

static bool
is_sign_in(const char *scope)
{
	size_t i;

	for (i = 0; i < SIGN_IN_COUNT; i++)
		if (str_eq(scope, sign_in_scopes[i][0]) || (sign_in_scopes[i][1] &&
		    str_eq(scope, sign_in_scopes[i][1])))
			return true;
	return false;
}

/* As it will stand in answers. */
static const char *
long_name(const char *scope)
{
	size_t i;

	for (i = 0; i < SIGN_IN_COUNT; i++)
		if (sign_in_scopes[i][1] && str_eq(scope, sign_in_scopes[i][0]))
			return sign_in_scopes[i][1];
	return scope;
}

static void
refuse(struct sandbox_call *call, int status, const char *code,
    const char *words)
{
	const struct tpl_sandbox_page page = {
		.title = pool_printf(call->pool, "Error %d: %s", status, code) };
	const struct tpl_sandbox_error view = { .page = &page, .code = code,
	    .words = words };

	call->status = status;
	call->page = true;
	call->answer_type = "text/html; charset=utf-8";
	str_clear(&call->answer);
	tpl_sandbox_error(&call->answer, &view);
}

static bool
is_registered(const struct sandbox_client *client, const char *redirect)
{
	const char *const *r;

	for (r = client->redirects; *r; r++)
		if (str_eq(*r, redirect))
			return true;
	return false;
}

static json_t *
split_scopes(struct sandbox_call *call, const char *text)
{
	json_t *list = json_array();
	const char *scope;
	size_t len;

	for (; *text; text += len) {
		text += strspn(text, " ");
		len = strcspn(text, " ");
		scope = len > 0 ? long_name(pool_strndup(call->pool, text, len)) : "";
		if (len > 0 && !sandbox_grant_has(list, scope))
			json_array_append_new(list, json_string(scope));
	}
	pool_adopt(call->pool, list, sandbox_release);
	return list;
}

static bool
known_prompt(const char *prompt)
{
	size_t len;

	if (!prompt || str_eq(prompt, "none"))
		return true;
	for (; *prompt; prompt += len + strspn(prompt + len, " ")) {
		len = strcspn(prompt, " ");
		if (!(len == 7 && strncmp(prompt, "consent", 7) == 0) &&
		    !(len == 14 && strncmp(prompt, "select_account", 14) == 0))
			return false;
	}
	return true;
}

/* What Google says on a page; NULL = all is well. */
static const char *
wrong_parameter(const struct sandbox_call *call, const struct asked *a)
{
	const char *type = sandbox_call_arg(call, "response_type");
	const char *access = sandbox_call_arg(call, "access_type");

	if (!type)
		return "Required parameter is missing: response_type";
	if (!str_eq(type, "code"))
		return "Invalid response_type: only code is played here";
	if (!a->scope || !*a->scope)
		return "Missing required parameter: scope";
	if (access && !str_eq(access, "offline") && !str_eq(access, "online"))
		return "Invalid parameter value for access_type";
	if (!known_prompt(a->prompt))
		return "Invalid parameter value for prompt";
	if (a->method && !str_eq(a->method, "S256") && !str_eq(a->method, "plain"))
		return "Invalid code_challenge_method";
	if (a->method && !a->challenge)
		return "code_challenge_method without code_challenge";
	if (a->challenge && (strlen(a->challenge) < 43 ||
	    strlen(a->challenge) > 128))
		return "code_challenge must have 43 to 128 characters";
	return NULL;
}

static bool
read_asked(struct sandbox_call *call, struct asked *a)
{
	const struct sandbox_client *client = &call->sb->opts->client;
	const char *id = sandbox_call_arg(call, "client_id"), *why, *access;

	access = sandbox_call_arg(call, "access_type");
	*a = (struct asked){ sandbox_call_arg(call, "redirect_uri"),
	    sandbox_call_arg(call, "state"), sandbox_call_arg(call, "prompt"),
	    sandbox_call_arg(call, "login_hint"), sandbox_call_arg(call, "scope"),
	    sandbox_call_arg(call, "code_challenge"),
	    sandbox_call_arg(call, "code_challenge_method"),
	    access && str_eq(access, "offline"),
	    sandbox_call_flag(call, "include_granted_scopes"), NULL };
	if (!id || !*id) {
		refuse(call, 400, "invalid_request",
		    "Missing required parameter: client_id");
		return false;
	}
	if (!str_eq(id, client->id)) {
		refuse(call, 401, "invalid_client", "The OAuth client was not found.");
		return false;
	}
	if (!a->redirect || !is_registered(client, a->redirect)) {
		refuse(call, 400, "redirect_uri_mismatch", pool_printf(call->pool,
		    "The redirect URI in the request, %s, does not match the ones "
		    "authorized for the OAuth client.",
		    a->redirect ? a->redirect : "which is missing"));
		return false;
	}
	why = wrong_parameter(call, a);
	if (why) {
		refuse(call, 400, "invalid_request", why);
		return false;
	}
	a->scopes = split_scopes(call, a->scope);
	return true;
}

/* ---- back to the program ---- */

static void
add_arg(struct str *url, const char *name, const char *value)
{
	if (!value)
		return;
	str_addc(url, strchr(url->data, '?') ? '&' : '?');
	str_add(url, name);
	str_addc(url, '=');
	str_urlarg(url, value);
}

static void
back_with_error(struct sandbox_call *call, const struct asked *a,
    const char *error)
{
	struct str url;

	str_init(&url, call->pool, 8000);
	str_add(&url, a->redirect);
	add_arg(&url, "error", error);
	add_arg(&url, "state", a->state);
	call->page = true;
	sandbox_call_redirect(call, url.data);
}

char *
sandbox_google_scope_list(struct pool *pool, const json_t *scopes)
{
	size_t i = json_array_size(scopes);
	struct str s;

	/* The other way round: programs are not to rely on the order. */
	str_init(&s, pool, 16000);
	while (i-- > 0)
		str_addf(&s, "%s%s", s.len > 0 ? " " : "",
		    json_string_value(json_array_get(scopes, i)));
	return s.data;
}

static void
back_with_code(struct sandbox_call *call, const struct asked *a,
    const char *account, json_t *allowed)
{
	const struct sandbox_grant_ask ask = { "google",
	    call->sb->opts->client.id, account, a->redirect, a->challenge,
	    a->challenge ? a->method ? a->method : "plain" : NULL,
	    sandbox_call_arg(call, "nonce"), allowed, a->offline,
	    a->prompt && strstr(a->prompt, "consent"), a->merge };
	struct str url;

	str_init(&url, call->pool, 16000);
	str_add(&url, a->redirect);
	add_arg(&url, "state", a->state);
	add_arg(&url, "iss", pool_printf(call->pool, "%s" SANDBOX_GOOGLE,
	    call->sb->opts->origin));
	add_arg(&url, "code", sandbox_grant_code(call->sb, call->pool, &ask,
	    &sandbox_google_spelling));
	add_arg(&url, "scope", sandbox_google_scope_list(call->pool, allowed));
	add_arg(&url, "authuser", "0");
	add_arg(&url, "prompt", a->prompt ? a->prompt : "none");
	call->page = true;
	sandbox_call_redirect(call, url.data);
}

/* prompt=none: nobody is shown anything. */
static void
answer_unseen(struct sandbox_call *call, const struct asked *a)
{
	json_t *all = SANDBOX_GET(&call->sb->tree, "accounts");
	json_t *account = sandbox_account(call->sb, a->hint);
	const char *email;

	if (!account && !a->hint && json_object_size(all) == 1)
		account = json_object_iter_value(json_object_iter(all));
	email = sandbox_text(account, "email");
	if (!account)
		back_with_error(call, a, "interaction_required");
	else if (sandbox_grant_covers(call->sb, &(const struct sandbox_grant_ask){
	    .provider = "google", .client = call->sb->opts->client.id,
	    .account = email, .scopes = a->scopes }))
		back_with_code(call, a, email, a->scopes);
	else
		back_with_error(call, a, "consent_required");
}

/* ---- the page ---- */

static const struct { const char *scope, *words; } known_scopes[] = {
	{ "calendar", "See, edit, share and delete all your calendars" },
	{ "calendar.readonly", "See all your calendars" },
	{ "calendar.events", "See and edit events on all your calendars" },
	{ "calendar.events.readonly", "See events on all your calendars" },
	{ "calendar.events.owned", "See and edit events on calendars you own" },
	{ "calendar.calendarlist", "See and change the list of your calendars" },
	{ "calendar.calendarlist.readonly", "See the list of your calendars" },
	{ "contacts", "See, edit and delete your contacts" },
	{ "gmail.readonly", "See your mail" },
};

static const char *
scope_words(const char *scope)
{
	size_t i, len = strlen(SANDBOX_GOOGLE_SCOPE);

	for (i = 0; i < sizeof(known_scopes) / sizeof(known_scopes[0]); i++)
		if (str_starts(scope, SANDBOX_GOOGLE_SCOPE) &&
		    str_eq(scope + len, known_scopes[i].scope))
			return known_scopes[i].words;
	return scope;
}

static void
list_scopes(struct sandbox_call *call, const struct asked *a,
    struct tpl_sandbox_consent *view)
{
	struct tpl_sandbox_consent_scope *all;
	const json_t *s;
	size_t i, n = 0;

	all = pool_array(call->pool, json_array_size(a->scopes) + 1, sizeof(*all));
	json_array_foreach(a->scopes, i, s)
		if (!is_sign_in(json_string_value(s)))
			all[n++] = (struct tpl_sandbox_consent_scope){
				.id = pool_printf(call->pool, "scope-%zu", n),
				.value = json_string_value(s),
				.words = scope_words(json_string_value(s)) };
	view->scopes = all;
	view->scopes_count = n;
	view->choose = n > 1;
}

static void
list_accounts(struct sandbox_call *call, const struct asked *a,
    struct tpl_sandbox_consent *view)
{
	json_t *all = SANDBOX_GET(&call->sb->tree, "accounts"), *account;
	json_t *hinted = sandbox_account(call->sb, a->hint);
	struct tpl_sandbox_consent_account *list;
	const char *email;
	size_t n = 0;

	list = pool_array(call->pool, json_object_size(all) + 1, sizeof(*list));
	json_object_foreach(all, email, account) {
		list[n] = (struct tpl_sandbox_consent_account){
			.id = pool_printf(call->pool, "account-%zu", n),
			.email = email, .name = sandbox_text(account, "name"),
			.checked = hinted ? account == hinted : n == 0 };
		n++;
	}
	view->accounts = list;
	view->accounts_count = n;
}

static void
show_page(struct sandbox_call *call, const struct asked *a)
{
	const struct tpl_sandbox_page page = { .title = "Allow access" };
	struct tpl_sandbox_consent view = {
		.page = &page, .client = call->sb->opts->client.id,
		.action = pool_printf(call->pool, SANDBOX_GOOGLE
		    "/o/oauth2/v2/auth?%s", call->asked) };

	list_scopes(call, a, &view);
	list_accounts(call, a, &view);
	call->page = true;
	call->answer_type = "text/html; charset=utf-8";
	tpl_sandbox_consent(&call->answer, &view);
}

void
sandbox_google_consent(struct sandbox_call *call)
{
	struct asked a;

	if (!read_asked(call, &a))
		return;
	if (a.prompt && str_eq(a.prompt, "none"))
		answer_unseen(call, &a);
	else
		show_page(call, &a);
}

/* Without tick boxes all that was asked is allowed. */
static json_t *
ticked(struct sandbox_call *call, const struct asked *a)
{
	json_t *list = json_array();
	const json_t *s;
	size_t i, j, n = 0;

	json_array_foreach(a->scopes, i, s)
		n += !is_sign_in(json_string_value(s));
	json_array_foreach(a->scopes, i, s) {
		const char *scope = json_string_value(s);
		bool yes = n <= 1 || is_sign_in(scope);

		for (j = 0; j < call->form.count; j++)
			yes = yes || (str_eq(call->form.items[j].name, "scope") &&
			    str_eq(long_name(call->form.items[j].value), scope));
		if (yes)
			json_array_append_new(list, json_string(scope));
	}
	pool_adopt(call->pool, list, sandbox_release);
	return list;
}

void
sandbox_google_answer(struct sandbox_call *call)
{
	const char *answer = sandbox_call_field(call, "answer");
	json_t *account, *allowed;
	struct asked a;

	if (!read_asked(call, &a))
		return;
	if (!answer || !str_eq(answer, "allow")) {
		back_with_error(call, &a, "access_denied");
		return;
	}
	account = sandbox_account(call->sb, sandbox_call_field(call, "account"));
	if (!account) {
		refuse(call, 400, "invalid_request", "There is no such account.");
		return;
	}
	allowed = ticked(call, &a);
	if (json_array_size(allowed) == 0)
		back_with_error(call, &a, "access_denied");
	else
		back_with_code(call, &a, sandbox_text(account, "email"), allowed);
}
