/* Events to iCalendar objects: a new one, or an edit of the one that is there
 * in which only changed properties change. Must not know WebDAV. */
#include <string.h>
#include <strings.h>
#include "model/event_time.h"
#include "providers/ical_map.h"
#include "providers/ical_out.h"
#include "util/banned.h"

/* An entry of e's extra or recurrence, used up when base has it already. */
struct entry { const char *text; size_t len; bool used; };
struct entries { struct entry *list; size_t count; };

struct edit {
	struct ical_out out;
	const struct ical_doc *doc;
	const struct event *base;
	struct entries want;
};

static void list_entries(struct ical_out *o, struct entries *to,
    const char *text)
{
	const char *at = text ? text : "", *entry;
	size_t len, room = to->count;

	while (contentline_next_entry(&at, &entry, &len)) {
		if (to->count == room || to->count == 0) {
			room = to->count ? to->count * 2 : 16;
			to->list = pool_grow(o->pool, to->list, to->count,
			    room, sizeof(*to->list));
		}
		entry = ical_out_spelt(o, entry, len, &len);
		to->list[to->count++] = (struct entry){ entry, len,
		    ical_out_is_carrier(entry, len) };
	}
}

static bool use_entry(struct ical_out *o, struct entries *want,
    const char *text, size_t len)
{
	text = ical_out_spelt(o, text, len, &len);
	for (size_t i = 0; i < want->count; i++) {
		struct entry *w = &want->list[i];

		if (!w->used && w->len == len && memcmp(w->text, text, len) == 0) {
			w->used = true;
			return true;
		}
	}
	return false;
}

static size_t entry_name_len(const char *text, size_t len)
{
	size_t i = 0;

	while (i < len && text[i] != ':' && text[i] != ';')
		i++;
	if (i == 5 && strncasecmp(text, "BEGIN", 5) == 0)
		while (i < len && text[i] != '\n')
			i++;
	return i;
}

/* An unused entry of the same name takes the place of a line that goes. */
static struct entry *replacement(struct entries *want, const char *text,
    size_t len)
{
	size_t n = entry_name_len(text, len);

	for (size_t i = 0; i < want->count; i++) {
		struct entry *w = &want->list[i];

		if (!w->used && entry_name_len(w->text, w->len) == n &&
		    strncasecmp(w->text, text, n) == 0)
			return w;
	}
	return NULL;
}

static void put_raw(struct edit *ed, size_t from, size_t to)
{
	const struct contentline *a = &ed->doc->doc.lines[from];
	const struct contentline *b = &ed->doc->doc.lines[to];

	str_addn(&ed->out.text, a->raw,
	    (size_t)(b->raw + b->raw_len - a->raw));
	if (ed->out.text.len && ed->out.text.data[ed->out.text.len - 1] != '\n' &&
	    ed->out.text.data[ed->out.text.len - 1] != '\r' && to + 1 <
	    ed->doc->doc.count)
		str_add(&ed->out.text, "\r\n");
}

/* ---- one component ---- */

static bool same_field(struct edit *ed, const struct event_part *was,
    const struct event_part *is, enum ical_field field)
{
	struct ical_out before = ed->out;

	if (field == ICAL_UID || field == ICAL_RECURRENCE_ID)
		return true;
	before.e = ed->base;
	return str_eq(ical_out_field(&before, was, field),
	    ical_out_field(&ed->out, is, field));
}

static bool same_list(struct edit *ed, const char *was, const char *is)
{
	struct entries a = { 0 }, b = { 0 };

	list_entries(&ed->out, &a, was);
	list_entries(&ed->out, &b, is);
	if (a.count != b.count)
		return false;
	for (size_t i = 0; i < b.count; i++)
		b.list[i].used = false;
	for (size_t i = 0; i < a.count; i++)
		if (!use_entry(&ed->out, &b, a.list[i].text, a.list[i].len))
			return false;
	return true;
}

struct changes { bool fields[ICAL_FIELD_COUNT], any, planned, description; };

