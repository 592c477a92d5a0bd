/* From what Google has to the event that is wanted: the master's patch, then
 * those of single dates. Must not know how they are sent. */
#include <stdlib.h>
#include <string.h>
#include "model/event_series.h"
#include "providers/google_map_p.h"
#include "util/digest.h"
#include "util/banned.h"

struct patching {
	struct pool *pool;
	const struct google_map_context *ctx;
	const struct google_map_parts *parts;
	const struct event *have, *e;
	struct google_map_edit edit;		/* of the master */
	struct google_map_frame frame;		/* of the wanted master */
	const json_t *master;			/* Google's, once patched */
	char *rules;				/* wanted, without EXDATE */
	struct google_map_keys exdates;		/* wanted */
	struct google_map_keys covered;		/* by cancelled exceptions */
	struct google_map_keys old;		/* dates given up, as told */
	bool rules_differ;
	struct google_map_span span;		/* of Google's exceptions */
	struct { bool known; struct google_map_keys keys; } made;
	struct google_map_changes *out;
};

static const struct event_part *override_of(const struct event *e,
    const char *key)
{
	for (size_t i = 0; i < e->override_count; i++)
		if (str_eq(e->overrides[i].recurrence_id, key))
			return &e->overrides[i];
	return NULL;
}

/* ---- the master ---- */

static void write_names(struct patching *p)
{
	const char *id = google_map_word(p->parts->master, "id");

	if (!p->have || !str_eq(p->have->uid, p->e->uid)) {
		google_map_edit_private(&p->edit, "hawserUid", p->e->uid);
		google_map_edit_private(&p->edit, "hawserFor", id);
	}
	if (!p->have || !str_eq(p->have->kind, p->e->kind))
		google_map_edit_private(&p->edit, "hawserKind",
		    !p->e->kind || str_eq(p->e->kind, "event") ? NULL :
		    p->e->kind);
}

/* Floating times stay in the zone they are in at Google. */
static const char *floating_zone(struct patching *p)
{
	const char *zone = google_map_private(p->parts->master,
	    "hawserFloating");

	return zone && event_zone_iana(p->pool, NULL, zone) ? zone :
	    google_map_time_home(p->pool, p->ctx);
}

static bool write_master(struct patching *p, struct err *err)
{
	const struct google_map_pair pair = {
		p->have ? &p->have->master : NULL, &p->e->master };
	json_t *so_far;

	p->frame.zone = floating_zone(p);
	p->frame.is_series = p->e->master.recurrence &&
	    *p->e->master.recurrence;
	write_names(p);
	if (!google_map_part_write(&p->edit, &p->frame, p->e, &pair, err))
		return false;
	so_far = google_map_edit_close(&p->edit);
	p->master = google_map_merge(p->pool, p->parts->master, so_far);
	return true;
}

/* Where the series is at home now; its dates are told in this. */
static bool settle(struct patching *p, struct err *err)
{
	struct event_part ignored;

	p->frame.zone = google_map_time_home(p->pool, p->ctx);
	if (!google_map_time_read(p->pool, p->master, &p->frame, &ignored, err))
		return false;
	p->frame.master = &p->e->master;
	p->rules = google_map_rules_split(p->pool, p->e, &p->exdates);
	return true;
}

/* Google's lines as they are read in the wanted series. */
struct lines { char *rules; struct google_map_keys exdates; };

static bool lines_now(struct patching *p, struct lines *out, struct err *err)
{
	struct event as = *p->e;
	char *all;

	*out = (struct lines){ 0 };
	if (!google_map_rules_read(p->pool, p->master, p->frame.zone, p->e,
	    &all, err))
		return false;
	as.master.recurrence = all;
	out->rules = google_map_rules_split(p->pool, &as, &out->exdates);
	p->rules_differ = !google_map_rules_same(p->pool, &p->e->master,
	    out->rules, p->rules);
	p->out->moves = p->have && (p->rules_differ || !google_map_time_same(
	    p->pool, &p->have->master, &p->e->master)) &&
	    event_series_is(p->have);
	return true;
}

