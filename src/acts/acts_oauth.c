/*
 * Signing in at a provider: what is asked, and what may come back. The order of
 * finish is the point of it: the state is used up and that is committed before
 * anything else of the redirect is looked at.
 */
#include "acts/acts_oauth.h"
#include "acts/acts_connection_p.h"
#include "acts/acts_oauth_p.h"
#include "acts/acts_provider.h"
#include "oauth/oauth.h"
#include "store/store_grant.h"
#include "util/str.h"
#include "util/banned.h"

const char *
acts_oauth_kind_name(int kind)
{
	return kind == OAUTH_CALENDAR ? "calendar" : "";
}

char *
acts_oauth_redirect_uri(const struct act *act, const char *provider, int kind)
{
	return pool_printf(act->pool, "%s%s/oauth/%s/%s/callback",
	    act->config->base_url, act->config->path_prefix, provider,
	    acts_oauth_kind_name(kind));
}

/* ---- start ---- */

static bool
read_flow(const char *hex, struct oauth_flow *out, struct err *err)
{
	return digest_unhex(hex, out->bytes, sizeof(out->bytes)) ||
	    err_set(err, ERR_NOT_FOUND, "There is no such sign-in.");
}

struct starting {
	const struct act *act;
	const struct oauth_start *start;
	struct keyring *keyring;
	struct provider_app app;
	struct oauth_try try;
	struct oauth_state_row row;
	struct oauth_flow flow;
	const char *login_hint;
};

static bool
start_body(struct db *db, void *arg, struct err *err)
{
	struct starting *s = arg;
	const struct act *act = s->act;
	uint64_t id;

	return store_oauth_add(db, act->org_id, &s->row, &id, err) &&
	    keyring_seal_verifier(s->keyring, db, act->pool, act->org_id, id,
	    s->try.verifier, err);
}

static bool
start_reconnect(struct starting *s, struct err *err)
{
	const struct act *act = s->act;
	struct connection_row row;

	if (s->start->connection_id == 0)
		return true;
	if (!acts_connection_reach(act, s->start->connection_id, true, &row,
	    err) || !acts_connection_may_ask(act, &row, err))
		return false;
	if (!str_eq(row.provider, s->start->provider))
		return err_set(err, ERR_NOT_FOUND,
		    "This connection is of another provider.");
	s->login_hint = row.account;
	return true;
}

static bool
start_check(struct starting *s, struct err *err)
{
	const struct act *act = s->act;
	const struct provider *p = provider_find(s->start->provider);

	if (p == NULL || !(p->flags & PROVIDER_OAUTH))
		return err_set(err, ERR_NOT_FOUND,
		    "There is no such provider.");
	return acts_provider_check_on(act, p->name, err) &&
	    p->app(act->pool, act->config, &s->app, err) &&
	    start_reconnect(s, err) && acts_connection_may_probe(act, err) &&
	    acts_connection_keys(act, &s->keyring, err);
}

bool
acts_oauth_start(const struct act *act, const struct oauth_start *start,
    struct oauth_started *out, struct err *err)
{
	struct starting s = { .act = act, .start = start };
	struct oauth_ask ask;

	if (start->flow != NULL && *start->flow != '\0') {
		if (!read_flow(start->flow, &s.flow, err))
			return false;
	} else {
		digest_random(s.flow.bytes, sizeof(s.flow.bytes));
	}
	if (!start_check(&s, err))
		return false;
	oauth_begin(act->pool, &s.try);
	s.row = (struct oauth_state_row){
		.user_id = act->user_id, .state_hash = s.try.state_hash,
		.session_hash = start->session_hash,
		.flow = { s.flow.bytes, sizeof(s.flow.bytes) },
		.provider = start->provider, .kind = OAUTH_CALENDAR,
		.connection_id = start->connection_id, .scopes = s.app.scopes,
		.popup = start->popup,
		.return_to = start->connection_id ? OAUTH_TO_CONNECTION :
		    OAUTH_TO_CALENDARS,
	};
	ask = (struct oauth_ask){ .server = &s.app.server,
	    .client_id = s.app.client_id,
	    .redirect_uri = acts_oauth_redirect_uri(act, start->provider,
	    OAUTH_CALENDAR), .scopes = pool_printf(act->pool, "%s %s",
	    s.app.sign_in_scopes, s.app.scopes), .login_hint = s.login_hint,
	    /* Another time without it there would be no refresh token. */
	    .prompt = s.login_hint ? "consent" : "select_account consent",
	    .try = &s.try };
	if (!db_tx(act->db, start_body, &s, NULL, err))
		return false;
	out->who = s.app.server.who;
	out->url = oauth_ask_url(act->pool, &ask);
	out->flow = digest_hex(act->pool, s.flow.bytes, sizeof(s.flow.bytes));
	return true;
}

