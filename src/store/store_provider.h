#ifndef HAWSER_STORE_STORE_PROVIDER_H
#define HAWSER_STORE_STORE_PROVIDER_H
/*
 * The operator's switch of each provider: on for all, off, or on for chosen
 * organisations only. provider_off has a row for each organisation where it is
 * off, a new one included. Writing and the switch itself are the operator's.
 */
#include "store/stmt.h"

enum provider_mode { PROVIDER_ON = 0, PROVIDER_OFF = 1, PROVIDER_ONLY = 2 };

/* 1 = switched off for the organisation, 0 = on, -1 = error. */
ERR_CHECKED int store_provider_is_off(struct db *db, uint64_t org,
    const char *provider, struct err *err);
struct provider_off { const char *provider; };
/* All that are off for the organisation. */
ERR_CHECKED bool store_provider_list_off(struct db *db, struct pool *pool,
    uint64_t org, struct provider_off **out, size_t *count_out,
    struct err *err);
/* The switch itself, PROVIDER_ON where nothing was ever said. */
ERR_CHECKED bool store_provider_find_mode(struct db *db, struct pool *pool,
    const char *provider, enum provider_mode *out, struct err *err);
/* The organisations where it is on. */
struct provider_org { uint64_t org_id; const char *name; };
ERR_CHECKED bool store_provider_list_orgs(struct db *db, struct pool *pool,
    const char *provider, struct provider_org **out, size_t *count_out,
    struct err *err);

/* In a transaction; orgs are those that keep it with PROVIDER_ONLY. */
ERR_CHECKED bool store_provider_set(struct db *db, const char *provider,
    enum provider_mode mode, const uint64_t *orgs, size_t count,
    struct err *err);
/* In the transaction that makes an organisation. */
ERR_CHECKED bool store_provider_begin_org(struct db *db, uint64_t org,
    struct err *err);
/* Organisations with connections of the provider, and what holds for each. */
struct provider_user { uint64_t org_id; bool off; };
ERR_CHECKED bool store_provider_list_users(struct db *db, struct pool *pool,
    const char *provider, struct provider_user **out, size_t *count_out,
    struct err *err);
/* Whoever works on the provider's connections can commit nothing more. */
ERR_CHECKED bool store_provider_raise_fences(struct db *db, uint64_t org,
    const char *provider, struct err *err);
/* Wants a sync of each of its connections that is not paused. */
ERR_CHECKED bool store_provider_want(struct db *db, uint64_t org,
    const char *provider, struct err *err);
#endif