static bool subset(const struct google_map_keys *some,
    const struct google_map_keys *all, const struct google_map_keys *more)
{
	for (size_t i = 0; i < some->count; i++)
		if (!google_map_keys_has(all, some->list[i]) &&
		    !(more && google_map_keys_has(more, some->list[i])))
			return false;
	return true;
}

/* EXDATEs stand in lines, but for those that a cancelled exception says. */
static bool write_rules(struct patching *p, const struct lines *now,
    struct err *err)
{
	struct google_map_keys rest = { 0 };
	json_t *list;

	if (!p->rules_differ && subset(&now->exdates, &p->exdates, NULL) &&
	    subset(&p->exdates, &now->exdates, &p->covered))
		return true;
	for (size_t i = 0; i < p->exdates.count; i++)
		if (!google_map_keys_has(&p->covered, p->exdates.list[i]) &&
		    !google_map_keys_has(&rest, p->exdates.list[i]))
			google_map_keys_add(p->pool, &rest, p->exdates.list[i]);
	if (!google_map_rules_write(p->pool, p->e, p->frame.zone, &rest, &list,
	    err))
		return false;
	google_map_set(p->edit.body, "recurrence", list);
	return true;
}

static void write_old(struct patching *p)
{
	struct google_map_keys now = { 0 };
	struct str text;

	google_map_old(p->pool, p->parts->master, &now);
	if (subset(&now, &p->old, NULL) && subset(&p->old, &now, NULL))
		return;
	str_init(&text, p->pool, GOOGLE_MAP_TEXT_MAX);
	for (size_t i = 0; i < p->old.count; i++)
		str_addf(&text, "%s%s", i ? "," : "", p->old.list[i]);
	google_map_edit_pieces(&p->edit, "hawserOld", text.data);
}

/* ---- single dates ---- */

static void put_instance(struct patching *p,
    const struct google_map_instance *instance)
{
	struct google_map_changes *out = p->out;

	out->instances = pool_grow(p->pool, out->instances, out->count,
	    out->count + 1, sizeof(*out->instances));
	out->instances[out->count++] = *instance;
}

static bool new_instance(struct patching *p, const struct google_map_place *at,
    enum google_map_verb verb, struct google_map_instance *out,
    struct err *err)
{
	*out = (struct google_map_instance){ .key = at->key, .verb = verb };
	out->id = google_map_place_id(p->pool, p->parts->master, at->item,
	    at->told);
	out->etag = google_map_word(at->item, "etag");
	return out->id || google_map_bad(err, "Google's series has no id, so "
	    "that none of its dates can be changed.");
}

/* A date as wanted, over what Google has: an exception, or, without one, the
 * instance that the series makes. */
static bool write_date(struct patching *p, const struct google_map_place *at,
    const struct event_part *want, struct err *err)
{
	bool own = override_of(p->e, at->key) &&
	    google_map_part_is_made(p->pool, &p->e->master, want);
	struct google_map_frame frame = p->frame;
	struct google_map_instance instance;
	struct google_map_edit edit;
	struct event_part have;
	struct google_map_pair pair = { NULL, want };

	frame.is_series = false;
	if (!new_instance(p, at, at->cancelled ? GOOGLE_MAP_RESTORE :
	    GOOGLE_MAP_PATCH, &instance, err))
		return false;
	google_map_edit_open(&edit, p->pool, at->item ? at->item :
	    google_map_time_instance(p->pool, p->master, &p->frame, at->key));
	edit.all = at->cancelled;
	if (!edit.all) {
		if (!google_map_part_read(p->pool, edit.now, &frame, &have, err))
			return false;
		pair.have = &have;
	}
	frame.zone = p->frame.zone;
	google_map_edit_private(&edit, "hawserOwn", own ? "1" : NULL);
	if (!google_map_part_write(&edit, &frame, p->e, &pair, err))
		return err_add(err, "Changed date %.16s", at->key);
	instance.body = google_map_edit_close(&edit);
	if (instance.body)
		put_instance(p, &instance);
	return true;
}

