#ifndef HAWSER_PROVIDERS_GOOGLE_MAP_P_H
#define HAWSER_PROVIDERS_GOOGLE_MAP_P_H
/* Shared by the google_map_*.c files. An item is one JSON event: a master or
 * an exception. */
#include "providers/google_map.h"
#include "util/jsonx.h"
#include "util/str.h"

#define GOOGLE_MAP_TEXT_MAX (8 * 1024 * 1024)
#define GOOGLE_MAP_PIECE 1000	/* bytes of a private property's value */

/* ---- members (google_map_json.c) ---- */

/* ERR_INPUT, scope ITEM. */
bool google_map_bad(struct err *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* NULL: not there, or null. */
const json_t *google_map_member(const json_t *object, const char *key);
/* A text; NULL = absent. False: it is something else. */
ERR_CHECKED bool google_map_text(const json_t *object, const char *key,
    const char **out, struct err *err);
/* The same where nothing else than a text says anything. */
const char *google_map_word(const json_t *object, const char *key);
bool google_map_flag(const json_t *object, const char *key);
bool google_map_is_cancelled(const json_t *item);
const char *google_map_private(const json_t *item, const char *key);
const json_t *google_map_privates(const json_t *item);
/* prefix0, prefix1, ... joined; "" = none. */
char *google_map_pieces(struct pool *pool, const json_t *item,
    const char *prefix);
/* RFC 7396; a copy of target in pool. */
json_t *google_map_merge(struct pool *pool, const json_t *target,
    const json_t *patch);
json_t *google_map_object(struct pool *pool);
/* Takes over value; NULL = null. */
void google_map_set(json_t *object, const char *key, json_t *value);
json_t *google_map_string(const char *text);	/* NULL text: JSON null */

/* What is to become of an item: its members, and its private properties. */
struct google_map_edit {
	struct pool *pool;
	const json_t *now;	/* what Google has */
	bool all;		/* not all that it has is known: name everything */
	json_t *body, *private;
};
void google_map_edit_open(struct google_map_edit *edit, struct pool *pool,
    const json_t *now);
/* NULL = none: null, where there is one. */
void google_map_edit_private(struct google_map_edit *edit, const char *key,
    const char *value);
void google_map_edit_pieces(struct google_map_edit *edit, const char *prefix,
    const char *text);
/* The body; NULL = nothing to change. */
json_t *google_map_edit_close(struct google_map_edit *edit);

/* ---- what is told (google_map_told.c) ---- */

struct google_map_told {	/* {"date"} or {"dateTime", "timeZone"} */
	bool is_date;
	struct wall date;
	when_t at;		/* whole seconds; a date: as UTC */
	const char *zone;	/* before: where none is named, or known; then
				 * that of the time, an IANA name or "UTC" */
};
ERR_CHECKED bool google_map_told_read(struct pool *pool, const json_t *item,
    const char *key, struct google_map_told *out, struct err *err);
json_t *google_map_told_date(const struct wall *w);
json_t *google_map_told_time(const char *zone, when_t at);
bool google_map_told_is_utc(const char *zone);
/* Wall time in a zone by its name ("UTC"), and back. */
when_t google_map_time_at(const char *zone, const struct wall *w);
struct wall google_map_time_wall(const char *zone, when_t at);
/* The zone of the calendar; "UTC" when it is none we know. */
const char *google_map_time_home(struct pool *pool,
    const struct google_map_context *ctx);

/* ---- times (google_map_time.c) ---- */

/* How an item's times are told by Google, and where a series is at home. */
struct google_map_frame {
	const char *zone;	/* IANA name, "UTC" */
	bool is_series;
	const struct event_part *master;	/* of an exception; NULL = none */
};
/* Into out's time fields. frame->zone: where there is no timeZone; becomes the
 * zone the start is told in. */
ERR_CHECKED bool google_map_time_read(struct pool *pool, const json_t *item,
    struct google_map_frame *frame, struct event_part *out, struct err *err);
/* start and end, and the private properties about them, into edit. */
ERR_CHECKED bool google_map_time_write(struct google_map_edit *edit,
    struct google_map_frame *frame, const struct event *e,
    const struct event_part *part, struct err *err);
/* Which date of the series is this exception? key in the form of
 * frame->master; told: as Google tells it, "20260112" or in UTC. */
ERR_CHECKED bool google_map_time_original(struct pool *pool,
    const json_t *item, const struct google_map_frame *frame,
    const char **key_out, const char **told_out, struct err *err);
/* The instance that the series makes, as JSON; master: Google's. */
json_t *google_map_time_instance(struct pool *pool, const json_t *master,
    const struct google_map_frame *frame, const char *key);
/* A key in UTC, or a date; NULL: rubbish. */
char *google_map_time_told(struct pool *pool,
    const struct google_map_frame *frame, const char *key);
/* Do two parts say the same time? */
bool google_map_time_same(struct pool *pool, const struct event_part *a,
    const struct event_part *b);
/* What the series makes of a key. */
bool google_map_time_made(struct pool *pool, const struct event_part *master,
    const char *key, struct event_part *out);
/* ---- recurrence (google_map_rules.c) ---- */

struct google_map_keys { const char **list; size_t count, cap; };
void google_map_keys_add(struct pool *pool, struct google_map_keys *to,
    const char *key);
bool google_map_keys_has(const struct google_map_keys *keys, const char *key);

/* The lines of a recurrence array in the form of e's master; zone: Google's. */
ERR_CHECKED bool google_map_rules_read(struct pool *pool, const json_t *item,
    const char *zone, const struct event *e, char **out, struct err *err);
/* Lines without EXDATE, and the keys of EXDATE. */
char *google_map_rules_split(struct pool *pool, const struct event *e,
    struct google_map_keys *exdates);
/* One line of EXDATEs in the form of the master; "" = none. */
char *google_map_rules_exdates(struct pool *pool,
    const struct event_part *master, const struct google_map_keys *keys);
/* e's recurrence for Google, its EXDATEs replaced; NULL = none. */
ERR_CHECKED bool google_map_rules_write(struct pool *pool,
    const struct event *e, const char *zone,
    const struct google_map_keys *exdates, json_t **out, struct err *err);
bool google_map_rules_same(struct pool *pool, const struct event_part *master,
    const char *a, const char *b);

/* Keys the series makes between two keys, its own overrides apart. A child. */
struct google_map_span { const char *first, *last; };
ERR_CHECKED bool google_map_dates_made(struct pool *pool,
    const struct event *e, const struct google_map_span *span,
    struct google_map_keys *out, struct err *err);

/* ---- items (google_map.c, google_map_part.c) ---- */

/* All but recurrence. */
ERR_CHECKED bool google_map_part_read(struct pool *pool, const json_t *item,
    struct google_map_frame *frame, struct event_part *out, struct err *err);
/* What differs between have and want goes into edit. have NULL: everything. */
struct google_map_pair { const struct event_part *have, *want; };
ERR_CHECKED bool google_map_part_write(struct google_map_edit *edit,
    struct google_map_frame *frame, const struct event *e,
    const struct google_map_pair *pair, struct err *err);
/* Is an exception nothing but what the series makes? */
bool google_map_part_is_made(struct pool *pool,
    const struct event_part *master, const struct event_part *part);
bool google_map_part_fits(struct pool *pool, const json_t *item,
    const struct event_part *part, struct err *err);

/* An exception, placed in its series. */
struct google_map_place {
	const json_t *item;
	const char *key, *told;
	bool cancelled, old;
};
/* Sorted by key; the first one of a key is the one that counts. */
ERR_CHECKED bool google_map_places(struct pool *pool,
    const struct google_map_parts *parts, const struct google_map_frame *frame,
    struct google_map_place **out, struct err *err);
/* Dates that were given up, as told; into keys. */
void google_map_old(struct pool *pool, const json_t *master,
    struct google_map_keys *keys);
/* An exception's id: its own, or as Google builds it; NULL = neither. */
char *google_map_place_id(struct pool *pool, const json_t *master,
    const json_t *item, const char *told);
/* What google_map_changes make of parts. */
ERR_CHECKED bool google_map_apply(struct pool *pool,
    const struct google_map_context *ctx, const struct google_map_parts *parts,
    const struct google_map_changes *changes, struct google_map_parts *out,
    struct err *err);
#endif
