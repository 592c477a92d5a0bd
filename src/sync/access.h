#ifndef HAWSER_SYNC_ACCESS_H
#define HAWSER_SYNC_ACCESS_H
/*
 * A connection's way in: reads the row, opens the credential by the keyring and
 * hands out a session that is ready to use. The plaintext lives as long as the
 * session's pool. A stored home_url is used as it is; an empty one is looked up
 * (discover) and stored.
 */
#include "net/http.h"
#include "providers/provider.h"
#include "store/db.h"
#include "store/store_connection.h"
#include "store/store_look.h"
#include "sync/keyring.h"

ERR_CHECKED bool access_open(struct db *db, struct pool *pool,
    struct keyring *keyring, struct http *http, uint64_t org,
    uint64_t connection_id, struct provider_session **out, struct err *err);
/* The same with what was just read of it. */
ERR_CHECKED bool access_open_seen(struct db *db, struct pool *pool,
    struct keyring *keyring, struct http *http, uint64_t org,
    uint64_t connection_id, const struct look_run *seen,
    struct provider_session **out, struct err *err);

/* How the account that answers differs from the one that was connected, as far
 * as both are known: 0, or these. One alone may be a move or another spelling. */
#define ACCESS_OTHER_ACCOUNT 1
#define ACCESS_OTHER_HOME 2
int access_compare(const struct provider_account *is,
    const struct connection_row *was);
/* A clause about it: what answers, and what was connected. */
char *access_words(struct pool *pool, const struct provider_account *is,
    const struct connection_row *was);
#endif