static struct changes compare(struct edit *ed, const struct event_part *was,
    const struct event_part *is)
{
	struct changes c = { 0 };
	bool rules;

	ed->out.is_override = is->recurrence_id != NULL;
	rules = !same_list(ed, was->recurrence, is->recurrence);
	for (unsigned f = 0; f <= ICAL_KIND; f++) {
		c.fields[f] = !same_field(ed, was, is, (enum ical_field)f);
		c.any = c.any || c.fields[f];
	}
	c.any = c.any || rules || !same_list(ed, was->extra, is->extra);
	c.planned = rules || c.fields[ICAL_START] || c.fields[ICAL_END] ||
	    c.fields[ICAL_DURATION] || c.fields[ICAL_LOCATION] ||
	    c.fields[ICAL_STATUS];
	c.description = c.fields[ICAL_DESCRIPTION];
	return c;
}

static void put_sequence(struct edit *ed, const struct contentline *line,
    bool rises)
{
	size_t len;
	const char *v = line ? contentline_value(line, &len) : "0";
	unsigned long long n = 0;

	(void)str_to_u64(line ? pool_strndup(ed->out.pool, v, len) : v, &n);
	str_addf(&ed->out.text, "SEQUENCE:%llu\r\n", n + rises);
}

/* An empty line of a field that now has a value. */
static bool replaced(const struct changes *c, const struct contentline *line)
{
	for (unsigned f = ICAL_SUMMARY; f < ICAL_START; f++)
		if (c->fields[f] && contentline_is(line, ical_field_name[f]))
			return true;
	return false;
}

/* Which lines of the component stay: those whose entry e still has. */
static bool *lines_kept(struct edit *ed, const struct changes *c,
    size_t begin, size_t end)
{
	const struct contentline_doc *doc = &ed->doc->doc;
	bool *kept = pool_array(ed->out.pool, end - begin + 1, sizeof(*kept));
	unsigned seen = 0;

	for (size_t i = begin + 1; i < end; i++) {
		enum ical_field field = ical_classify(&doc->lines[i], &seen);
		struct str text;

		if (field == ICAL_OTHER || field == ICAL_RULE) {
			str_init(&text, ed->out.pool, ICAL_TEXT_MAX);
			ical_add_entry(&text, doc, i);
			kept[i - begin] =
			    use_entry(&ed->out, &ed->want, text.data, text.len) &&
			    !(c->description &&
			    contentline_is(&doc->lines[i], "X-ALT-DESC"));
		} else if (field == ICAL_NOTHING) {
			kept[i - begin] = !replaced(c, &doc->lines[i]);
		}
		if (doc->lines[i].kind == CONTENTLINE_BEGIN)
			i = doc->lines[i].peer;
	}
	return kept;
}

static void put_other(struct edit *ed, bool kept, size_t index)
{
	const struct contentline *line = &ed->doc->doc.lines[index];
	struct entry *instead;
	struct str text;

	if (kept) {
		put_raw(ed, index, line->kind == CONTENTLINE_BEGIN ?
		    line->peer : index);
		return;
	}
	str_init(&text, ed->out.pool, ICAL_TEXT_MAX);
	ical_add_entry(&text, &ed->doc->doc, index);
	instead = replacement(&ed->want, text.data, text.len);
	if (instead) {
		ical_out_entry(&ed->out, instead->text, instead->len);
		instead->used = true;
	}
}

static void put_field(struct edit *ed, const struct event_part *is,
    const struct changes *c, enum ical_field field, size_t index)
{
	const struct contentline *old = &ed->doc->doc.lines[index];
	char *line;

	if (field == ICAL_SEQUENCE) {
		put_sequence(ed, old, c->planned);
	} else if (field == ICAL_STAMP || field == ICAL_MODIFIED) {
		ical_out_stamp(&ed->out, ical_field_name[field]);
	} else if (!c->fields[field]) {
		put_raw(ed, index, index);
	} else if ((line = ical_out_field(&ed->out, is, field)) != NULL) {
		ical_out_line(&ed->out, line);
	}
}

static bool is_block(const struct entry *w)
{
	return w->len > 6 && strncasecmp(w->text, "BEGIN:", 6) == 0;
}

