/*
 * The access token of a connection, as a run gets it (sync/token.h); for the
 * tests of many at once. Not installed. Of the token it tells the SHA-256 alone.
 *
 *	token_probe ORG CONNECTION [renew]	HAWSER_CONF as ever
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "store/db.h"
#include "store/store_connection.h"
#include "sync/token.h"
#include "util/str.h"

static bool get(struct token *t, bool renew, struct err *err)
{
	struct connection_row row;

	if (!db_open(t->pool, t->config, DB_SYNC, &t->db, err) ||
	    !keyring_open(t->pool, t->config, &t->keyring, err) ||
	    !http_open(t->pool, t->config, &t->http, err) ||
	    store_connection_find(t->db, t->pool, t->org, 0, t->connection_id,
	    &row, err) <= 0)
		return false;
	t->provider = provider_find(row.provider);
	return token_get(t, err) && (!renew || token_renew(t, err));
}

int main(int argc, char **argv)
{
	struct pool *pool = pool_new(NULL);
	struct token t = { .pool = pool };
	struct config *config;
	struct err err = { 0 };
	struct digest d;

	if (argc < 3)
		return 2;
	t.org = strtoull(argv[1], NULL, 10);
	t.connection_id = strtoull(argv[2], NULL, 10);
	if (!config_load(pool, config_path(), &config, &err))
		return 2;
	t.config = config;
	if (!get(&t, argc > 3, &err)) {
		printf("%s %s\n", err_kind_name(err.kind), err.msg);
	} else {
		d = digest_sha256(secret_peek(t.access), secret_len(t.access));
		printf("ok %llu %s\n", (unsigned long long)t.generation,
		    digest_hex(pool, d.bytes, sizeof(d.bytes)));
	}
	if (t.db)
		db_close(t.db);
	pool_free(pool);
	return err.kind != ERR_NONE;
}
