#ifndef HAWSER_STORE_STORE_EVENT_HISTORY_H
#define HAWSER_STORE_STORE_EVENT_HISTORY_H
/*
 * Where an event stands with each server, and what the runs did with it: what
 * its page tells. Only of the viewer's own connections (0 = all).
 */
#include "store/stmt.h"

struct event_place {
	uint64_t connection_id;
	const char *connection, *collection;
	when_t synced_at, waits_since;	/* WHEN_NONE = never; nothing waits */
	bool sends;			/* changes from here go there */
	uint64_t dead_id;		/* set aside; 0 = not */
	const char *dead_reason;
};
struct event_happening {
	uint64_t run_id;
	int kind, phase;		/* enum sync_kind, sync_phase */
	const char *reason, *message, *connection;
	when_t updated_at;
	struct stmt_blob before;	/* what stood here before; data NULL = none */
};
struct event_history_of { uint64_t viewer, event_id, calendar_id; };
ERR_CHECKED bool store_event_list_places(struct db *db, struct pool *pool,
    uint64_t org, const struct event_history_of *of, struct event_place **out,
    size_t *count_out, struct err *err);
/* Newest first, at most 20. */
ERR_CHECKED bool store_event_list_history(struct db *db, struct pool *pool,
    uint64_t org, const struct event_history_of *of,
    struct event_happening **out, size_t *count_out, struct err *err);

struct event_clash {
	uint64_t id;
	const char *fields;
	int winner;			/* 1 ours 2 theirs */
	when_t created_at, resolved_at;
};
ERR_CHECKED bool store_event_list_clashes(struct db *db, struct pool *pool,
    uint64_t org, const struct event_history_of *of, struct event_clash **out,
    size_t *count_out, struct err *err);

/* Alive events by a part of their title, and what was set aside without ever
 * becoming one (event_id 0; of own connections): at most 100 of each. */
struct event_found {
	uint64_t event_id, calendar_id, connection_id;
	const char *title, *calendar, *color;
	struct wall start_wall;		/* year 0 = unknown */
	bool all_day;
	int zone_kind;			/* enum event_zone_kind */
	const char *tzid, *zones;	/* as in the event; zones may be cut */
	uint64_t dead_id;		/* set aside on a way of one's own; 0 = not */
	const char *dead_reason;	/* on anybody's; "" = not set aside */
};
ERR_CHECKED bool store_event_search(struct db *db, struct pool *pool,
    uint64_t org, uint64_t viewer, const char *title,
    struct event_found **out, size_t *count_out, struct err *err);
#endif
