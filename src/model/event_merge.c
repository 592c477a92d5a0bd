/* Difference and three-way merge of events, field by field. Must not know
 * policies: the caller says who wins a clash. */
#include <string.h>
#include <strings.h>
#include "model/contentline.h"
#include "model/event.h"
#include "model/event_p.h"
#include "model/event_time.h"
#include "util/banned.h"

static const struct text_field { const char *label; size_t offset; } texts[] = {
	{ "title", offsetof(struct event_part, summary) },
	{ "place", offsetof(struct event_part, location) },
	{ "description", offsetof(struct event_part, description) },
	{ "status", offsetof(struct event_part, status) },
	{ "availability", offsetof(struct event_part, transp) },
};
#define TEXTS (sizeof(texts) / sizeof(*texts))

struct merging {
	struct pool *pool;
	const struct event *base, *local, *remote;
	enum event_side winner;
	struct event_merge *out;
	const char *prefix;	/* "" or "occurrence 2026-11-20: " */
};

static void note_field(struct pool *pool, struct event_fields *to,
    const char *prefix, const char *label)
{
	const char *name = pool_printf(pool, "%s%s", prefix, label);

	for (size_t i = 0; i < to->count; i++)
		if (strcmp(to->names[i], name) == 0)
			return;
	to->names = pool_grow(pool, to->names, to->count, to->count + 1,
	    sizeof(*to->names));
	to->names[to->count++] = name;
}

/* The law of one field; equal sides count as the remote's spelling, which is
 * what the provider already holds. */
static enum event_side decide(struct merging *m, const char *base,
    const char *local, const char *remote, const char *label)
{
	struct event_merge *out = m->out;

	if (strcmp(local, remote) == 0)
		return EVENT_REMOTE;
	if (base && strcmp(local, base) == 0) {
		note_field(m->pool, &out->from_remote, m->prefix, label);
		return EVENT_REMOTE;
	}
	if (base && strcmp(remote, base) == 0) {
		note_field(m->pool, &out->from_local, m->prefix, label);
		return EVENT_LOCAL;
	}
	note_field(m->pool, &out->clashes, m->prefix, label);
	return m->winner;
}

/* ---- spelling of the fields ---- */

static const char *text_at(const struct event_part *part, size_t offset)
{
	return *(const char *const *)(const void *)((const char *)part + offset);
}

static char *spell_text(struct pool *pool, const struct event_part *part,
    size_t offset)
{
	struct str s;

	if (!part)
		return NULL;
	str_init(&s, pool, EVENT_TEXT_MAX);
	event_canonical_text(&s, text_at(part, offset) ?
	    text_at(part, offset) : "");
	return s.data;
}

static char *spell_time(struct pool *pool, const struct event_part *part)
{
	struct str s;

	if (!part)
		return NULL;
	str_init(&s, pool, EVENT_TEXT_MAX);
	event_canonical_time(&s, part);
	return s.data;
}

static char *spell_recurrence(struct pool *pool, const struct event *e)
{
	struct str s;

	if (!e)
		return NULL;
	str_init(&s, pool, EVENT_TEXT_MAX);
	event_canonical_recurrence(&s, pool, e);
	return s.data;
}

static char *spell_part(struct pool *pool, const struct event *e,
    const struct event_part *part)
{
	struct str s;

	str_init(&s, pool, EVENT_TEXT_MAX * 2);
	if (part)
		event_canonical_part(&s, pool, e, part);
	return s.data;
}

/* ---- extra, by name ---- */

static size_t name_len(const char *entry, size_t len)
{
	size_t i = 0;

	while (i < len && entry[i] != ':' && entry[i] != ';')
		i++;
	if (i == 5 && strncasecmp(entry, "BEGIN", 5) == 0)
		while (i < len && entry[i] != '\n' && entry[i] != '\r')
			i++;
	return i;
}

struct names { struct { const char *s; size_t len; } *list; size_t count; };

static void add_names(struct pool *pool, struct names *to,
    const struct event_part *part)
{
	const char *at = part ? part->extra : "", *entry;
	size_t len;

	while (contentline_next_entry(&at, &entry, &len)) {
		size_t n = name_len(entry, len), i;

		for (i = 0; i < to->count; i++)
			if (to->list[i].len == n &&
			    strncasecmp(to->list[i].s, entry, n) == 0)
				break;
		if (i < to->count)
			continue;
		to->list = pool_grow(pool, to->list, to->count, to->count + 1,
		    sizeof(*to->list));
		to->list[to->count].s = entry;
		to->list[to->count++].len = n;
	}
}

/* Entries of one name, joined; canonical: sorted away by the caller's hash of
 * the whole, here compared as they come. */
static char *named(struct pool *pool, const struct event_part *part,
    const char *name, size_t n, bool canonical)
{
	const char *at = part ? part->extra : "", *entry;
	struct str s;
	size_t len;

	str_init(&s, pool, EVENT_TEXT_MAX);
	while (contentline_next_entry(&at, &entry, &len)) {
		if (name_len(entry, len) != n || strncasecmp(entry, name, n) != 0)
			continue;
		if (s.len)
			str_addc(&s, '\n');
		if (canonical)
			(void)event_canonical_entry(pool, entry, len, &s);
		else
			str_addn(&s, entry, len);
	}
	return s.data;
}

