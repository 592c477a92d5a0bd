/* Google's items to events: a master and its exceptions. Must not know HTTP or
 * the database. */
#include "providers/google_map.h"
#include <stdlib.h>
#include <string.h>
#include "model/contentline.h"
#include "providers/google_map_p.h"
#include "util/digest.h"
#include "util/banned.h"

#define EXCEPTIONS_MAX 20000

bool google_map_is_gone(const json_t *item)
{
	return google_map_is_cancelled(item) && !google_map_series_of(item);
}

const char *google_map_series_of(const json_t *item)
{
	const char *id = google_map_word(item, "recurringEventId");

	return id && *id ? id : NULL;
}

enum google_map_use google_map_use(const json_t *item)
{
	const json_t *organizer = json_object_get(item, "organizer");
	const char *type = google_map_word(item, "eventType");

	if (!json_is_object(item) || (!type &&
	    google_map_member(item, "eventType")))
		return GOOGLE_MAP_SKIP;
	if (str_eq(type, "birthday") || str_eq(type, "fromGmail"))
		return GOOGLE_MAP_READ_ONLY;
	if (type && *type && !str_eq(type, "default"))
		return GOOGLE_MAP_SKIP;
	if (google_map_flag(item, "locked"))
		return GOOGLE_MAP_READ_ONLY;
	if (json_is_object(organizer) && !google_map_flag(organizer, "self") &&
	    !google_map_flag(item, "guestsCanModify"))
		return GOOGLE_MAP_READ_ONLY;
	return GOOGLE_MAP_SYNC;
}

/* ---- exceptions ---- */

static int place_cmp(const void *a, const void *b)
{
	const struct google_map_place *x = a, *y = b;
	const char *xid = google_map_word(x->item, "id");
	const char *yid = google_map_word(y->item, "id");
	int c = strcmp(x->key, y->key);

	if (c)
		return c;
	if (x->cancelled != y->cancelled)
		return x->cancelled ? 1 : -1;
	if (x->old != y->old)
		return x->old ? 1 : -1;
	return strcmp(xid ? xid : "", yid ? yid : "");
}

void google_map_old(struct pool *pool, const json_t *master,
    struct google_map_keys *keys)
{
	const char *at = google_map_pieces(pool, master, "hawserOld");

	while (*at) {
		size_t len = strcspn(at, ",");

		if (len)
			google_map_keys_add(pool, keys,
			    pool_strndup(pool, at, len));
		at += len;
		at += *at == ',';
	}
}

bool google_map_places(struct pool *pool, const struct google_map_parts *parts,
    const struct google_map_frame *frame, struct google_map_place **out,
    struct err *err)
{
	struct google_map_place *list =
	    pool_array(pool, parts->count + 1, sizeof(*list));
	struct google_map_keys old = { 0 };

	google_map_old(pool, parts->master, &old);
	for (size_t i = 0; i < parts->count; i++) {
		struct google_map_place *p = &list[i];

		p->item = parts->exceptions[i];
		p->cancelled = google_map_is_cancelled(p->item);
		if (!json_is_object(p->item))
			return google_map_bad(err, "A changed date of Google's "
			    "series cannot be read.");
		if (!google_map_time_original(pool, p->item, frame, &p->key,
		    &p->told, err))
			return false;
		p->old = p->cancelled && google_map_keys_has(&old, p->told);
	}
	if (parts->count)
		qsort(list, parts->count, sizeof(*list), place_cmp);
	*out = list;
	return true;
}

char *google_map_place_id(struct pool *pool, const json_t *master,
    const json_t *item, const char *told)
{
	const char *id = google_map_word(item, "id");
	const char *of = google_map_word(master, "id");

	if (id && *id)
		return pool_strdup(pool, id);
	return of && *of && told ? pool_printf(pool, "%s_%s", of, told) : NULL;
}

struct reading {
	struct pool *pool;
	const struct google_map_parts *parts;
	struct google_map_frame frame;
	struct event *e;
	struct google_map_keys cancelled;
};

static bool take_override(struct reading *r, const struct google_map_place *p,
    struct err *err)
{
	struct google_map_frame frame = r->frame;
	struct event_part part;

	frame.is_series = false;
	if (!google_map_part_read(r->pool, p->item, &frame, &part, err))
		return err_add(err, "Changed date %.16s", p->key);
	part.recurrence_id = p->key;
	if (google_map_private(p->item, "hawserOwn") ||
	    !google_map_part_is_made(r->pool, &r->e->master, &part))
		r->e->overrides[r->e->override_count++] = part;
	return true;
}

static bool take_exceptions(struct reading *r, struct err *err)
{
	struct google_map_place *list;

	r->frame.master = &r->e->master;
	if (!google_map_places(r->pool, r->parts, &r->frame, &list, err))
		return false;
	r->e->overrides = pool_array(r->pool, r->parts->count + 1,
	    sizeof(*r->e->overrides));
	for (size_t i = 0; i < r->parts->count; i++) {
		if (list[i].old ||
		    (i && strcmp(list[i].key, list[i - 1].key) == 0))
			continue;
		if (list[i].cancelled)
			google_map_keys_add(r->pool, &r->cancelled, list[i].key);
		else if (!take_override(r, &list[i], err))
			return false;
	}
	return true;
}