/* What e has and the component had no line for; blocks come last. */
static void put_missing(struct edit *ed, const struct event_part *is,
    unsigned seen, bool planned)
{
	for (unsigned f = 0; f <= ICAL_KIND; f++) {
		char *line = seen & 1u << f ? NULL :
		    ical_out_field(&ed->out, is, (enum ical_field)f);

		if (line)
			ical_out_line(&ed->out, line);
	}
	if (!(seen & 1u << ICAL_SEQUENCE) && planned)
		put_sequence(ed, NULL, true);
	for (unsigned f = ICAL_STAMP; f <= ICAL_MODIFIED; f++)
		if (!(seen & 1u << f))
			ical_out_stamp(&ed->out, ical_field_name[f]);
	for (size_t i = 0; i < ed->want.count; i++) {
		struct entry *w = &ed->want.list[i];

		if (w->used || is_block(w) ||
		    strncasecmp(w->text, "X-ALT-DESC", 10) == 0)
			continue;
		ical_out_entry(&ed->out, w->text, w->len);
		w->used = true;
	}
}

static void put_missing_blocks(struct edit *ed)
{
	for (size_t i = 0; i < ed->want.count; i++)
		if (!ed->want.list[i].used && is_block(&ed->want.list[i]))
			ical_out_entry(&ed->out, ed->want.list[i].text,
			    ed->want.list[i].len);
}

static unsigned fields_seen(const struct contentline_doc *doc, size_t begin)
{
	unsigned seen = 0;

	for (size_t i = begin + 1; i < doc->lines[begin].peer; i++) {
		(void)ical_classify(&doc->lines[i], &seen);
		if (doc->lines[i].kind == CONTENTLINE_BEGIN)
			i = doc->lines[i].peer;
	}
	return seen;
}

static void edit_component(struct edit *ed, size_t begin,
    const struct event_part *was, const struct event_part *is)
{
	const struct contentline_doc *doc = &ed->doc->doc;
	size_t end = doc->lines[begin].peer;
	struct changes c = compare(ed, was, is);
	unsigned seen = 0, all = fields_seen(doc, begin);
	bool *kept, missing = true;

	if (!c.any) {
		put_raw(ed, begin, end);
		return;
	}
	ed->want = (struct entries){ 0 };
	list_entries(&ed->out, &ed->want, is->recurrence);
	list_entries(&ed->out, &ed->want, is->extra);
	kept = lines_kept(ed, &c, begin, end);
	put_raw(ed, begin, begin);
	for (size_t i = begin + 1; i < end; i++) {
		enum ical_field field = ical_classify(&doc->lines[i], &seen);

		if (doc->lines[i].kind == CONTENTLINE_BEGIN && missing) {
			put_missing(ed, is, all, c.planned);
			missing = false;
		}
		if (field < ICAL_FIELD_COUNT)
			put_field(ed, is, &c, field, i);
		else
			put_other(ed, kept[i - begin], i);
		if (doc->lines[i].kind == CONTENTLINE_BEGIN)
			i = doc->lines[i].peer;
	}
	if (missing)
		put_missing(ed, is, all, c.planned);
	put_missing_blocks(ed);
	put_raw(ed, end, end);
}

/* ---- the whole object ---- */

static const struct event_part *part_of(const struct event *e, const char *key)
{
	if (!key)
		return e->has_master ? &e->master : NULL;
	for (size_t i = 0; i < e->override_count; i++)
		if (strcmp(e->overrides[i].recurrence_id, key) == 0)
			return &e->overrides[i];
	return NULL;
}

/* A component that a newer one of the same date has outlived. */
static bool is_outlived(const struct ical_doc *d, const struct ical_component *c)
{
	for (size_t i = 0; i < d->event_count; i++) {
		const struct ical_component *other = &d->events[i];

		if (other != c && other->has_rid == c->has_rid &&
		    str_eq(other->key, c->key) && ical_newer(other, c) > 0)
			return true;
	}
	return false;
}

static bool same_event(struct edit *ed, const struct event *e)
{
	const struct event *b = ed->base;

	if (b->has_master != e->has_master ||
	    b->override_count != e->override_count)
		return false;
	if (e->has_master && compare(ed, &b->master, &e->master).any)
		return false;
	for (size_t i = 0; i < e->override_count; i++) {
		const struct event_part *was =
		    part_of(b, e->overrides[i].recurrence_id);

		if (!was || compare(ed, was, &e->overrides[i]).any)
			return false;
	}
	return true;
}