/* ---- as it stands ---- */

static void
view_row(const struct act *act, const struct oauth_state_row *row,
    struct oauth_view *out)
{
	const struct provider *p = provider_find(row->provider);

	*out = (struct oauth_view){
		.flow = digest_hex(act->pool, row->flow.data, row->flow.len),
		.provider = row->provider, .label = p ? p->label : "",
		.popup = row->popup, .outcome = (enum oauth_outcome)row->outcome,
		.late = row->outcome == OAUTH_OPEN &&
		    row->expires_at <= when_now(),
		.message = row->message, .connection_id = row->result_id ?
		    row->result_id : row->connection_id,
		.return_to = (enum oauth_return)row->return_to,
	};
}

/* The same, with what is known of the grant. */
static bool
view_try(const struct act *act, const struct oauth_state_row *row,
    struct oauth_view *out, struct err *err)
{
	const char *lacks = NULL;

	view_row(act, row, out);
	if (row->outcome == OAUTH_DONE && !acts_oauth_lacks(act, row->result_id,
	    &lacks, err))
		return false;
	out->in_part = lacks != NULL;
	return true;
}

bool
acts_oauth_find(const struct act *act, const char *hex,
    const struct digest *session_hash, struct oauth_view *out,
    struct err *err)
{
	struct oauth_state_row row;
	struct oauth_flow flow;
	int n;

	if (!read_flow(hex, &flow, err))
		return false;
	n = store_oauth_find_flow(act->db, act->pool, act->org_id, &flow,
	    session_hash, &row, err);
	if (n <= 0)
		return n < 0 ? false : err_set(err, ERR_NOT_FOUND,
		    "There is no such sign-in.");
	return view_try(act, &row, out, err);
}

bool
acts_oauth_cancel(const struct act *act, const char *hex,
    const struct digest *session_hash, struct err *err)
{
	struct oauth_flow flow;

	return read_flow(hex, &flow, err) && store_oauth_cancel(act->db,
	    act->org_id, &flow, session_hash, err);
}

bool
acts_oauth_lacks(const struct act *act, uint64_t connection_id,
    const char **out, struct err *err)
{
	struct grant_row row;
	int n = store_grant_find(act->db, act->pool, act->org_id,
	    connection_id, &row, err);

	*out = NULL;
	if (n > 0 && *row.missing != '\0')
		*out = "Not all of the access was granted. What it allows works; "
		    "grant the rest, with all boxes ticked, to use all of it.";
	return n >= 0;
}

/* ---- finish ---- */

struct note { const struct act *act; const char *action, *detail; };

static bool
note_body(struct db *db, void *arg, struct err *err)
{
	const struct note *n = arg;

	(void)db;
	return act_audit(n->act, n->action, "oauth", 0, n->detail, err);
}

/* What should not have come. Nobody is signed in: the state's own organisation
 * hears of it (jobs/misuse). */
static bool
note(const struct act *act, const char *action, const char *detail,
    struct err *err)
{
	struct note n = { act, action, detail };

	return act->user_id == 0 || db_tx(act->db, note_body, &n, NULL, err);
}

static bool
refuse(const struct oauth_back *back, const struct act *act,
    const char *detail, struct err *err)
{
	if (!note(act, "oauth.refused", detail, err))
		return false;
	if (!back->signed_in)
		return err_set(err, ERR_AUTH, "You were signed out in the "
		    "meantime. Sign in, then connect again.");
	return err_set(err, ERR_FORBIDDEN, "This is no sign-in that you began "
	    "here, in this browser. Nothing was connected. Close it and press "
	    "Connect again.");
}

/* Used up before anything is looked at. *id_out: this session's, for the first
 * time or (repeated) again. */
static bool
take(const struct act *act, const struct oauth_back *back, uint64_t *id_out,
    enum oauth_verdict *verdict, struct err *err)
{
	struct digest hash;