static bool take_rules(struct reading *r, struct err *err)
{
	char *rules;

	if (!google_map_rules_read(r->pool, r->parts->master, r->frame.zone,
	    r->e, &rules, err))
		return false;
	if (r->cancelled.count) {
		char *dates = google_map_rules_exdates(r->pool, &r->e->master,
		    &r->cancelled);

		rules = pool_printf(r->pool, "%s%s%s", rules ? rules : "",
		    rules ? "\n" : "", dates);
	}
	r->e->master.recurrence = rules;
	return true;
}

static bool take_uid(struct reading *r, struct err *err)
{
	const json_t *master = r->parts->master;
	const char *uid = google_map_private(master, "hawserUid");
	const char *whose = google_map_private(master, "hawserFor"), *id;

	if (!google_map_text(master, "id", &id, err) ||
	    (uid && whose && !str_eq(whose, id)))
		uid = NULL;	/* a copy that somebody made at Google */
	if (!uid && !google_map_text(master, "iCalUID", &uid, err))
		return false;
	if (!uid && id)
		uid = pool_printf(r->pool, "%s@google.com", id);
	r->e->uid = pool_strdup(r->pool, uid);
	return true;
}

static const char *kind_of(const json_t *master)
{
	static const char *const kinds[] = { "appointment", "job", "task" };
	const char *kind = google_map_private(master, "hawserKind");

	for (size_t i = 0; i < 3; i++)
		if (str_eq(kind, kinds[i]))
			return kinds[i];
	return "event";
}

/* VTIMEZONEs are asked for only where a zone has nothing else. */
static const char *zones_of(struct pool *pool, const json_t *master,
    const struct event_part *part)
{
	if (part->zone_kind != EVENT_ZONE_NAMED ||
	    (event_zone_iana(pool, NULL, part->tzid) && (!part->end_tzid ||
	    event_zone_iana(pool, NULL, part->end_tzid))))
		return "";
	return google_map_pieces(pool, master, "hawserZ");
}

bool google_map_read(struct pool *pool, const struct google_map_context *ctx,
    const struct google_map_parts *parts, struct event **out, struct err *err)
{
	struct event *e = POOL_NEW(pool, struct event);
	struct reading r = { .pool = pool, .parts = parts, .e = e };

	if (!json_is_object(parts->master))
		return google_map_bad(err, "Google's event cannot be read.");
	if (google_map_is_cancelled(parts->master))
		return err_set_scope(err, ERR_GONE, ERR_ITEM,
		    "The event was deleted at Google.");
	if (parts->count > EXCEPTIONS_MAX)
		return google_map_bad(err, "The series has more than %d "
		    "changed dates at Google.", EXCEPTIONS_MAX);
	r.frame.zone = google_map_time_home(pool, ctx);
	r.frame.is_series = google_map_member(parts->master, "recurrence");
	if (!google_map_part_read(pool, parts->master, &r.frame, &e->master,
	    err) || !take_uid(&r, err))
		return false;
	e->kind = kind_of(parts->master);
	e->zones = zones_of(pool, parts->master, &e->master);
	e->has_master = true;
	if (!take_exceptions(&r, err) || !take_rules(&r, err))
		return false;
	if (!event_check(pool, e, err)) {
		err->scope = ERR_ITEM;
		return false;
	}
	*out = event_copy(pool, e);
	return true;
}

/* A patch of ours has given these up with its master; they go with it, unless
 * the series makes them again. */
size_t google_map_leftovers(struct pool *pool,
    const struct google_map_context *ctx, const struct google_map_parts *parts,
    const char ***ids_out)
{
	struct google_map_frame frame = { .is_series = true,
	    .zone = google_map_time_home(pool, ctx) };
	struct google_map_keys old = { 0 }, made = { 0 }, found = { 0 };
	struct google_map_place *list;
	struct event_part master;
	struct event *e;
	struct err ignored;

	*ids_out = NULL;
	google_map_old(pool, parts->master, &old);
	if (!old.count || !parts->count || !google_map_read(pool, ctx, parts, &e,
	    &ignored) || !google_map_part_read(pool, parts->master, &frame,
	    &master, &ignored))
		return 0;
	frame.master = &master;
	if (!google_map_places(pool, parts, &frame, &list, &ignored) ||
	    !google_map_dates_made(pool, e, &(struct google_map_span){
	    list[0].key, list[parts->count - 1].key }, &made, &ignored))
		return 0;
	for (size_t i = 0; i < parts->count; i++)
		if (!list[i].cancelled && google_map_keys_has(&old,
		    list[i].told) && !google_map_keys_has(&made, list[i].key) &&
		    google_map_word(list[i].item, "id"))
			google_map_keys_add(pool, &found,
			    google_map_word(list[i].item, "id"));
	*ids_out = found.list;
	return found.count;
}
