/*
 * The registry of providers and the shared operations of those that lack one.
 * The only file that names them all.
 */
#include "providers/provider.h"
#include <string.h>
#include "providers/caldav.h"
#include "providers/google.h"
#include "util/banned.h"

static const struct provider *const providers[] = {
	&google_provider,
	&caldav_icloud_provider,
	&caldav_provider,
};

const struct provider *const *provider_list(size_t *count_out)
{
	*count_out = sizeof(providers) / sizeof(providers[0]);
	return providers;
}

const struct provider *provider_find(const char *name)
{
	for (size_t i = 0; i < sizeof(providers) / sizeof(providers[0]); i++)
		if (strcmp(providers[i]->name, name) == 0)
			return providers[i];
	return NULL;
}

static bool unsupported(const struct provider_session *session,
    struct err *err)
{
	return err_set(err, ERR_UNSUPPORTED, "%s does not offer this.",
	    session->provider->label);
}

bool provider_unsupported_app(struct pool *pool, const struct config *config,
    struct provider_app *out, struct err *err)
{
	(void)pool;
	(void)config;
	(void)out;
	return err_set(err, ERR_UNSUPPORTED,
	    "Nobody signs in there by a window of its own.");
}

bool provider_unsupported_discover(struct provider_session *session,
    struct pool *pool, struct provider_account *out, struct err *err)
{
	(void)pool;
	(void)out;
	return unsupported(session, err);
}

bool provider_unsupported_list_collections(struct provider_session *session,
    struct pool *pool, struct provider_collection **out, size_t *count_out,
    struct err *err)
{
	(void)pool;
	(void)out;
	(void)count_out;
	return unsupported(session, err);
}

bool provider_unsupported_changes(struct provider_session *session,
    struct pool *pool, const struct provider_since *since,
    struct provider_changes *out, struct err *err)
{
	(void)pool;
	(void)since;
	(void)out;
	return unsupported(session, err);
}

bool provider_unsupported_fetch(struct provider_session *session,
    struct pool *pool, const char *collection_id,
    const char *const *remote_ids, size_t count, struct provider_item *out,
    struct err *err)
{
	(void)pool;
	(void)collection_id;
	(void)remote_ids;
	(void)count;
	(void)out;
	return unsupported(session, err);
}

bool provider_unsupported_push(struct provider_session *session,
    struct pool *pool, const char *collection_id,
    const struct provider_write *writes, size_t count,
    struct provider_written *results, struct err *err)
{
	(void)pool;
	(void)collection_id;
	(void)writes;
	(void)count;
	(void)results;
	return unsupported(session, err);
}

bool provider_unsupported_watch(struct provider_session *session,
    struct pool *pool, const struct provider_watch *ask,
    struct provider_channel *out, struct err *err)
{
	(void)pool;
	(void)ask;
	(void)out;
	return unsupported(session, err);
}

bool provider_unsupported_unwatch(struct provider_session *session,
    struct pool *pool, const struct provider_channel *channel,
    struct err *err)
{
	(void)pool;
	(void)channel;
	return unsupported(session, err);
}
