/* Credentials in bulk, for tests of keys. With HAWSER_CONF set:
 *	credentials fill ORG EMAIL N	N connections with a password each
 *	credentials check		opens all: "OPENED BROKEN"
 *	credentials work FILE		opens and replaces at random, with the key
 *		file as it was at the start, while FILE is there:
 *		"OPENED SEALED FAILED" */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/store_connection.h"
#include "store/store_org.h"
#include "store/store_user.h"
#include "sync/keyring.h"
#include "util/str.h"

static struct pool *pool;
static struct config *config;
static struct db *db;
static struct keyring *keyring;
static struct err err;

#define must(call) do { if (!(call)) \
	die("%s:%d: %s (%s)", __FILE__, __LINE__, err.msg, err.detail); } while (0)

struct place { uint64_t org_id, connection_id; };
static const char PLACES[] = "SELECT org_id, connection_id FROM credential "
    "ORDER BY org_id, connection_id";
static const struct stmt_col PLACE_COLS[] = {
	STMT_COL(struct place, org_id), STMT_COL(struct place, connection_id),
	STMT_END };

static char *
word(struct pool *p, uint64_t connection)
{
	return pool_printf(p, "password of %llu", (unsigned long long)connection);
}

struct filling { uint64_t org, user; int from, to; };

static bool
fill_body(struct db *tx, void *arg, struct err *e)
{
	const struct filling *f = arg;
	struct pool *p = pool_new(NULL);
	bool ok = true;

	for (int i = f->from; ok && i < f->to; i++) {
		struct connection_new c = { f->user, "caldav",
		    pool_printf(p, "Account %d", i), pool_printf(p, "a%d", i),
		    pool_printf(p, "login%d", i), "https://dav.example.com/", "" };
		const char *text;
		uint64_t id;

		ok = store_connection_add(tx, f->org, &c, &id, e);
		text = ok ? word(p, id) : NULL;
		ok = ok && keyring_seal(keyring, tx, p, f->org, id,
		    CREDENTIAL_PASSWORD, secret_new(p, text, strlen(text)), e);
	}
	pool_free(p);
	return ok;
}

static int
fill(const char *name, const char *email, int count)
{
	struct org_row org = { 0 };
	struct user_row user = { 0 };

	must(store_org_find_name(db, pool, name, &org, &err) == 1);
	must(store_user_find_member(db, pool, org.id, email, &user, &err) == 1);
	for (int i = 0; i < count; i += 100) {
		struct filling f = { org.id, user.id, i,
		    i + 100 < count ? i + 100 : count };

		must(db_tx(db, fill_body, &f, NULL, &err));
	}
	return 0;
}

/* Does it open, and to what was sealed there? */
static bool
opens(struct pool *p, const struct place *at)
{
	struct secret *plain;
	struct err why = { 0 };

	if (keyring_unseal(keyring, db, p, at->org_id, at->connection_id,
	    CREDENTIAL_PASSWORD, &plain, &why) &&
	    str_eq(secret_peek(plain), word(p, at->connection_id)))
		return true;
	fprintf(stderr, "connection %llu: %s\n",
	    (unsigned long long)at->connection_id, why.msg);
	return false;
}

static struct place *
places(size_t *count)
{
	struct place *all;

	must(stmt_list(db, pool, PLACES, STMT_NO_ARGS, PLACE_COLS, sizeof(*all),
	    &all, count, &err));
	return all;
}

static int
check(void)
{
	size_t count, opened = 0;
	struct place *all = places(&count);
	struct pool *p = pool_new(pool);

	for (size_t i = 0; i < count; i++, pool_reset(p))
		opened += opens(p, &all[i]);
	printf("%zu %zu\n", opened, count - opened);
	return 0;
}

static bool
seal_body(struct db *tx, void *arg, struct err *e)
{
	const struct place *at = arg;
	struct pool *p = pool_new(NULL);
	const char *text = word(p, at->connection_id);
	bool ok = keyring_seal(keyring, tx, p, at->org_id, at->connection_id,
	    CREDENTIAL_PASSWORD, secret_new(p, text, strlen(text)), e);

	pool_free(p);
	return ok;
}

static int
work(const char *flag)
{
	size_t count, opened = 0, sealed = 0, failed = 0;
	struct place *all = places(&count);
	struct pool *p = pool_new(pool);

	srand((unsigned)getpid());
	for (; access(flag, F_OK) == 0; pool_reset(p)) {
		struct place *at = &all[(size_t)rand() % count];
		bool seal = rand() % 8 == 0;
		struct err why = { 0 };
		bool ok = seal ? db_tx(db, seal_body, at, NULL, &why) :
		    opens(p, at);

		if (!ok && seal)
			fprintf(stderr, "seal: %s (%s)\n", why.msg, why.detail);
		opened += ok && !seal;
		sealed += ok && seal;
		failed += !ok;
	}
	printf("%zu %zu %zu\n", opened, sealed, failed);
	return 0;
}

int
main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";
	int status = 2;

	pool = pool_new(NULL);
	must(config_load(pool, config_path(), &config, &err));
	must(db_open(pool, config, DB_SYNC, &db, &err));
	must(keyring_open(pool, config, &keyring, &err));
	if (str_eq(verb, "fill") && argc == 5)
		status = fill(argv[2], argv[3], atoi(argv[4]));
	else if (str_eq(verb, "check") && argc == 2)
		status = check();
	else if (str_eq(verb, "work") && argc == 3)
		status = work(argv[2]);
	db_close(db);
	pool_free(pool);
	return status;
}