/* The live ones of a date. */
static bool cancel(struct patching *p, const struct google_map_place *group,
    size_t count, struct err *err)
{
	for (size_t i = 0; i < count && !group[i].cancelled; i++) {
		struct google_map_instance instance;

		if (!new_instance(p, &group[i], GOOGLE_MAP_CANCEL, &instance,
		    err))
			return false;
		instance.body = jsonx_pack(p->pool, "{s:s}", "status",
		    "cancelled");
		put_instance(p, &instance);
	}
	return true;
}

/* Does the wanted series still make this date? Asked only when it moved. */
static bool still_made(struct patching *p, const char *key, bool *out,
    struct err *err)
{
	*out = true;
	if (!p->out->moves)
		return true;
	if (!p->made.known && !google_map_dates_made(p->pool, p->e,
	    &p->span, &p->made.keys, err))
		return false;
	p->made.known = true;
	*out = google_map_keys_has(&p->made.keys, key);
	return true;
}

/* Google says something of a date that the event says nothing of. */
static bool drop_date(struct patching *p, const struct google_map_place *group,
    size_t count, struct err *err)
{
	struct event_part made;
	bool exists;

	if (!still_made(p, group->key, &exists, err))
		return false;
	if (exists && (!group->old || p->out->moves))
		return !google_map_time_made(p->pool, &p->e->master, group->key,
		    &made) || write_date(p, group, &made, err);
	for (size_t i = 0; i < count; i++)
		google_map_keys_add(p->pool, &p->old, group[i].told);
	return cancel(p, group, count, err);
}

static bool write_group(struct patching *p,
    const struct google_map_place *group, size_t count, struct err *err)
{
	const struct event_part *want = override_of(p->e, group->key);

	if (want)
		return write_date(p, group, want, err);
	if (!google_map_keys_has(&p->exdates, group->key))
		return drop_date(p, group, count, err);
	google_map_keys_add(p->pool, &p->covered, group->key);
	return cancel(p, group, count, err);
}

static bool known_date(const struct google_map_place *list, size_t count,
    const char *key)
{
	size_t lo = 0, hi = count;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int c = strcmp(list[mid].key, key);

		if (c == 0)
			return true;
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return false;
}

static bool write_new(struct patching *p, const struct event_part *want,
    struct err *err)
{
	struct google_map_place at = { .key = want->recurrence_id };

	at.told = google_map_time_told(p->pool, &p->frame, at.key);
	if (!at.told)
		return google_map_bad(err, "A changed date of the series does "
		    "not say which date it is.");
	return write_date(p, &at, want, err);
}

static bool write_dates(struct patching *p, struct err *err)
{
	struct google_map_place *list;
	size_t count = p->parts->count;

	if (!google_map_places(p->pool, p->parts, &p->frame, &list, err))
		return false;
	if (count)
		p->span = (struct google_map_span){ list[0].key,
		    list[count - 1].key };
	for (size_t from = 0, to; from < count; from = to) {
		for (to = from + 1; to < count &&
		    strcmp(list[to].key, list[from].key) == 0; to++)
			;
		if (!write_group(p, list + from, to - from, err))
			return false;
	}
	for (size_t i = 0; i < p->e->override_count; i++)
		if (!known_date(list, count, p->e->overrides[i].recurrence_id) &&
		    !write_new(p, &p->e->overrides[i], err))
			return false;
	return true;
}

/* ---- the whole ---- */

static bool accepts(struct pool *pool, const struct event *e, struct err *err)
{
	if (!event_check(pool, e, err)) {
		err->scope = ERR_ITEM;
		return false;
	}
	if (!e->has_master)
		return google_map_bad(err, "Of this series only single dates "
		    "are known; Google needs the series itself.");
	return true;
}

