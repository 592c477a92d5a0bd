/* A file of many events into items, one per UID, and back into one file. Must
 * not know where it came from. */
#include <stdlib.h>
#include <string.h>
#include "providers/ical_map.h"
#include "providers/ical_out.h"
#include "util/banned.h"

struct member { const char *uid; size_t index; };

static int by_uid(const void *a, const void *b)
{
	const struct member *x = a, *y = b;
	int c = strcmp(x->uid, y->uid);

	return c ? c : (x->index > y->index) - (x->index < y->index);
}

/* Made from the content: the same event gets the same UID in every import. */
static const char *made_uid(struct pool *pool, const struct ical_doc *d,
    size_t index)
{
	struct str text;
	struct digest hash;

	str_init(&text, pool, ICAL_TEXT_MAX);
	ical_add_entry(&text, &d->doc, d->events[index].begin);
	hash = digest_sha256(text.data, text.len);
	return pool_printf(pool, "%s@hawser", digest_hex(pool, hash.bytes, 16));
}

static void read_item(struct pool *pool, struct ical_doc *d,
    const struct member *list, size_t count, struct ical_item *out)
{
	size_t *members = pool_array(pool, count, sizeof(*members)), lines = 0;
	struct err err = { 0 };

	out->uid = list[0].uid;
	for (size_t i = 0; i < count; i++) {
		size_t begin = d->events[list[i].index].begin;

		members[i] = list[i].index;
		lines += d->doc.lines[begin].peer - begin;
	}
	if (lines > ICAL_MAX_PROPERTIES)
		out->reason = "The event has more than 5,000 properties.";
	else if (!ical_read_members(pool, d, members, count, out->uid,
	    &out->event, &err))
		out->reason = pool_strdup(pool, err.msg);
}

/* VTODO, VJOURNAL, VFREEBUSY: named, refused. */
static void refuse_others(struct pool *pool, struct ical_doc *d,
    struct ical_item *items, size_t *count)
{
	for (size_t i = 0; i < d->doc.count; i++) {
		const struct contentline *line = &d->doc.lines[i];
		struct ical_item *item = &items[*count];
		const char *uid = NULL;

		if (line->kind != CONTENTLINE_BEGIN ||
		    contentline_begins(line, "VCALENDAR"))
			continue;
		if (!contentline_begins(line, "VEVENT") &&
		    !contentline_begins(line, "VTIMEZONE")) {
			for (size_t k = i; k < line->peer && !uid; k++)
				if (contentline_is(&d->doc.lines[k], "UID"))
					uid = ical_plain(pool, &d->doc.lines[k]);
			item->uid = uid ? uid : "";
			item->reason = pool_printf(pool, "%.30s is not an "
			    "event; only events are imported.",
			    ical_plain(pool, line));
			++*count;
		}
		i = line->peer;
	}
}

static int by_place(const void *a, const void *b)
{
	const struct member *const *x = a, *const *y = b;

	return ((*x)->index > (*y)->index) - ((*x)->index < (*y)->index);
}

bool ical_split(struct pool *pool, const char *text, size_t len,
    struct ical_item **out, size_t *count_out, struct err *err)
{
	static const struct contentline_limits limits = { ICAL_FILE_MAX_BYTES,
	    ICAL_FILE_MAX_PROPERTIES, 5 };
	struct member *list, **firsts;
	struct ical_item *items;
	struct ical_doc d;
	size_t count = 0, groups = 0, begins = 0;

	if (!ical_scan(pool, text, len, &limits, &d, err))
		return false;
	for (size_t i = 0; i < d.doc.count; i++)
		begins += d.doc.lines[i].kind == CONTENTLINE_BEGIN;
	if (!begins)
		return ical_bad(err, "The file is not an iCalendar file.");
	list = pool_array(pool, d.event_count + 1, sizeof(*list));
	firsts = pool_array(pool, d.event_count + 1, sizeof(*firsts));
	items = pool_array(pool, begins + 1, sizeof(*items));
	for (size_t i = 0; i < d.event_count; i++)
		list[i] = (struct member){ d.events[i].uid ? d.events[i].uid :
		    made_uid(pool, &d, i), i };
	qsort(list, d.event_count, sizeof(*list), by_uid);
	for (size_t i = 0; i < d.event_count; i++)
		if (i == 0 || strcmp(list[i].uid, list[i - 1].uid) != 0)
			firsts[groups++] = &list[i];
	qsort(firsts, groups, sizeof(*firsts), by_place);
	for (size_t g = 0; g < groups; g++) {
		size_t n = 1;

		while (firsts[g] + n < list + d.event_count &&
		    strcmp(firsts[g][n].uid, firsts[g]->uid) == 0)
			n++;
		read_item(pool, &d, firsts[g], n, &items[count++]);
	}
	refuse_others(pool, &d, items, &count);
	*out = items;
	*count_out = count;
	return true;
}

bool ical_join(struct pool *pool, const struct event *const *events,
    size_t count, when_t now, char **out, size_t *len_out, struct err *err)
{
	struct ical_out o = { .pool = pool, .now = now };
	struct str have;

	str_init(&o.text, pool, 256 * 1024 * 1024);
	str_init(&have, pool, ICAL_TEXT_MAX);
	for (size_t i = 0; i < count; i++)
		if (!o.first_year || events[i]->master.start.year < o.first_year)
			o.first_year = events[i]->master.start.year;
	ical_out_head(&o);
	for (size_t i = 0; i < count; i++) {
		o.e = events[i];
		ical_out_zones(&o, &have);
		if (o.e->has_master)
			ical_out_component(&o, &o.e->master);
		for (size_t k = 0; k < o.e->override_count; k++)
			ical_out_component(&o, &o.e->overrides[k]);
	}
	str_add(&o.text, "END:VCALENDAR\r\n");
	if (!str_ok(&o.text))
		return err_set(err, ERR_LIMIT, "The export is larger than 256 "
		    "MB; export one calendar at a time.");
	*out = o.text.data;
	*len_out = o.text.len;
	return true;
}
