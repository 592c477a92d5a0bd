#ifndef HAWSER_STORE_STORE_EVENT_H
#define HAWSER_STORE_STORE_EVENT_H
/*
 * Events with their overrides and written-ahead occurrences. A trigger bumps
 * event.rev on every write (overrides too), notes the event in pending for each
 * binding and puts the jobs; under db_quiet the functions here do that, for each
 * but the quiet one. Soft delete only; the
 * retention job removes for good. Visibility: who asks sees own and shared
 * calendars; user_id 0 = the worker, sees all of the organisation.
 */
#include "model/event.h"
#include "model/recur.h"
#include "store/stmt.h"
#include "store/store_types.h"

struct stored_event {
	uint64_t id, calendar_id, rev;
	when_t created_at, updated_at, deleted_at;	/* deleted_at WHEN_NONE = alive */
	struct event *event;
};

/* By id, overrides included: 1 / 0 / -1. Deleted ones are found too. */
ERR_CHECKED int store_event_find(struct db *db, struct pool *pool, uint64_t org,
    uint64_t user_id, uint64_t id, struct stored_event *out, struct err *err);
#define STORE_EVENT_MOST 1000
/* Many by id (at most STORE_EVENT_MOST), in the order of ids; absent ones have
 * id 0. */
ERR_CHECKED bool store_event_get_many(struct db *db, struct pool *pool,
    uint64_t org, const uint64_t *ids, size_t count,
    struct stored_event *out, struct err *err);
/* The same, locked until the transaction ends. */
ERR_CHECKED bool store_event_get_locked(struct db *db, struct pool *pool,
    uint64_t org, const uint64_t *ids, size_t count, struct stored_event *out,
    struct err *err);
/* Alive event of a calendar with this UID: 1 / 0 / -1. */
ERR_CHECKED int store_event_find_uid(struct db *db, struct pool *pool,
    uint64_t org, uint64_t calendar_id, const char *uid,
    struct stored_event *out, struct err *err);
/* The same for the UIDs of many events: ids_out[i] is 0 where there is none. */
#define STORE_EVENT_UIDS_MOST 2000
ERR_CHECKED bool store_event_find_uids(struct db *db, struct pool *pool,
    uint64_t org, uint64_t calendar_id, const struct event *const *events,
    size_t count, uint64_t *ids_out, struct err *err);

/* Alive ones by id, at most 500 after after_id (export pages through them). */
struct store_event_listing {
	uint64_t user_id;		/* who asks; 0 = the worker, sees all */
	uint64_t calendar_id;		/* 0 = all that the asker sees */
	uint64_t after_id;
};
ERR_CHECKED bool store_event_list_alive(struct db *db, struct pool *pool,
    uint64_t org, const struct store_event_listing *what,
    struct stored_event **out, size_t *count_out, struct err *err);

/* In a transaction. rev_out (may be NULL) is the row's rev afterwards. A single
 * event's occurrence is written here; of a series only the first one, the rest
 * by the occurrences job. */
ERR_CHECKED bool store_event_add(struct db *db, uint64_t org,
    uint64_t calendar_id, const struct event *e, uint64_t *id_out,
    uint64_t *rev_out, struct err *err);
ERR_CHECKED bool store_event_put(struct db *db, uint64_t org, uint64_t id,
    const struct event *e, uint64_t *rev_out, struct err *err);
/* As put, but only if the row is still at rev: ERR_CONFLICT otherwise. */
ERR_CHECKED bool store_event_put_if(struct db *db, uint64_t org, uint64_t id,
    uint64_t rev, const struct event *e, uint64_t *rev_out, struct err *err);
/* Many of one calendar at once, under a binding that is quiet: as they were
 * locked in this transaction (store_event_get_locked), alive, and without changed
 * dates before and after. rev: as seen, then the new one. */
struct store_event_change {
	uint64_t id, rev;
	const struct event *event;	/* NULL = it is deleted */
};
ERR_CHECKED bool store_event_put_many(struct db *db, struct pool *pool,
    uint64_t org, uint64_t calendar_id, struct store_event_change *all,
    size_t count, struct err *err);
ERR_CHECKED bool store_event_remove_many(struct db *db, struct pool *pool,
    uint64_t org, uint64_t calendar_id, struct store_event_change *all,
    size_t count, struct err *err);
ERR_CHECKED bool store_event_remove(struct db *db, uint64_t org, uint64_t id,
    uint64_t *rev_out, struct err *err);	/* soft; occurrences go */
ERR_CHECKED bool store_event_restore(struct db *db, uint64_t org, uint64_t id,
    uint64_t *rev_out, struct err *err);
/* To another calendar, alive and deleted ones alike. */
ERR_CHECKED bool store_event_move(struct db *db, uint64_t org, uint64_t id,
    uint64_t calendar_id, uint64_t *rev_out, struct err *err);