	*id_out = 0;
	if (back->state == NULL || !oauth_state_hash(back->state, &hash))
		return refuse(back, act, "A sign-in came back without a state.",
		    err);
	if (!store_oauth_take(act->db, act->pool, &hash, verdict, id_out, err))
		return false;
	switch (*verdict) {
	case OAUTH_YOURS:
	case OAUTH_LATE:
		return true;
	case OAUTH_USED:
		return note(act, "oauth.repeated",
		    "A sign-in came back for a second time.", err);
	case OAUTH_ANOTHERS:
		return refuse(back, act, "A sign-in came back that was begun in "
		    "another session.", err);
	case OAUTH_UNKNOWN:
		break;
	}
	return refuse(back, act, "A sign-in came back that was never begun.",
	    err);
}

static bool
check_context(struct oauth_landing *l, const struct oauth_back *back,
    struct err *err)
{
	const struct act *act = l->act;
	const struct oauth_state_row *row = &l->row;

	l->provider = provider_find(row->provider);
	if (l->provider == NULL || back->doubled || row->user_id != act->user_id ||
	    !str_eq(row->provider, back->provider) ||
	    !str_eq(acts_oauth_kind_name(row->kind), back->kind)) {
		if (!note(act, "oauth.refused",
		    "A sign-in came back by the way of another one.", err))
			return false;
		return err_set(err, ERR_FORBIDDEN, "The answer came by another "
		    "way than the question. Nothing was connected.");
	}
	return acts_provider_check_on(act, row->provider, err) &&
	    l->provider->app(act->pool, act->config, &l->app, err);
}

/* All that follows the state. */
static bool
land(struct oauth_landing *l, const struct oauth_back *back,
    uint64_t *connection_out, struct err *err)
{
	struct oauth_redirect redirect = { back->code, back->error, back->iss };

	if (!check_context(l, back, err))
		return false;
	if (!oauth_check_redirect(&l->app.server, &redirect, err)) {
		l->denied = err->kind == ERR_FORBIDDEN;
		return false;
	}
	l->code = back->code;
	return acts_connection_keys(l->act, &l->keyring, err) &&
	    acts_oauth_connect(l, connection_out, err);
}

struct ending { const struct act *act; uint64_t id; struct oauth_end end; };

static bool
end_body(struct db *db, void *arg, struct err *err)
{
	const struct ending *e = arg;

	return store_oauth_end(db, e->act->org_id, e->id, &e->end, err) &&
	    act_audit(e->act, e->end.outcome == OAUTH_REFUSED ?
	    "oauth.denied" : "oauth.failed", "oauth", 0,
	    str_cut(e->act->pool, e->end.message, 200), err);
}

/* What stopped it stands with the state: the page that waits tells it. */
static bool
end_badly(struct oauth_landing *l, const struct err *why, struct err *err)
{
	struct ending e = { l->act, l->row.id, {
		.outcome = l->denied ? OAUTH_REFUSED : OAUTH_FAILED,
		.message = str_cut(l->act->pool, why->msg, 238) } };

	return db_tx(l->act->db, end_body, &e, NULL, err);
}

static bool
show(const struct oauth_landing *l, struct oauth_view *out, struct err *err)
{
	struct oauth_state_row row;
	int n = store_oauth_find(l->act->db, l->act->pool, l->act->org_id,
	    l->row.id, &row, err);

	if (n <= 0)
		return n < 0 ? false : err_set(err, ERR_NOT_FOUND,
		    "There is no such sign-in.");
	return view_try(l->act, &row, out, err);
}

bool
acts_oauth_finish(const struct act *act, const struct oauth_back *back,
    struct oauth_view *out, struct err *err)
{
	struct oauth_landing l = { .act = act };
	enum oauth_verdict verdict = OAUTH_UNKNOWN;
	struct err why = { 0 };
	uint64_t id, connection;
	int n;

	if (!take(act, back, &id, &verdict, err))
		return false;
	n = store_oauth_find(act->db, act->pool, act->org_id, id, &l.row, err);
	if (n <= 0)
		return n < 0 ? false : err_set(err, ERR_NOT_FOUND,
		    "There is no such sign-in.");
	if (verdict == OAUTH_LATE)
		(void)!err_set(&why, ERR_TIMEOUT, "It took longer than %d "
		    "minutes. Begin again.", STORE_OAUTH_MINS);
	if (verdict != OAUTH_USED && (why.kind != ERR_NONE ||
	    !land(&l, back, &connection, &why)) && !end_badly(&l, &why, err))
		return false;
	return show(&l, out, err);
}
