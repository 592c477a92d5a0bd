/* A connection's way in: row, credential, session. Must not know any provider
 * by name. */
#include "sync/access.h"
#include "store/store_connection.h"
#include "store/store_look.h"
#include "sync/token.h"
#include "util/str.h"
#include "util/banned.h"

static bool find_home(struct db *db, struct pool *pool, uint64_t org,
    uint64_t connection_id, struct provider_session *s, struct err *err)
{
	struct provider_account account = { 0 };

	if (!s->provider->discover(s, pool, &account, err))
		return false;
	s->home_url = account.home_url;
	return store_connection_set_home(db, org, connection_id, s->home_url,
	    err);
}

/* The provider refused the token while it was in use. */
static bool renew(struct provider_session *s, struct err *err)
{
	struct token *t = s->renew_arg;

	if (!token_renew(t, err))
		return false;
	s->bearer = t->access;
	return true;
}

static bool open_token(struct db *db, struct keyring *keyring, uint64_t org,
    uint64_t connection_id, struct provider_session *s, struct err *err)
{
	struct token *t = POOL_NEW(s->pool, struct token);

	*t = (struct token){ .db = db, .pool = s->pool, .keyring = keyring,
	    .http = s->http, .config = s->config, .provider = s->provider,
	    .org = org, .connection_id = connection_id };
	s->renew = renew;
	s->renew_arg = t;
	if (!token_get(t, err))
		return false;
	s->bearer = t->access;
	return true;
}

static bool open_password(struct db *db, struct keyring *keyring, uint64_t org,
    uint64_t connection_id, const struct credential_sealed *seen,
    struct provider_session *s, struct err *err)
{
	struct secret *password;

	if (seen->row.key_id == 0 ? !keyring_unseal(keyring, db, s->pool, org,
	    connection_id, CREDENTIAL_PASSWORD, &password, err) :
	    !keyring_unseal_seen(keyring, db, s->pool, org, seen, &password,
	    err))
		return false;
	s->password = password;
	return true;
}

static bool start(struct pool *pool, struct http *http,
    const struct look_connection *row, struct provider_session *s,
    struct err *err)
{
	*s = (struct provider_session){
		.provider = provider_find(row->provider), .pool = pool,
		.http = http, .base_url = row->base_url,
		.home_url = row->home_url ? row->home_url : "",
		.login = row->login, .parallel = 4,
	};
	if (!s->provider)
		return err_set_scope(err, ERR_UNSUPPORTED, ERR_CONNECTION,
		    "This version of Hawser cannot talk to \"%s\".",
		    row->provider);
	return !row->off || err_set_scope(err, ERR_CONFLICT, ERR_RUN,
	    "%s was switched off by the operator.", s->provider->label);
}

bool access_open_seen(struct db *db, struct pool *pool,
    struct keyring *keyring, struct http *http, uint64_t org,
    uint64_t connection_id, const struct look_run *seen,
    struct provider_session **out, struct err *err)
{
	struct provider_session *s = POOL_NEW(pool, struct provider_session);

	if (!start(pool, http, &seen->connection, s, err))
		return false;
	s->config = db_config(db);
	if (s->provider->flags & PROVIDER_OAUTH ? !open_token(db, keyring, org,
	    connection_id, s, err) : !open_password(db, keyring, org,
	    connection_id, &seen->password, s, err))
		return false;
	if (!*s->home_url && !find_home(db, pool, org, connection_id, s, err))
		return false;
	*out = s;
	return true;
}

bool access_open(struct db *db, struct pool *pool, struct keyring *keyring,
    struct http *http, uint64_t org, uint64_t connection_id,
    struct provider_session **out, struct err *err)
{
	struct look_run *seen = POOL_NEW(pool, struct look_run);
	int found = store_look_find_run(db, pool, org, connection_id, seen, err);

	if (found < 0)
		return false;
	if (!found)
		return err_set_scope(err, ERR_NOT_FOUND, ERR_CONNECTION,
		    "This connection does not exist any more.");
	return access_open_seen(db, pool, keyring, http, org, connection_id,
	    seen, out, err);
}

static bool differs(const char *is, const char *was)
{
	return is && *is && was && *was && !str_eq(is, was);
}

int access_compare(const struct provider_account *is,
    const struct connection_row *was)
{
	return (differs(is->account, was->account) ? ACCESS_OTHER_ACCOUNT : 0) |
	    (differs(is->home_url, was->home_url) ? ACCESS_OTHER_HOME : 0);
}

char *access_words(struct pool *pool, const struct provider_account *is,
    const struct connection_row *was)
{
	if (access_compare(is, was) & ACCESS_OTHER_ACCOUNT)
		return pool_printf(pool, "The server answers as another account "
		    "(%s) than the one that was connected (%s).",
		    str_cut(pool, is->account, 60),
		    str_cut(pool, was->account, 60));
	return pool_strdup(pool, "The server answers as another account: its "
	    "calendars are at another place than those that were connected.");
}