static bool all_fit(struct pool *pool, const struct google_map_parts *parts,
    const struct event *e, struct err *err)
{
	if (!google_map_part_fits(pool, parts->master, &e->master, err))
		return false;
	for (size_t i = 0; i < parts->count; i++)
		if (!google_map_is_cancelled(parts->exceptions[i]) &&
		    !google_map_part_fits(pool, parts->exceptions[i],
		    &e->master, err))
			return err_add(err, "A changed date");
	return true;
}

/* The law of this file, tried on what is to be sent. */
static bool holds(struct patching *p, struct err *err)
{
	struct google_map_parts then;
	struct event_fields differ;
	struct event *back;

	if (!google_map_apply(p->pool, p->ctx, p->parts, p->out, &then, err) ||
	    !google_map_read(p->pool, p->ctx, &then, &back, err))
		return err_add(err, "Google cannot hold this event");
	differ = event_diff(p->pool, p->e, back);
	if (!str_eq(event_canonical(p->pool, p->e),
	    event_canonical(p->pool, back)))
		return google_map_bad(err, "Google cannot hold this event as it "
		    "is: its %s would come back changed.",
		    differ.count ? differ.names[0] : "identity");
	return all_fit(p->pool, &then, p->e, err);
}

static bool patch(struct patching *p, struct err *err)
{
	struct lines now;

	google_map_edit_open(&p->edit, p->pool, p->parts->master);
	if (!write_master(p, err) || !settle(p, err) ||
	    !lines_now(p, &now, err) || !write_dates(p, err) ||
	    !write_rules(p, &now, err))
		return false;
	write_old(p);
	p->out->master = google_map_edit_close(&p->edit);
	return holds(p, err);
}

bool google_map_patch(struct pool *pool, const struct google_map_context *ctx,
    const struct google_map_parts *parts, const struct event *e,
    struct google_map_changes *out, struct err *err)
{
	struct google_map_changes changes = { 0 };
	struct patching p = { .pool = pool, .ctx = ctx, .parts = parts, .e = e,
	    .out = &changes };
	struct event *have;

	if (!accepts(pool, e, err) ||
	    !google_map_read(pool, ctx, parts, &have, err))
		return false;
	p.have = have;
	if (!str_eq(event_canonical(pool, have), event_canonical(pool, e)) &&
	    !patch(&p, err))
		return false;
	*out = changes;
	return true;
}

bool google_map_insert(struct pool *pool, const struct google_map_context *ctx,
    const uint8_t op_id[16], const struct event *e,
    struct google_map_changes *out, struct err *err)
{
	json_t *named = jsonx_pack(pool, "{s:s}", "id",
	    google_map_id(pool, op_id)), *body;
	struct google_map_parts parts = { .master = named };
	struct google_map_changes none = { 0 }, rest;
	struct patching p = { .pool = pool, .ctx = ctx, .parts = &parts, .e = e,
	    .out = &none };
	struct lines nothing = { 0 };

	if (!accepts(pool, e, err))
		return false;
	google_map_edit_open(&p.edit, pool, named);
	google_map_edit_private(&p.edit, "hawserOp", digest_hex(pool, op_id, 16));
	if (!write_master(&p, err) || !settle(&p, err))
		return false;
	p.rules_differ = e->master.recurrence && *e->master.recurrence;
	if (p.rules_differ && !write_rules(&p, &nothing, err))
		return false;
	body = google_map_merge(pool, named, google_map_edit_close(&p.edit));
	parts.master = body;
	if (!google_map_part_fits(pool, body, &e->master, err) ||
	    !google_map_patch(pool, ctx, &parts, e, &rest, err))
		return false;
	*out = rest;
	out->master = google_map_merge(pool, body, rest.master);
	out->moves = false;
	return true;
}
