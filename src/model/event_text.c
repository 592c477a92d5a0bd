/* Events as stable text, for bases, before-images and conflicts: one field a
 * line, "name value", \n and \ escaped. Must not know iCalendar. */
#include <stdlib.h>
#include <string.h>
#include "model/event.h"
#include "model/event_p.h"
#include "model/event_time.h"
#include "util/banned.h"

#define HEAD "hawser-event 1"
#define MAX_PARTS 5000

static const struct field { const char *name; size_t offset; } texts[] = {
	{ "recurrence_id", offsetof(struct event_part, recurrence_id) },
	{ "summary", offsetof(struct event_part, summary) },
	{ "location", offsetof(struct event_part, location) },
	{ "description", offsetof(struct event_part, description) },
	{ "status", offsetof(struct event_part, status) },
	{ "transp", offsetof(struct event_part, transp) },
	{ "duration", offsetof(struct event_part, duration) },
	{ "tzid", offsetof(struct event_part, tzid) },
	{ "end_tzid", offsetof(struct event_part, end_tzid) },
	{ "recurrence", offsetof(struct event_part, recurrence) },
	{ "extra", offsetof(struct event_part, extra) },
};
#define TEXTS (sizeof(texts) / sizeof(*texts))
static const char *const zone_words[] = { "floating", "utc", "named" };

static void put(struct str *out, const char *name, const char *value)
{
	if (!value)
		return;
	str_add(out, name);
	str_addc(out, ' ');
	for (const char *p = value; *p; ) {
		size_t run = strcspn(p, "\\\n\r");

		str_addn(out, p, run);
		p += run;
		if (*p)
			str_add(out, *p == '\\' ? "\\\\" : *p == '\n' ? "\\n" :
			    "\\r");
		p += *p != '\0';
	}
	str_addc(out, '\n');
}

static void put_wall(struct str *out, const char *name, const struct wall *w)
{
	struct event_stamp s = { *w, false, false };

	if (!w->year)
		return;
	str_addf(out, "%s ", name);
	event_stamp_format(out, &s);
	str_addc(out, '\n');
}

static void put_part(struct str *out, const char *name,
    const struct event_part *part)
{
	str_addf(out, "%s\n", name);
	put_wall(out, "start", &part->start);
	put_wall(out, "end", &part->end);
	str_addf(out, "zone %s\n", zone_words[part->zone_kind]);
	if (part->all_day)
		str_add(out, "all_day\n");
	for (size_t i = 0; i < TEXTS; i++)
		put(out, texts[i].name, *(const char *const *)
		    (const void *)((const char *)part + texts[i].offset));
}

char *event_format(struct pool *pool, const struct event *e)
{
	struct str out;

	str_init(&out, pool, EVENT_TEXT_MAX * 2);
	str_add(&out, HEAD "\n");
	put(&out, "uid", e->uid);
	put(&out, "kind", e->kind);
	put(&out, "zones", e->zones ? e->zones : "");
	put_part(&out, e->has_master ? "master" : "stand_in", &e->master);
	for (size_t i = 0; i < e->override_count; i++)
		put_part(&out, "override", &e->overrides[i]);
	if (!str_ok(&out))
		die("an event over %d bytes", EVENT_TEXT_MAX * 2);
	return out.data;
}

static char *get(struct pool *pool, const char *v, size_t len)
{
	char *out = pool_alloc(pool, len + 1), *w = out;

	for (size_t i = 0; i < len; i++) {
		if (v[i] == '\\' && i + 1 < len) {
			i++;
			*w++ = v[i] == 'n' ? '\n' : v[i] == 'r' ? '\r' : v[i];
		} else {
			*w++ = v[i];
		}
	}
	return out;
}

struct parsing {
	struct pool *pool;
	struct event *e;
	struct event_part *part;	/* NULL before the first */
	size_t cap;
	bool has_part;
};

