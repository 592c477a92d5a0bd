/*
 * Connecting: what is typed is tried at the provider before anything is saved.
 * It waits for the network, so it never runs in the web pool, and no
 * transaction is open meanwhile.
 */
#include <string.h>

#include "acts/acts_connection_p.h"
#include "acts/acts_provider.h"
#include "jobs/wake.h"
#include "net/http.h"
#include "providers/provider.h"
#include "store/store_collection.h"
#include "store/store_session.h"
#include "sync/access.h"
#include "sync/keyring.h"
#include "util/str.h"
#include "util/banned.h"

/* Somebody waits in front of a page, and others behind for the process. */
#define PROBE_SECS 40

static bool
probe_collections(struct provider_session *session, struct pool *pool,
    struct probe *out, struct err *err)
{
	struct provider_collection *list;
	size_t count, i;

	if (!session->provider->list_collections(session, pool, &list, &count,
	    err))
		return false;
	out->found = pool_array(pool, count, sizeof(*out->found));
	out->found_count = count;
	for (i = 0; i < count; i++)
		out->found[i] = (struct collection_found){ list[i].remote_id,
		    list[i].name, list[i].color, list[i].read_only };
	return true;
}

/*
 * Every try asks a server of the person's choice, with a password of the
 * person's choice: neither is to be searched for from here.
 */
bool
acts_connection_may_probe(const struct act *act, struct err *err)
{
	int secs, mins;

	if (act->user_id == 0)
		return true;
	if (!store_session_probe_begin(act->db, act->pool, &secs, err))
		return false;
	if (secs <= 0)
		return true;
	mins = (secs + 59) / 60;
	err_set(err, ERR_LIMIT, "Those were many tries in a short time. Try "
	    "again in %d minute%s.", mins, mins == 1 ? "" : "s");
	err->retry_after_secs = secs;
	return false;
}

bool
acts_connection_http(const struct act *act, struct http **out,
    struct err *err)
{
	int most = act->config->total_timeout_secs;

	if (!http_open(act->pool, act->config, out, err))
		return false;
	http_set_deadline(*out, most > 0 && most < PROBE_SECS ? most :
	    PROBE_SECS);
	return true;
}

bool
acts_connection_ask(const struct act *act, struct provider_session *session,
    struct probe *out, struct err *err)
{
	if (!session->provider->discover(session, act->pool, &out->account,
	    err))
		return false;
	session->home_url = out->account.home_url;
	return probe_collections(session, act->pool, out, err);
}

static const char *
or_empty(const char *text)
{
	return text != NULL ? text : "";
}

/* ---- add ---- */

struct adding {
	const struct act *act;
	struct keyring *keyring;
	const struct secret *password;
	struct connection_new row;
	struct probe probe;
	uint64_t id;
};

static bool
add_url(const struct act *act, const struct provider *provider,
    const char *url, const char **out, struct err *err)
{
	if (provider->preset_url != NULL) {
		*out = provider->preset_url;
		return true;
	}
	if (!act_text(act, "The address of the server", url, 1000, out, err))
		return false;
	if (strstr(*out, "://") == NULL)
		*out = pool_printf(act->pool, "https://%s", *out);
	return url_check(act->pool, act->config, *out, err);
}

static bool
add_check(struct adding *a, const struct connection_form *form,
    const struct provider **provider_out, struct err *err)
{
	const struct act *act = a->act;
	const struct provider *provider = form->provider != NULL ?
	    provider_find(form->provider) : NULL;

	if (provider == NULL || (provider->flags & PROVIDER_PASSWORD) == 0)
		return err_set(err, ERR_INPUT,
		    "There is no provider with this name.");
	a->row.user_id = act->user_id != 0 ? act->user_id : form->user_id;
	a->row.provider = provider->name;
	if (!add_url(act, provider, form->url, &a->row.base_url, err) ||
	    !act_text(act, "The login", form->login, 250, &a->row.login, err))
		return false;
	if (strlen(a->row.login) > 254)
		return err_set(err, ERR_INPUT, "The login is too long.");
	if (form->name != NULL && *form->name != '\0' &&
	    !act_text(act, "The name", form->name, 120, &a->row.name, err))
		return false;
	if (form->password == NULL || secret_len(form->password) == 0)
		return err_set(err, ERR_INPUT, "The password is missing.");
	if (secret_len(form->password) > 1000)
		return err_set(err, ERR_INPUT,
		    "The password has more than 1000 bytes.");
	a->password = form->password;
	*provider_out = provider;
	return true;
}

