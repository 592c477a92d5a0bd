#ifndef HAWSER_T_STORE_WORLD_H
#define HAWSER_T_STORE_WORLD_H
/* What tests of connections and calendars stand on: an open database, two
 * organisations, users, and rows put there without the acts. */
#include <stdlib.h>

#include "store/store_binding.h"
#include "store/store_calendar.h"
#include "store/store_collection.h"
#include "store/store_connection.h"
#include "store/store_link.h"
#include "store/store_org.h"
#include "store/store_user.h"
#include "t/tap.h"
#include "util/config.h"

static struct pool *pool;
static struct config *config;
static struct db *admin, *db;		/* db: the sync account */

/* A step of the set-up: its error ends the test. */
static struct err world_err;
#define must(call) do { if (!(call)) \
	die("%s:%d: %s (%s)", __FILE__, __LINE__, world_err.msg, \
	    world_err.detail); } while (0)

static inline void
world_open(void)
{
	pool = pool_new(NULL);
	must(config_load(pool, config_path(), &config, &world_err));
	must(db_open(pool, config, DB_ADMIN, &admin, &world_err));
	must(db_open(pool, config, DB_SYNC, &db, &world_err));
}

static inline int
world_close(void)
{
	db_close(db);
	db_close(admin);
	pool_free(pool);
	return done();
}

static inline uint64_t
world_org(const char *name)
{
	uint64_t id = 0;

	must(store_org_add(admin, name, &id, &world_err));
	return id;
}

static inline uint64_t
world_user(uint64_t org, const char *email, enum role role)
{
	struct user_new u = { email, email, "Europe/Berlin", "*" };
	uint64_t id = 0;

	must(store_user_add(admin, pool, &u, &id, &world_err));
	must(store_user_add_membership(admin, org, id, role, &world_err));
	return id;
}

static inline uint64_t
world_connection(uint64_t org, uint64_t user, const char *name)
{
	struct connection_new c = { user, "caldav", name, "account", "login",
	    pool_printf(pool, "https://%s.example/", name), "" };
	uint64_t id = 0;

	must(store_connection_add(db, org, &c, &id, &world_err));
	return id;
}

static inline uint64_t
world_number(const char *sql, struct stmt_args args)
{
	uint64_t n = 0;

	must(stmt_count(db, sql, args, &n, &world_err));
	return n;
}

/* The only collection of the connection. */
static inline uint64_t
world_collection(uint64_t org, uint64_t connection)
{
	static const char first[] = "SELECT MIN(id) FROM collection "
	    "WHERE org_id = ? AND connection_id = ?";
	struct collection_found found = { "/cal/a/", "Work", "#336699", false };

	must(store_collection_take(db, pool, org, connection, &found, 1, &world_err));
	return world_number(first, STMT_ARGS(STMT_U64(org),
	    STMT_U64(connection)));
}

static inline uint64_t
world_event(uint64_t org, uint64_t calendar, const char *uid)
{
	static const char insert[] = "INSERT INTO event (org_id, calendar_id, "
	    "uid, summary, start_wall) VALUES (?, ?, ?, 'Title', "
	    "'2026-11-20 10:00:00')";
	uint64_t id = 0;

	must(stmt_insert(db, insert, STMT_ARGS(STMT_U64(org),
	    STMT_U64(calendar), STMT_TEXT(uid)), &id, &world_err));
	return id;
}

static inline void
world_link(uint64_t org, uint64_t binding, uint64_t event)
{
	struct link_row l = { .binding_id = binding, .event_id = event,
	    .remote_id = pool_printf(pool, "/cal/%llu.ics",
	    (unsigned long long)event), .base = { "", 0 }, .synced_rev = 1 };

	l.remote_key = store_link_key(l.remote_id);
	l.base.data = "base";
	l.base.len = 4;
	must(store_link_put(db, org, &l, 1, &world_err));
}
#endif