static void next_override(struct parsing *p)
{
	struct event *e = p->e;

	if (e->override_count == p->cap) {
		size_t cap = p->cap ? p->cap * 2 : 8;

		e->overrides = pool_grow(p->pool, e->overrides, p->cap, cap,
		    sizeof(*e->overrides));
		p->cap = cap;
	}
	p->part = &e->overrides[e->override_count++];
	p->part->extra = "";
}

static bool take_word(struct parsing *p, const char *name)
{
	if (str_eq(name, "master") || str_eq(name, "stand_in")) {
		if (p->has_part)
			return false;
		p->has_part = true;
		p->part = &p->e->master;
		p->part->extra = "";
		p->e->has_master = name[0] == 'm';
		return true;
	}
	if (str_eq(name, "override")) {
		if (!p->has_part || p->e->override_count == MAX_PARTS)
			return false;
		next_override(p);
		return true;
	}
	if (str_eq(name, "all_day") && p->part)
		return p->part->all_day = true;
	return false;
}

static bool take_zone(struct event_part *part, const char *v)
{
	for (int i = 0; i < 3; i++)
		if (str_eq(v, zone_words[i])) {
			part->zone_kind = (enum event_zone_kind)i;
			return true;
		}
	return false;
}

static bool take_wall(struct wall *w, const char *v)
{
	struct event_stamp s;

	if (!event_stamp_parse(v, strlen(v), &s))
		return false;
	*w = s.wall;
	return true;
}

static bool take_field(struct parsing *p, const char *name, const char *v)
{
	struct event_part *part = p->part;

	if (!part) {
		if (str_eq(name, "uid"))
			p->e->uid = v;
		else if (str_eq(name, "kind"))
			p->e->kind = v;
		else if (str_eq(name, "zones"))
			p->e->zones = v;
		else
			return false;
		return true;
	}
	if (str_eq(name, "start"))
		return take_wall(&part->start, v);
	if (str_eq(name, "end"))
		return take_wall(&part->end, v);
	if (str_eq(name, "zone"))
		return take_zone(part, v);
	for (size_t i = 0; i < TEXTS; i++)
		if (str_eq(name, texts[i].name)) {
			*(const char **)(void *)((char *)part +
			    texts[i].offset) = v;
			return true;
		}
	return false;
}

static bool whole(const struct event *e, bool has_part)
{
	if (!e->uid || !has_part || (!e->has_master && !e->override_count))
		return false;
	if (!e->master.start.year || e->master.recurrence_id)
		return false;
	for (size_t i = 0; i < e->override_count; i++)
		if (!e->overrides[i].recurrence_id ||
		    !e->overrides[i].start.year ||
		    (i > 0 && strcmp(e->overrides[i - 1].recurrence_id,
		    e->overrides[i].recurrence_id) >= 0))
			return false;
	return true;
}

bool event_parse(struct pool *pool, const char *text, size_t len,
    struct event **out, struct err *err)
{
	struct parsing p = { .pool = pool, .e = POOL_NEW(pool, struct event) };
	const char *end = text + len;
	bool first = true, fine = !memchr(text, '\0', len);

	p.e->kind = "event";
	p.e->zones = "";
	while (fine && text < end) {
		const char *lf = memchr(text, '\n', (size_t)(end - text));
		size_t n = lf ? (size_t)(lf - text) : (size_t)(end - text);
		const char *space = memchr(text, ' ', n);
		size_t name_len = space ? (size_t)(space - text) : n;
		char *name = pool_strndup(pool, text, name_len);

		if (first)
			fine = n == strlen(HEAD) && memcmp(text, HEAD, n) == 0;
		else if (!space)
			fine = take_word(&p, name);
		else
			fine = take_field(&p, name, get(pool, space + 1,
			    n - name_len - 1));
		first = false;
		text += n + 1;
	}
	if (!fine || !whole(p.e, p.has_part))
		return err_set_scope(err, ERR_INTERNAL, ERR_ITEM,
		    "A stored copy of an event cannot be read.");
	*out = p.e;
	return true;
}