/* What is wrong with the key file is no visitor's business. */
bool
acts_connection_keys(const struct act *act, struct keyring **out,
    struct err *err)
{
	if (keyring_open(act->pool, act->config, out, err))
		return true;
	if (err->kind == ERR_INPUT && act_is_page(act))
		err->kind = ERR_INTERNAL;
	return false;
}

static bool
is_only_one(const struct act *act, const struct connection_new *row,
    struct err *err)
{
	uint64_t id;
	int n = store_connection_find_same(act->db, act->org_id, row, &id, err);

	if (n > 0)
		return err_set(err, ERR_CONFLICT,
		    "This account is connected already.");
	return n == 0;
}

static bool
add_body(struct db *db, void *arg, struct err *err)
{
	struct adding *a = arg;
	const struct act *act = a->act;

	/* Once more: the provider may have been switched off while it was asked. */
	return acts_provider_check_on(act, a->row.provider, err) &&
	    is_only_one(act, &a->row, err) &&
	    store_connection_add(db, act->org_id, &a->row, &a->id, err) &&
	    keyring_seal(a->keyring, db, act->pool, act->org_id, a->id,
	    CREDENTIAL_PASSWORD, a->password, err) &&
	    store_collection_take(db, act->pool, act->org_id, a->id,
	    a->probe.found, a->probe.found_count, err) &&
	    act_audit(act, "connection.add", "connection", a->id,
	    a->row.provider, err);
}

bool
acts_connection_add(const struct act *act, const struct connection_form *form,
    uint64_t *id_out, struct err *err)
{
	struct adding a = { .act = act };
	struct provider_session session = { .pool = act->pool, .home_url = "",
	    .parallel = 1 };

	if (!add_check(&a, form, &session.provider, err) ||
	    !acts_connection_keys(act, &a.keyring, err) ||
	    !acts_provider_check_on(act, a.row.provider, err) ||
	    !is_only_one(act, &a.row, err) || !acts_connection_may_probe(act, err))
		return false;
	session.base_url = a.row.base_url;
	session.login = a.row.login;
	session.password = a.password;
	if (!acts_connection_http(act, &session.http, err) ||
	    !acts_connection_ask(act, &session, &a.probe, err))
		return false;
	a.row.account = str_cut(act->pool, or_empty(a.probe.account.account), 254);
	if (*a.row.account == '\0')
		a.row.account = a.row.login;
	if (a.row.name == NULL)
		a.row.name = str_cut(act->pool, a.row.account, 120);
	a.row.home_url = or_empty(a.probe.account.home_url);
	if (!db_tx(act->db, add_body, &a, NULL, err))
		return false;
	*id_out = a.id;
	return true;
}

/* ---- reconnect and rescan ---- */

struct renewing {
	const struct act *act;
	struct keyring *keyring;
	const struct secret *password;	/* NULL: only the list is new */
	uint64_t id;
	const char *login, *account;
	struct probe probe;
};

static bool
renew_account(struct db *db, const struct renewing *r, struct err *err)
{
	const struct act *act = r->act;

	return store_connection_set_account(db, act->org_id, r->id, r->login,
	    r->account, or_empty(r->probe.account.home_url), err) &&
	    keyring_seal(r->keyring, db, act->pool, act->org_id, r->id,
	    CREDENTIAL_PASSWORD, r->password, err) &&
	    act_want(act, r->id, JOB_SYNC, err) &&
	    act_audit(act, "connection.reconnect", "connection", r->id, NULL,
	    err);
}