static void put_new_components(struct edit *ed, const struct event *e)
{
	if (e->has_master && !ed->base->has_master)
		ical_out_component(&ed->out, &e->master);
	for (size_t i = 0; i < e->override_count; i++)
		if (!part_of(ed->base, e->overrides[i].recurrence_id))
			ical_out_component(&ed->out, &e->overrides[i]);
}

/* Zones the object has or does without: not added. */
static void zones_present(struct edit *ed, struct str *have)
{
	const struct contentline_doc *doc = &ed->doc->doc;

	for (size_t i = 0; i < doc->count; i++) {
		const char *tzid = NULL;

		if (contentline_is(&doc->lines[i], "TZID"))
			tzid = ical_plain(ed->out.pool, &doc->lines[i]);
		else if (doc->lines[i].kind == CONTENTLINE_PROPERTY)
			tzid = ical_tzid(ed->out.pool, &doc->lines[i]);
		if (tzid)
			str_addf(have, "%s\n", tzid);
	}
}

static void edit_object(struct edit *ed, const struct event *e)
{
	const struct ical_doc *d = ed->doc;
	const struct ical_component *c = d->events;
	const struct ical_component *end = c + d->event_count;
	struct str have;

	str_init(&have, ed->out.pool, ICAL_TEXT_MAX);
	zones_present(ed, &have);
	for (size_t i = 0; i < d->doc.count; i++) {
		if (c < end && c->begin == i) {
			const struct event_part *is = part_of(e, c->key);

			if (c == d->events)
				ical_out_zones(&ed->out, &have);
			if (is && is_outlived(d, c))
				put_raw(ed, i, d->doc.lines[i].peer);
			else if (is)
				edit_component(ed, i, part_of(ed->base, c->key),
				    is);
			i = d->doc.lines[i].peer;
			if (++c == end)
				put_new_components(ed, e);
		} else if (!contentline_is(&d->doc.lines[i], "METHOD")) {
			put_raw(ed, i, i);
		}
	}
}

static bool write_new(struct ical_out *o, char **out, size_t *len_out,
    struct err *err)
{
	const struct event *e = o->e;
	struct str have;

	str_init(&have, o->pool, ICAL_TEXT_MAX);
	ical_out_head(o);
	ical_out_zones(o, &have);
	if (e->has_master)
		ical_out_component(o, &e->master);
	for (size_t i = 0; i < e->override_count; i++)
		ical_out_component(o, &e->overrides[i]);
	str_add(&o->text, "END:VCALENDAR\r\n");
	if (!str_ok(&o->text) || o->text.len > ICAL_MAX_BYTES)
		return ical_bad(err, "The event is larger than 1 MB as calendar "
		    "data.");
	*out = o->text.data;
	*len_out = o->text.len;
	return true;
}

bool ical_write(struct pool *pool, const struct event *e,
    const char *base, size_t base_len, when_t now,
    char **out, size_t *len_out, struct err *err)
{
	static const struct contentline_limits limits = { ICAL_MAX_BYTES,
	    ICAL_MAX_PROPERTIES, 5 };
	struct edit ed = { .out = { .pool = pool, .e = e, .now = now } };
	struct ical_doc doc;
	struct event *was;

	str_init(&ed.out.text, pool, ICAL_TEXT_MAX);
	if (!base)
		return write_new(&ed.out, out, len_out, err);
	if (!ical_scan(pool, base, base_len, &limits, &doc, err) ||
	    !ical_read_doc(pool, &doc, &was, err))
		return false;
	if (!str_eq(was->uid, e->uid))
		return ical_bad(err, "The calendar object at hand is another "
		    "event (its UID differs).");
	ed.doc = &doc;
	ed.base = was;
	if (same_event(&ed, e))
		str_addn(&ed.out.text, base, base_len);
	else
		edit_object(&ed, e);
	if (!str_ok(&ed.out.text) || ed.out.text.len > ICAL_MAX_BYTES)
		return ical_bad(err, "The event is larger than 1 MB as calendar "
		    "data.");
	*out = ed.out.text.data;
	*len_out = ed.out.text.len;
	return true;
}