/* Many new events at once (pull): array binding, ids in order. The rev of each
 * is 1 and one more for every override. */
ERR_CHECKED bool store_event_add_many(struct db *db, struct pool *pool,
    uint64_t org, uint64_t calendar_id, const struct event *const *events,
    size_t count, uint64_t *ids_out, struct err *err);

/* ---- occurrences ---- */
/* No rule, no overrides. What store_event_add writes is all there is, unless
 * its time zone has to be worked out first. */
bool store_event_is_single(const struct event *e);
/* Alive events whose occurrences are behind, by id; then, while there is room,
 * series whose window has to move on, the longest due first. */
struct event_behind { uint64_t id, rev; };
ERR_CHECKED bool store_event_list_behind(struct db *db, struct pool *pool,
    uint64_t org, size_t most, struct event_behind **out, size_t *count_out,
    struct err *err);
/* Replaces the occurrences of those events (at most 50) that are still at rev;
 * in a transaction. */
struct event_expanded {
	uint64_t id, rev;
	const struct event *event;
	const struct recur_instance *instances;
	size_t count;
	when_t renew_at;		/* WHEN_NONE: never */
	const char *problem;		/* why only so many; NULL = all is well */
};
ERR_CHECKED bool store_event_put_instances(struct db *db, struct pool *pool,
    uint64_t org, const struct event_expanded *all, size_t count,
    struct err *err);

/* What is written ahead of one date of an event. */
struct event_written {
	bool there;
	bool behind;			/* for what it said before, perhaps */
	bool too_hard;			/* its rule could not be worked out */
};
ERR_CHECKED bool store_event_find_written(struct db *db, uint64_t org,
    uint64_t id, const char *recurrence_id, struct event_written *out,
    struct err *err);
/* One date taken out of a series goes from the agenda at once. */
ERR_CHECKED bool store_event_drop_instance(struct db *db, uint64_t org,
    uint64_t id, const char *recurrence_id, struct err *err);
/* This date and all behind it. */
ERR_CHECKED bool store_event_drop_instances_from(struct db *db, uint64_t org,
    uint64_t id, const char *recurrence_id, struct err *err);

/* One line of the agenda. state: what its badge says. */
enum event_sync_state {
	EVENT_SYNC_LOCAL,	/* its calendar is connected to nothing */
	EVENT_SYNC_AGREED,	/* both sides agree */
	EVENT_SYNC_WAITING,	/* waits to be sent */
	EVENT_SYNC_CONFLICT,	/* an unresolved conflict */
	EVENT_SYNC_SET_ASIDE,	/* a dead letter, see its reason */
	EVENT_SYNC_STAYS,	/* changed here, and nothing is sent there */
};
struct agenda_row {
	uint64_t event_id, calendar_id;
	const char *recurrence_id;
	when_t starts_at, ends_at;
	struct wall start_wall, end_wall;
	bool all_day, is_override;
	bool floating;			/* the walls hold, wherever one is */
	const char *summary, *color;
	int sync_state;			/* enum event_sync_state */
	bool is_series;
};
/* Occurrences that overlap [from, until) in the calendars the user sees, by
 * start; all-day and floating ones by date (a margin of 14 h is asked for, the
 * page filters by date). At most 2,000. */
ERR_CHECKED bool store_event_agenda(struct db *db, struct pool *pool,
    uint64_t org, uint64_t user_id, when_t from, when_t until,
    struct agenda_row **out, size_t *count_out, struct err *err);

/* The badge of one event, and what is behind it. 1 / 0 / -1 */
struct event_state {
	int sync_state;			/* enum event_sync_state */
	uint64_t conflict_id;		/* the newest unresolved; 0 = none */
	const char *set_aside_reason;	/* NULL = none */
	const char *rule_problem;	/* why dates are missing; NULL = none */
};
ERR_CHECKED int store_event_find_state(struct db *db, struct pool *pool,
    uint64_t org, uint64_t id, struct event_state *out, struct err *err);

/* What decides who may change a calendar's events. 0: the viewer (0 = the
 * worker) does not see that calendar. Locked: read-only there, or pulled only. */
struct event_rights_of { uint64_t viewer, calendar_id, event_id; };
struct event_rights {
	uint64_t calendar_id, user_id;
	bool shared;
	const char *name, *color;
	uint64_t bindings, locked_bindings;
	uint64_t locked_links;		/* of the event, when one is asked for */
};
ERR_CHECKED int store_event_find_rights(struct db *db, struct pool *pool,
    uint64_t org, const struct event_rights_of *of, struct event_rights *out,
    struct err *err);

/* Open conflicts about events that the viewer (0 = the worker) sees. */
ERR_CHECKED bool store_event_count_conflicts(struct db *db, uint64_t org,
    uint64_t viewer, uint64_t *out, struct err *err);
#endif