static bool
renew_body(struct db *db, void *arg, struct err *err)
{
	const struct renewing *r = arg;
	const struct act *act = r->act;
	struct connection_row row;

	if (!acts_connection_reach(act, r->id, true, &row, err) ||
	    !acts_provider_check_on(act, row.provider, err) ||
	    !store_collection_take(db, act->pool, act->org_id, r->id,
	    r->probe.found, r->probe.found_count, err))
		return false;
	if (r->password != NULL)
		return is_only_one(act, &(struct connection_new){
		    .own_id = r->id, .user_id = row.user_id,
		    .provider = row.provider, .login = r->login,
		    .base_url = row.base_url,
		    .home_url = or_empty(r->probe.account.home_url) }, err) &&
		    renew_account(db, r, err);
	return act_audit(act, "connection.rescan", "connection", r->id, NULL,
	    err);
}

/* The provider may move a home, and an account may have several spellings: the
 * person knows. When both differ it is somebody else's. */
static bool
renew_is_same(const struct connection_row *row, const struct renewing *r,
    bool same_account, struct err *err)
{
	int how = access_compare(&r->probe.account, row);

	if (how == (ACCESS_OTHER_ACCOUNT | ACCESS_OTHER_HOME))
		return err_set(err, ERR_INPUT, "This login belongs to another "
		    "account; add it as a connection of its own.");
	return how == 0 || same_account || err_set(err, ERR_CONFLICT,
	    "%s Say that it is the same account if you are sure; what is not in "
	    "it is deleted here, too.", access_words(r->act->pool,
	    &r->probe.account, row));
}

static bool
renew_check(const struct act *act, struct renewing *r,
    const struct connection_row *row, const char *login, struct err *err)
{
	r->login = row->login;
	if (login != NULL && *login != '\0' &&
	    !act_text(act, "The login", login, 250, &r->login, err))
		return false;
	if (r->password == NULL || secret_len(r->password) == 0)
		return err_set(err, ERR_INPUT, "The password is missing.");
	return true;
}

bool
acts_connection_reconnect(const struct act *act, uint64_t id,
    const struct connection_access *access, struct err *err)
{
	struct renewing r = { .act = act, .id = id,
	    .password = access->password };
	struct provider_session session = { .pool = act->pool, .home_url = "",
	    .parallel = 1, .password = access->password };
	struct connection_row row;

	if (!acts_connection_reach(act, id, true, &row, err) ||
	    !acts_provider_check_on(act, row.provider, err) ||
	    !acts_connection_may_ask(act, &row, err) ||
	    !renew_check(act, &r, &row, access->login, err) ||
	    !acts_connection_keys(act, &r.keyring, err) ||
	    !acts_connection_may_probe(act, err))
		return false;
	session.provider = provider_find(row.provider);
	if (session.provider == NULL)
		return err_set(err, ERR_UNSUPPORTED,
		    "This provider is no longer offered.");
	session.base_url = row.base_url;
	session.login = r.login;
	if (!acts_connection_http(act, &session.http, err) ||
	    !acts_connection_ask(act, &session, &r.probe, err))
		return false;
	r.account = str_cut(act->pool, or_empty(r.probe.account.account), 254);
	if (*r.account == '\0')
		r.account = r.login;
	if (!renew_is_same(&row, &r, access->same_account, err) ||
	    !db_tx(act->db, renew_body, &r, NULL, err))
		return false;
	wake_send(act->config);
	return true;
}

bool
acts_connection_rescan(const struct act *act, uint64_t id, struct err *err)
{
	struct renewing r = { .act = act, .id = id };
	struct provider_session *session;
	struct connection_row row;
	struct http *http;

	return acts_connection_reach(act, id, true, &row, err) &&
	    acts_provider_check_on(act, row.provider, err) &&
	    acts_connection_may_ask(act, &row, err) &&
	    acts_connection_may_probe(act, err) &&
	    acts_connection_keys(act, &r.keyring, err) &&
	    acts_connection_http(act, &http, err) &&
	    access_open(act->db, act->pool, r.keyring, http, act->org_id, id,
	    &session, err) &&
	    probe_collections(session, act->pool, &r.probe, err) &&
	    db_tx(act->db, renew_body, &r, NULL, err);
}
