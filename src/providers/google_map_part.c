/* One item, a master or an exception, and one part of an event: texts, words
 * and what travels in private properties. Must not know what a series is. */
#include <string.h>
#include <strings.h>
#include "model/contentline.h"
#include "providers/google_map_p.h"
#include "util/banned.h"

#define PRIVATE_BYTES (32 * 1024 - 512)	/* keys and values of one event */
#define PRIVATE_COUNT 300

static const struct text_field { const char *member; size_t offset; } texts[] = {
	{ "summary", offsetof(struct event_part, summary) },
	{ "location", offsetof(struct event_part, location) },
	{ "description", offsetof(struct event_part, description) },
};
#define TEXTS (sizeof(texts) / sizeof(*texts))

static const struct { const char *word, *line; } privacy[] = {
	{ "private", "CLASS:PRIVATE" }, { "public", "CLASS:PUBLIC" },
	{ "confidential", "CLASS:CONFIDENTIAL" },
};
#define PRIVACIES (sizeof(privacy) / sizeof(*privacy))

static const char **text_of(struct event_part *part, size_t offset)
{
	return (const char **)(void *)((char *)part + offset);
}

/* ---- reading ---- */

/* Google says "confirmed" of everything that is not tentative. */
static const char *status_of(const json_t *item)
{
	const char *mark = google_map_private(item, "hawserStatus");

	if (str_eq(google_map_word(item, "status"), "tentative"))
		return str_eq(mark, "CANCELLED") ? "CANCELLED" : "TENTATIVE";
	return str_eq(mark, "NONE") ? NULL : "CONFIRMED";
}

static const char *transp_of(const json_t *item)
{
	if (str_eq(google_map_word(item, "transparency"), "transparent"))
		return "TRANSPARENT";
	return str_eq(google_map_private(item, "hawserTransp"), "OPAQUE") ?
	    "OPAQUE" : NULL;
}

static char *extra_of(struct pool *pool, const json_t *item)
{
	const char *word = google_map_word(item, "visibility");
	char *rest = google_map_pieces(pool, item, "hawserX");

	for (size_t i = 0; i < PRIVACIES; i++)
		if (str_eq(word, privacy[i].word))
			return pool_printf(pool, "%s%s%s", privacy[i].line,
			    *rest ? "\n" : "", rest);
	return rest;
}

bool google_map_part_read(struct pool *pool, const json_t *item,
    struct google_map_frame *frame, struct event_part *out, struct err *err)
{
	*out = (struct event_part){ 0 };
	for (size_t i = 0; i < TEXTS; i++) {
		const char *text;

		if (!google_map_text(item, texts[i].member, &text, err))
			return false;
		*text_of(out, texts[i].offset) = pool_strdup(pool, text);
	}
	out->status = status_of(item);
	out->transp = transp_of(item);
	out->extra = extra_of(pool, item);
	return google_map_time_read(pool, item, frame, out, err);
}

/* ---- comparing ---- */

static char *canonical(struct pool *pool, const struct event_part *part,
    const char *extra)
{
	struct event e = { .uid = "", .zones = "" };
	struct event_part own = *part;

	own.extra = extra;
	e.overrides = &own;
	e.override_count = 1;
	return event_canonical(pool, &e);
}

static bool same_extra(struct pool *pool, const char *a, const char *b)
{
	const struct event_part none = { 0 };

	return str_eq(a, b) || str_eq(canonical(pool, &none, a),
	    canonical(pool, &none, b));
}

static bool same_part(struct pool *pool, const struct event_part *a,
    const struct event_part *b)
{
	return str_eq(canonical(pool, a, a->extra),
	    canonical(pool, b, b->extra));
}

/* Over a change of the clock a date ends by the wall, or after as many hours as
 * the first one: nobody promises which. */
static struct wall end_by_hours(struct pool *pool,
    const struct event_part *master, const struct event_part *made)
{
	const char *zone = event_zone_iana(pool, NULL, master->tzid);
	when_t took;

	if (!zone || !made->end.year || made->end_tzid || made->all_day ||
	    made->zone_kind != EVENT_ZONE_NAMED)
		return made->end;
	took = google_map_time_at(zone, &master->end) -
	    google_map_time_at(zone, &master->start);
	return google_map_time_wall(zone,
	    google_map_time_at(zone, &made->start) + took);
}

bool google_map_part_is_made(struct pool *pool,
    const struct event_part *master, const struct event_part *part)
{
	struct event_part made;

	if (!google_map_time_made(pool, master, part->recurrence_id, &made))
		return false;
	if (same_part(pool, &made, part))
		return true;
	made.end = end_by_hours(pool, master, &made);
	return same_part(pool, &made, part);
}

/* ---- writing ---- */

/* extra in two: what Google has a word for, and what is carried; lines that
 * say nothing in the canonical form are not. */
