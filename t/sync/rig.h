#ifndef HAWSER_T_SYNC_RIG_H
#define HAWSER_T_SYNC_RIG_H
/* A calendar here, a fake collection there, and the engine between them. */
#include <unistd.h>
#include "store/store_event.h"
#include "sync/engine.h"
#include "t/store/world.h"
#include "t/sync/provider_fake.h"

struct rig {
	uint64_t org, user, connection, calendar, binding;
	struct fake *fake;
	struct engine engine;
	struct engine_result result;
	struct pool *pool;		/* of the scenario */
};

static int rig_count;

static bool rig_session(struct engine *engine, struct pool *p, uint64_t org,
    uint64_t connection_id, struct provider_session **out, struct err *err)
{
	struct provider_session *s = POOL_NEW(p, struct provider_session);

	(void)engine;
	(void)org;
	(void)connection_id;
	(void)err;
	s->provider = &fake_provider;
	s->pool = p;
	s->parallel = 1;
	*out = s;
	return true;
}

static int rig_slept_ms;

static void rig_sleep(int ms)
{
	rig_slept_ms += ms;
}

static inline struct engine rig_engine(struct db *on)
{
	return (struct engine){ .db = on, .config = config,
	    .open_session = rig_session, .sleep_ms = rig_sleep };
}

static inline uint64_t rig_calendar(struct rig *r, const char *name)
{
	uint64_t id = 0;

	must(store_calendar_add(db, r->org, r->user, name, "#336699", false, &id,
	    &world_err));
	return id;
}

struct add_arg { struct rig *r; struct binding_new b; };

static bool rig_bind_body(struct db *on, void *arg, struct err *err)
{
	struct add_arg *a = arg;

	return store_binding_add(on, a->r->org, &a->b, &a->r->binding, err);
}

/* A fresh connection of the one organisation. */
static inline struct rig rig_open(uint64_t org, uint64_t user,
    enum binding_direction direction, enum binding_policy policy)
{
	struct rig r = { .org = org, .user = user, .fake = fake_new(),
	    .pool = pool_new(NULL), .engine = rig_engine(db) };
	struct add_arg a = { .r = &r };

	r.connection = world_connection(org, user, pool_printf(r.pool, "rig%d",
	    ++rig_count));
	r.calendar = rig_calendar(&r, "Work");
	a.b = (struct binding_new){ .calendar_id = r.calendar,
	    .collection_id = world_collection(org, r.connection),
	    .connection_id = r.connection, .direction = direction,
	    .policy = policy };
	must(db_tx(db, rig_bind_body, &a, NULL, &world_err));
	return r;
}

static inline void rig_close(struct rig *r)
{
	fake_forget(r->fake);
	pool_free(r->pool);
}

static inline enum engine_end rig_run_with(struct rig *r,
    const struct engine_opts *more)
{
	struct engine_opts opts = more ? *more : (struct engine_opts){ 0 };
	struct err err = { 0 };

	opts.org_id = r->org;
	opts.connection_id = r->connection;
	if (!opts.cause)
		opts.cause = RUN_BY_COMMAND;
	fake_use(r->fake);
	if (!engine_run(&r->engine, &opts, &r->result, &err)) {
		note("run failed: %s (%s)", err.msg, err.detail);
		return (enum engine_end)-1;
	}
	return r->result.end;
}

static inline enum engine_end rig_run(struct rig *r)
{
	return rig_run_with(r, NULL);
}

/* The event here with this UID, deleted or not: the newest. */
static inline uint64_t rig_find(struct rig *r, const char *uid)
{
	static const char sql[] = "SELECT MAX(id) FROM event WHERE org_id = ? "
	    "AND calendar_id = ? AND uid = ?";

	return world_number(sql, STMT_ARGS(STMT_U64(r->org),
	    STMT_U64(r->calendar), STMT_TEXT(uid)));
}

struct local { struct rig *r; const char *uid, *title, *place; };

