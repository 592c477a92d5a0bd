/* A file of many events into items, one per UID, and back into one file. Must
 * not know where it came from. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "providers/ical_map.h"
#include "providers/ical_out.h"
#include "util/str.h"
#include "util/banned.h"

#define TITLE_BYTES 200
#define TITLE_LINE_BYTES 2000	/* folds included */

struct member { const char *uid; size_t index; };

struct ical_file {
	struct ical_doc doc;
	struct member *members, **firsts;	/* by UID; of each UID, by place */
	size_t groups;
	struct ical_item *others;		/* no events */
	size_t other_count;
};

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

	*out = (struct ical_item){ .uid = list[0].uid };
	for (size_t i = 0; i < count; i++) {
		struct ical_component *c = &d->events[list[i].index];
		size_t begin = c->begin;

		/* As scanned, should it have been read before. */
		*c = (struct ical_component){ .begin = begin, .uid = c->uid };
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

static void group(struct pool *pool, struct ical_file *f)
{
	const struct ical_doc *d = &f->doc;
	struct member *list = pool_array(pool, d->event_count + 1,
	    sizeof(*list));

	f->members = list;
	f->firsts = pool_array(pool, d->event_count + 1, sizeof(*f->firsts));
	for (size_t i = 0; i < d->event_count; i++)
		list[i] = (struct member){ d->events[i].uid ? d->events[i].uid :
		    made_uid(pool, d, i), i };
	qsort(list, d->event_count, sizeof(*list), by_uid);
	for (size_t i = 0; i < d->event_count; i++)
		if (i == 0 || strcmp(list[i].uid, list[i - 1].uid) != 0)
			f->firsts[f->groups++] = &list[i];
	qsort(f->firsts, f->groups, sizeof(*f->firsts), by_place);
}

bool ical_file_open(struct pool *pool, const char *text, size_t len,
    struct ical_file **out, struct err *err)
{
	static const struct contentline_limits limits = { ICAL_FILE_MAX_BYTES,
	    ICAL_FILE_MAX_PROPERTIES, 5 };
	struct ical_file *f = POOL_NEW(pool, struct ical_file);
	size_t begins = 0;

	if (!ical_scan(pool, text, len, &limits, &f->doc, err))
		return false;
	for (size_t i = 0; i < f->doc.doc.count; i++)
		begins += f->doc.doc.lines[i].kind == CONTENTLINE_BEGIN;
	if (!begins)
		return ical_bad(err, "The file is not an iCalendar file.");
	group(pool, f);
	f->others = pool_array(pool, begins - f->doc.event_count + 1,
	    sizeof(*f->others));
	refuse_others(pool, &f->doc, f->others, &f->other_count);
	*out = f;
	return true;
}

size_t ical_file_count(const struct ical_file *f)
{
	return f->groups + f->other_count;
}

static size_t group_size(const struct ical_file *f, size_t at)
{
	const struct member *first = f->firsts[at];
	const struct member *end = f->members + f->doc.event_count;
	size_t n = 1;

	while (first + n < end && strcmp(first[n].uid, first->uid) == 0)
		n++;
	return n;
}

void ical_file_read(struct ical_file *f, struct pool *pool, size_t from,
    size_t count, struct ical_item *out)
{
	for (size_t i = 0; i < count; i++) {
		size_t at = from + i;

		if (at < f->groups)
			read_item(pool, &f->doc, f->firsts[at],
			    group_size(f, at), &out[i]);
		else
			out[i] = f->others[at - f->groups];
	}
}

bool ical_split(struct pool *pool, const char *text, size_t len,
    struct ical_item **out, size_t *count_out, struct err *err)
{
	struct ical_file *f;

	if (!ical_file_open(pool, text, len, &f, err))
		return false;
	*count_out = ical_file_count(f);
	*out = pool_array(pool, *count_out + 1, sizeof(**out));
	ical_file_read(f, pool, 0, *count_out, *out);
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

/* The line at at with the folded ones after it, without line ends. */
static void unfold(const char *at, const char *end, struct str *out)
{
	for (bool more = true; more && at < end;) {
		size_t n = 0;

		while (at + n < end && at[n] != '\r' && at[n] != '\n')
			n++;
		str_addn(out, at, n);
		at += n;
		while (at < end && (*at == '\r' || *at == '\n'))
			at++;
		more = at < end && (*at == ' ' || *at == '\t');
		at += more;
	}
}

static char *title_of(struct pool *pool, const char *at, const char *end)
{
	struct contentline line;
	struct str text;
	const char *value;
	char *title;
	size_t len;

	str_init(&text, pool, TITLE_LINE_BYTES);
	unfold(at, end - at > TITLE_LINE_BYTES ? at + TITLE_LINE_BYTES : end,
	    &text);
	if (!str_ok(&text) || !contentline_split(text.data, text.len, &line) ||
	    !contentline_is(&line, "SUMMARY"))
		return NULL;
	value = contentline_value(&line, &len);
	title = str_cut(pool, str_trim(pool, contentline_unescape(pool, value,
	    len)), TITLE_BYTES);
	return *title && str_utf8_valid(title, strlen(title)) ? title : NULL;
}

char *ical_title(struct pool *pool, const char *text, size_t len)
{
	const char *at = text, *end = text + len, *next;
	char *title = NULL;

	for (; at < end && !title; at = next) {
		if (end - at > 7 && strncasecmp(at, "SUMMARY", 7) == 0)
			title = title_of(pool, at, end);
		next = memchr(at, '\n', (size_t)(end - at));
		next = next ? next + 1 : end;
	}
	return title;
}