static char *carried(struct pool *pool, const char *extra,
    const char **privacy_out)
{
	const char *entry;
	struct str out;
	size_t len;

	*privacy_out = NULL;
	str_init(&out, pool, GOOGLE_MAP_TEXT_MAX);
	while (contentline_next_entry(&extra, &entry, &len)) {
		char *one = pool_strndup(pool, entry, len);
		bool taken = false;

		for (size_t i = 0; i < PRIVACIES && !*privacy_out; i++)
			if (strcmp(one, privacy[i].line) == 0) {
				*privacy_out = privacy[i].word;
				taken = true;
			}
		if (taken || same_extra(pool, one, ""))
			continue;
		if (out.len)
			str_addc(&out, '\n');
		str_addn(&out, entry, len);
	}
	return out.data;
}

/* NULL: a word that says as much as none, where something is said now. */
static void put_word(struct google_map_edit *edit, const char *member,
    const char *word, const char *none)
{
	if (word || edit->all || json_object_get(edit->now, member))
		google_map_set(edit->body, member,
		    google_map_string(word ? word : none));
}

static void write_texts(struct google_map_edit *edit,
    const struct google_map_pair *pair)
{
	for (size_t i = 0; i < TEXTS; i++) {
		struct event_part want = *pair->want;
		const char *text = *text_of(&want, texts[i].offset);

		if (text && !*text)
			text = NULL;
		if (pair->have) {
			struct event_part have = *pair->have;

			if (str_eq(*text_of(&have, texts[i].offset), text))
				continue;
		}
		put_word(edit, texts[i].member, text, NULL);
	}
}

static bool is_empty(const char *text)
{
	return !text || !*text;
}

static bool same_word(const char *a, const char *b)
{
	return is_empty(a) ? is_empty(b) : str_eq(a, b);
}

static void write_words(struct google_map_edit *edit,
    const struct google_map_pair *pair)
{
	const char *status = pair->want->status, *transp = pair->want->transp;

	if (is_empty(status))
		status = "NONE";
	if (!pair->have || !same_word(pair->have->status, pair->want->status)) {
		google_map_set(edit->body, "status", json_string(
		    str_eq(status, "TENTATIVE") || str_eq(status, "CANCELLED") ?
		    "tentative" : "confirmed"));
		google_map_edit_private(edit, "hawserStatus",
		    str_eq(status, "NONE") || str_eq(status, "CANCELLED") ?
		    status : NULL);
	}
	if (!pair->have || !same_word(pair->have->transp, transp)) {
		put_word(edit, "transparency", str_eq(transp, "TRANSPARENT") ?
		    "transparent" : NULL, "opaque");
		google_map_edit_private(edit, "hawserTransp",
		    str_eq(transp, "OPAQUE") ? "OPAQUE" : NULL);
	}
}

static void write_extra(struct google_map_edit *edit,
    const struct google_map_pair *pair)
{
	const char *want_word, *have_word = NULL, *have = NULL;
	const char *want = carried(edit->pool, pair->want->extra, &want_word);

	if (pair->have)
		have = carried(edit->pool, pair->have->extra, &have_word);
	if (!have || !str_eq(want_word, have_word))
		put_word(edit, "visibility", want_word, "default");
	if (!have || !same_extra(edit->pool, want, have))
		google_map_edit_pieces(edit, "hawserX", want);
}

bool google_map_part_write(struct google_map_edit *edit,
    struct google_map_frame *frame, const struct event *e,
    const struct google_map_pair *pair, struct err *err)
{
	write_texts(edit, pair);
	write_words(edit, pair);
	write_extra(edit, pair);
	return (pair->have && google_map_time_same(edit->pool, pair->have,
	    pair->want)) || google_map_time_write(edit, frame, e, pair->want,
	    err);
}

/* ---- what Google holds of private properties ---- */

static void measure(const json_t *properties, size_t *bytes, size_t *count)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)properties, key, value) {
		*bytes += strlen(key) + json_string_length(value);
		++*count;
	}
}

/* The name of the longest entry: what a person could take out. */
static const char *longest(struct pool *pool, const char *extra,
    size_t *len_out)
{
	const char *entry, *name = "all of them";
	size_t len;

	*len_out = 0;
	while (contentline_next_entry(&extra, &entry, &len)) {
		size_t n = strcspn(entry, ":;");

		if (len <= *len_out)
			continue;
		*len_out = len;
		if (strncasecmp(entry, "BEGIN:", 6) == 0) {
			entry += 6;
			n = strcspn(entry, "\r\n");
		}
		name = pool_strndup(pool, entry, n < 40 ? n : 40);
	}
	return name;
}

bool google_map_part_fits(struct pool *pool, const json_t *item,
    const struct event_part *part, struct err *err)
{
	const json_t *all = json_object_get(item, "extendedProperties");
	size_t bytes = 0, count = 0, len;
	const char *name;

	measure(json_object_get(all, "private"), &bytes, &count);
	measure(json_object_get(all, "shared"), &bytes, &count);
	if (bytes <= PRIVATE_BYTES && count <= PRIVATE_COUNT)
		return true;
	name = longest(pool, part->extra, &len);
	return google_map_bad(err, "Google keeps 32 kB of further properties "
	    "with an event, and this one has %zu bytes of them, %zu in %s. Take "
	    "that out, or keep the event off Google.", bytes, len, name);
}