static bool rig_local_body(struct db *on, void *arg, struct err *err)
{
	struct local *l = arg;
	uint64_t id = rig_find(l->r, l->uid);

	if (!l->title)
		return store_event_remove(on, l->r->org, id, NULL, err);
	if (id)
		return store_event_put(on, l->r->org, id, fake_event(l->r->pool,
		    l->uid, l->title, l->place), NULL, err);
	return store_event_add(on, l->r->org, l->r->calendar, fake_event(
	    l->r->pool, l->uid, l->title, l->place), &id, NULL, err);
}

/* As a person here would do it. title NULL = delete. */
static inline void rig_put(struct rig *r, const char *uid, const char *title,
    const char *place)
{
	struct local l = { r, uid, title, place };

	must(db_quiet(db, 0, &world_err));
	must(db_tx(db, rig_local_body, &l, NULL, &world_err));
}

static inline const char *rig_words(struct rig *r, const char *uid)
{
	struct stored_event e = { 0 };
	uint64_t id = rig_find(r, uid);

	if (!id)
		return NULL;
	must(store_event_get_many(db, r->pool, r->org, &id, 1, &e, &world_err));
	if (e.deleted_at != WHEN_NONE)
		return NULL;
	return pool_printf(r->pool, "%s/%s", e.event->master.summary,
	    e.event->master.location ? e.event->master.location : "");
}

static inline uint64_t rig_alive(struct rig *r)
{
	static const char sql[] = "SELECT COUNT(*) FROM event WHERE org_id = ? "
	    "AND calendar_id = ? AND deleted_at IS NULL";

	return world_number(sql, STMT_ARGS(STMT_U64(r->org),
	    STMT_U64(r->calendar)));
}

static inline uint64_t rig_pending(struct rig *r)
{
	static const char sql[] = "SELECT COUNT(*) FROM pending "
	    "WHERE org_id = ? AND binding_id = ?";

	return world_number(sql, STMT_ARGS(STMT_U64(r->org),
	    STMT_U64(r->binding)));
}

static inline uint64_t rig_conflicts(struct rig *r)
{
	static const char sql[] = "SELECT COUNT(*) FROM conflict "
	    "WHERE org_id = ? AND binding_id = ?";

	return world_number(sql, STMT_ARGS(STMT_U64(r->org),
	    STMT_U64(r->binding)));
}

static inline uint64_t rig_images(struct rig *r)
{
	static const char sql[] = "SELECT COUNT(*) FROM before_image i "
	    "WHERE i.org_id = ? AND i.run_id IN (SELECT s.id FROM sync_run s "
	    "WHERE s.org_id = ? AND s.connection_id = ?)";

	return world_number(sql, STMT_ARGS(STMT_U64(r->org), STMT_U64(r->org),
	    STMT_U64(r->connection)));
}

static inline bool rig_same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

/* What was listed counts as read: nothing is left to commit. */
static inline bool rig_settled(struct rig *r)
{
	static const char sql[] = "SELECT COUNT(*) FROM binding "
	    "WHERE org_id = ? AND id = ? AND cursor_value IS NOT NULL "
	    "AND next_cursor IS NULL AND page_cursor IS NULL AND listing = 0";

	return world_number(sql, STMT_ARGS(STMT_U64(r->org),
	    STMT_U64(r->binding))) == 1;
}

/* Once more: nothing is read, written or planned. */
static inline void rig_again(struct rig *r, const char *name)
{
	int before = fake_writes(r->fake), fetched = r->fake->fetched;
	enum engine_end end = rig_run(r);

	ok(end == ENGINE_DONE && fake_writes(r->fake) == before &&
	    r->fake->fetched == fetched && r->result.planned == 0,
	    "%s: run again: nothing to do (end %d, %d writes, %d fetched, %u "
	    "planned)", name, end, fake_writes(r->fake) - before,
	    r->fake->fetched - fetched, r->result.planned);
}
#endif