static const char *label_of(struct pool *pool, const char *name, size_t n)
{
	static const struct { const char *name, *label; } known[] = {
		{ "BEGIN:VALARM", "reminders" }, { "ATTENDEE", "guests" },
		{ "ORGANIZER", "organiser" }, { "CATEGORIES", "categories" },
		{ "ATTACH", "attachments" }, { "CLASS", "privacy" },
		{ "URL", "link" }, { "PRIORITY", "priority" },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (strlen(known[i].name) == n &&
		    strncasecmp(known[i].name, name, n) == 0)
			return known[i].label;
	return pool_strndup(pool, name, n);
}

static char *merge_extra(struct merging *m, const struct event_part *base,
    const struct event_part *local, const struct event_part *remote)
{
	struct names names = { 0 };
	struct str out;

	add_names(m->pool, &names, remote);
	add_names(m->pool, &names, local);
	str_init(&out, m->pool, EVENT_TEXT_MAX);
	for (size_t i = 0; i < names.count; i++) {
		const char *name = names.list[i].s;
		size_t n = names.list[i].len;
		const char *taken = named(m->pool, decide(m,
		    base ? named(m->pool, base, name, n, true) : NULL,
		    named(m->pool, local, name, n, true),
		    named(m->pool, remote, name, n, true),
		    label_of(m->pool, name, n)) == EVENT_LOCAL ? local : remote,
		    name, n, false);

		if (*taken && out.len)
			str_addc(&out, '\n');
		str_add(&out, taken);
	}
	return out.data;
}

/* ---- parts ---- */

/* All three there (base may be NULL); recurrence is the caller's. */
static struct event_part merge_part(struct merging *m,
    const struct event_part *base, const struct event_part *local,
    const struct event_part *remote)
{
	struct event_part out = *remote;

	for (size_t i = 0; i < TEXTS; i++) {
		size_t at = texts[i].offset;
		enum event_side side = decide(m,
		    spell_text(m->pool, base, at), spell_text(m->pool, local, at),
		    spell_text(m->pool, remote, at), texts[i].label);

		if (side == EVENT_LOCAL)
			*(const char **)(void *)((char *)&out + at) =
			    text_at(local, at);
	}
	if (decide(m, spell_time(m->pool, base), spell_time(m->pool, local),
	    spell_time(m->pool, remote), "time") == EVENT_LOCAL)
		event_time_take(&out, local);
	out.extra = merge_extra(m, base, local, remote);
	return out;
}

static const struct event_part *override_of(const struct event *e,
    const char *key)
{
	for (size_t i = 0; e && i < e->override_count; i++)
		if (strcmp(e->overrides[i].recurrence_id, key) == 0)
			return &e->overrides[i];
	return NULL;
}

static const char *date_words(struct pool *pool, const char *key)
{
	return strlen(key) < 8 ? key :
	    pool_printf(pool, "%.4s-%.2s-%.2s", key, key + 4, key + 6);
}

static void put_override(struct event *e, const struct event_part *part)
{
	size_t at = e->override_count;

	while (at > 0 && strcmp(e->overrides[at - 1].recurrence_id,
	    part->recurrence_id) > 0) {
		e->overrides[at] = e->overrides[at - 1];
		at--;
	}
	e->overrides[at] = *part;
	e->override_count++;
}

static void merge_override(struct merging *m, const char *key)
{
	const struct event_part *b = override_of(m->base, key);
	const struct event_part *l = override_of(m->local, key);
	const struct event_part *r = override_of(m->remote, key);
	const char *label = pool_printf(m->pool, "occurrence %s",
	    date_words(m->pool, key));
	const struct event_part *taken;

	if (l && r && b) {
		struct event_part merged;

		m->prefix = pool_printf(m->pool, "%s: ", label);
		merged = merge_part(m, b, l, r);
		m->prefix = "";
		put_override(m->out->merged, &merged);
		return;
	}
	taken = decide(m, spell_part(m->pool, m->base, b),
	    spell_part(m->pool, m->local, l),
	    spell_part(m->pool, m->remote, r), label) == EVENT_LOCAL ? l : r;
	if (taken)
		put_override(m->out->merged, taken);
}

static bool moved(const struct event *a, const struct event *b)
{
	return wall_cmp(&a->master.start, &b->master.start) != 0 ||
	    a->master.all_day != b->master.all_day ||
	    a->master.zone_kind != b->master.zone_kind ||
	    !str_eq(a->master.tzid, b->master.tzid);
}

static char *spell_overrides(struct pool *pool, const struct event *e)
{
	struct str s;

	str_init(&s, pool, EVENT_TEXT_MAX * 2);
	for (size_t i = 0; i < e->override_count; i++)
		event_canonical_part(&s, pool, e, &e->overrides[i]);
	return s.data;
}

/* A series that moved has other dates: its overrides belong to that side. */
static void overrides_of_mover(struct merging *m, const struct event *mover,
    const struct event *other)
{
	for (size_t i = 0; i < mover->override_count; i++)
		put_override(m->out->merged, &mover->overrides[i]);
	if (strcmp(spell_overrides(m->pool, other),
	    spell_overrides(m->pool, m->base)) != 0)
		note_field(m->pool, &m->out->clashes, "",
		    "changed occurrences");
}

static void merge_overrides(struct merging *m)
{
	const struct event *sides[2] = { m->remote, m->local };
	struct event *out = m->out->merged;

	out->override_count = 0;
	out->overrides = pool_array(m->pool, m->local->override_count +
	    m->remote->override_count + 1, sizeof(*out->overrides));
	if (m->local->has_master && moved(out, m->base)) {
		bool by_local = !moved(out, m->local);

		overrides_of_mover(m, by_local ? m->local : m->remote,
		    by_local ? m->remote : m->local);
		return;
	}
	for (size_t s = 0; s < 2; s++)
		for (size_t i = 0; i < sides[s]->override_count; i++) {
			const char *key = sides[s]->overrides[i].recurrence_id;

			if (s == 0 || !override_of(m->remote, key))
				merge_override(m, key);
		}
}

/* VTIMEZONE texts of both sides, each name once. */
static const char *merge_zones(struct merging *m)
{
	struct str out;
	const char *at = m->local->zones, *block;
	size_t len;

	if (str_eq(m->local->zones, m->remote->zones))
		return m->remote->zones;
	str_init(&out, m->pool, EVENT_TEXT_MAX);
	str_add(&out, m->remote->zones);
	while (contentline_next_entry(&at, &block, &len)) {
		if (memmem(out.data, out.len, block, len))
			continue;
		if (out.len)
			str_addc(&out, '\n');
		str_addn(&out, block, len);
	}
	return out.data;
}

static void winner_takes_all(struct merging *m)
{
	m->out->merged = event_copy(m->pool, m->winner == EVENT_LOCAL ?
	    m->local : m->remote);
	m->out->clashes = event_diff(m->pool, m->local, m->remote);
}

static void merge_master(struct merging *m)
{
	const struct event *b = m->base, *l = m->local, *r = m->remote;
	struct event *out = m->out->merged;

	if (decide(m, b->kind, l->kind, r->kind, "kind") == EVENT_LOCAL)
		out->kind = l->kind;
	if (!l->has_master)
		return;
	out->master = merge_part(m, b->has_master ? &b->master : NULL,
	    &l->master, &r->master);
	out->master.recurrence = decide(m, spell_recurrence(m->pool, b),
	    spell_recurrence(m->pool, l), spell_recurrence(m->pool, r),
	    "repetition") == EVENT_LOCAL ? l->master.recurrence :
	    r->master.recurrence;
}

struct event_merge event_merge(struct pool *pool, const struct event *base,
    const struct event *local, const struct event *remote,
    enum event_side winner)
{
	struct event_merge out = { 0 };
	struct merging m = { pool, base, local, remote, winner, &out, "" };

	if (!base || local->has_master != remote->has_master) {
		winner_takes_all(&m);
		return out;
	}
	out.merged = event_copy(pool, remote);
	out.merged->uid = local->uid;
	merge_master(&m);
	merge_overrides(&m);
	out.merged->zones = merge_zones(&m);
	out.merged = event_copy(pool, out.merged);
	return out;
}

/* Two sides without a base: everything that differs is a clash. */
struct event_fields event_diff(struct pool *pool, const struct event *a,
    const struct event *b)
{
	struct event_merge out = { 0 };
	struct event none = { .kind = "", .zones = "" };
	struct merging m = { pool, NULL, a, b, EVENT_REMOTE, &out, "" };
	struct event merged = *b;

	out.merged = &merged;
	if (a->has_master != b->has_master) {
		note_field(pool, &out.clashes, "", "the series itself");
		return out.clashes;
	}
	(void)decide(&m, NULL, a->kind, b->kind, "kind");
	if (a->has_master) {
		(void)merge_part(&m, NULL, &a->master, &b->master);
		(void)decide(&m, NULL, spell_recurrence(pool, a),
		    spell_recurrence(pool, b), "repetition");
	}
	merged.override_count = 0;
	merged.overrides = pool_array(pool, a->override_count +
	    b->override_count + 1, sizeof(*merged.overrides));
	m.base = &none;
	for (size_t i = 0; i < b->override_count; i++)
		merge_override(&m, b->overrides[i].recurrence_id);
	for (size_t i = 0; i < a->override_count; i++)
		if (!override_of(b, a->overrides[i].recurrence_id))
			merge_override(&m, a->overrides[i].recurrence_id);
	for (size_t i = 0; i < out.from_local.count; i++)
		note_field(pool, &out.clashes, "", out.from_local.names[i]);
	for (size_t i = 0; i < out.from_remote.count; i++)
		note_field(pool, &out.clashes, "", out.from_remote.names[i]);
	return out.clashes;
}
