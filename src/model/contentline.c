/* Content lines: scanning, unfolding, parameters and escapes. Must not know
 * what any property means. */
#include "model/contentline.h"
#include <string.h>
#include <strings.h>
#include "util/banned.h"

#define MAX_DEPTH 16

static bool is_name_char(unsigned char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	    (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

bool contentline_split(const char *text, size_t len, struct contentline *out)
{
	size_t i = 0;
	bool quoted = false;

	while (i < len && is_name_char((unsigned char)text[i]))
		i++;
	out->text = text;
	out->len = (uint32_t)len;
	out->name_len = (uint32_t)i;
	out->kind = CONTENTLINE_BAD;
	if (i == 0 || i == len || (text[i] != ':' && text[i] != ';'))
		return false;
	for (; i < len; i++) {
		if (text[i] == '"')
			quoted = !quoted;
		else if (text[i] == ':' && !quoted)
			break;
	}
	if (i == len) {		/* a stray quote: the first colon it is */
		const char *colon = memchr(text, ':', len);

		if (!colon)
			return false;
		i = (size_t)(colon - text);
	}
	out->value_at = (uint32_t)i + 1;
	out->kind = CONTENTLINE_PROPERTY;
	return true;
}

bool contentline_is(const struct contentline *line, const char *name)
{
	return line->kind == CONTENTLINE_PROPERTY &&
	    strncasecmp(line->text, name, line->name_len) == 0 &&
	    name[line->name_len] == '\0';
}

static bool value_is(const struct contentline *line, const char *word)
{
	size_t len;
	const char *value = contentline_value(line, &len);

	while (len && (value[len - 1] == ' ' || value[len - 1] == '\t'))
		len--;
	return strlen(word) == len && strncasecmp(value, word, len) == 0;
}

bool contentline_begins(const struct contentline *line, const char *name)
{
	return line->kind == CONTENTLINE_BEGIN && value_is(line, name);
}

/* End of the physical line that starts at at; *end_out past its line end. */
static size_t physical_end(const char *text, size_t at, size_t len,
    size_t *end_out)
{
	while (at < len && text[at] != '\n' && text[at] != '\r')
		at++;
	*end_out = at + (at < len);
	if (at + 1 < len && text[at] == '\r' && text[at + 1] == '\n')
		*end_out = at + 2;
	return at;
}

static bool is_fold(const char *text, size_t at, size_t len)
{
	return at < len && (text[at] == ' ' || text[at] == '\t');
}

/* One logical line at at; returns where the next one starts. */
static size_t take_line(struct pool *pool, const char *text, size_t at,
    size_t len, struct contentline *out)
{
	size_t next, stop = physical_end(text, at, len, &next), start = at;
	char *joined;

	out->raw = text + start;
	out->text = text + start;
	out->len = (uint32_t)(stop - start);
	if (!is_fold(text, next, len) || stop == start) {
		out->raw_len = (uint32_t)(next - start);
		return next;
	}
	size_t end = next, probe = next;

	while (is_fold(text, probe, len))
		(void)physical_end(text, probe, len, &probe);
	joined = pool_alloc(pool, probe - start + 1);
	memcpy(joined, text + start, out->len);
	while (is_fold(text, end, len)) {
		size_t from = end + 1, to = physical_end(text, end, len, &end);

		memcpy(joined + out->len, text + from, to - from);
		out->len += (uint32_t)(to - from);
	}
	out->text = joined;
	out->raw_len = (uint32_t)(end - start);
	return end;
}

static bool has_high_bit(const char *s, size_t len)
{
	uint64_t all = 0, word;
	size_t i = 0;

	for (; i + 8 <= len; i += 8) {
		memcpy(&word, s + i, 8);
		all |= word;
	}
	for (; i < len; i++)
		all |= (unsigned char)s[i];
	return (all & UINT64_C(0x8080808080808080)) != 0;
}

static bool is_blank(const struct contentline *line)
{
	for (uint32_t i = 0; i < line->len; i++)
		if (line->text[i] != ' ' && line->text[i] != '\t')
			return false;
	return true;
}

struct nesting { uint32_t open[MAX_DEPTH]; int depth; };

/* Classifies a line and keeps track of components. */
static bool nest(struct contentline_doc *doc, struct nesting *n, int depth_max,
    struct err *err)
{
	struct contentline *line = &doc->lines[doc->count];

	if (is_blank(line)) {
		line->kind = CONTENTLINE_BLANK;
		return true;
	}
	if (!contentline_split(line->text, line->len, line))
		return true;
	if (line->value_at - 1 > line->name_len &&
	    (contentline_is(line, "BEGIN") || contentline_is(line, "END"))) {
		line->kind = CONTENTLINE_BAD;	/* these have no parameters */
	} else if (contentline_is(line, "BEGIN")) {
		if (n->depth == depth_max || n->depth == MAX_DEPTH)
			return err_set_scope(err, ERR_INPUT, ERR_ITEM,
			    "The calendar data nests more than %d components.",
			    depth_max);
		line->kind = CONTENTLINE_BEGIN;
		n->open[n->depth++] = (uint32_t)doc->count;
	} else if (contentline_is(line, "END")) {
		struct contentline *begin = n->depth ?
		    &doc->lines[n->open[n->depth - 1]] : NULL;
		size_t a_len = 0, b_len = 0;
		const char *a = begin ? contentline_value(begin, &a_len) : NULL;
		const char *b = contentline_value(line, &b_len);

		while (a_len && a[a_len - 1] == ' ')
			a_len--;
		while (b_len && b[b_len - 1] == ' ')
			b_len--;
		if (!begin || a_len != b_len || strncasecmp(a, b, a_len) != 0)
			return err_set_scope(err, ERR_INPUT, ERR_ITEM,
			    "The calendar data has an END without its BEGIN.");
		line->kind = CONTENTLINE_END;
		line->peer = n->open[--n->depth];
		begin->peer = (uint32_t)doc->count;
	} else {
		doc->property_count++;
	}
	return true;
}

static bool too_many(struct err *err, size_t most)
{
	return err_set_scope(err, ERR_INPUT, ERR_ITEM,
	    "The calendar data has more than %zu properties.", most);
}

bool contentline_scan(struct pool *pool, const char *text, size_t len,
    const struct contentline_limits *limits, struct contentline_doc *out,
    struct err *err)
{
	struct contentline_doc doc = { 0 };
	struct nesting n = { 0 };
	size_t cap = 64, at = 0;

	if (len > limits->bytes || len > UINT32_MAX / 2)
		return err_set_scope(err, ERR_INPUT, ERR_ITEM,
		    "The calendar data is larger than %zu KB.",
		    limits->bytes / 1024);
	if (memchr(text, '\0', len))
		return err_set_scope(err, ERR_INPUT, ERR_ITEM,
		    "The calendar data holds a NUL byte.");
	if (len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0)
		at = 3;
	while (at < len && strchr(" \t\r\n", text[at]))
		at++;		/* an indented first line continues nothing */
	doc.lines = pool_array(pool, cap, sizeof(*doc.lines));
	while (at < len) {
		if (doc.count == cap) {
			doc.lines = pool_grow(pool, doc.lines, cap, cap * 4,
			    sizeof(*doc.lines));
			cap *= 4;
		}
		struct contentline *line = &doc.lines[doc.count];

		at = take_line(pool, text, at, len, line);
		if (doc.count == 0 && line->raw != text) {
			line->raw_len += (uint32_t)(line->raw - text);
			line->raw = text;	/* the BOM */
		}
		if (has_high_bit(line->text, line->len) &&
		    !str_utf8_valid(line->text, line->len))
			return err_set_scope(err, ERR_INPUT, ERR_ITEM,
			    "The calendar data is not valid UTF-8.");
		if (!nest(&doc, &n, limits->depth, err))
			return false;
		doc.count++;
		if (doc.property_count > limits->properties ||
		    doc.count > limits->properties * 4)
			return too_many(err, limits->properties);
	}
	if (n.depth)
		return err_set_scope(err, ERR_INPUT, ERR_ITEM,
		    "The calendar data is cut off: a component has no END.");
	*out = doc;
	return true;
}

bool contentline_next_param(const struct contentline *line, size_t *at,
    struct contentline_param *out)
{
	size_t end = line->value_at ? line->value_at - 1 : line->len, i = *at;
	const char *t = line->text;
	bool quoted = false;

	for (;;) {
		size_t start, equals = 0;

		if (i >= end)
			return false;
		start = ++i;		/* past ';' */
		for (; i < end && (quoted || t[i] != ';'); i++) {
			if (t[i] == '"')
				quoted = !quoted;
			else if (t[i] == '=' && !equals)
				equals = i;
		}
		quoted = false;
		if (!equals)
			continue;
		out->name = t + start;
		out->name_len = equals - start;
		out->value = t + equals + 1;
		out->value_len = i - equals - 1;
		*at = i;
		return true;
	}
}

static char *decode_param(struct pool *pool, const char *s, size_t len)
{
	char *out, *w;

	if (len >= 2 && s[0] == '"' && s[len - 1] == '"') {
		s++;
		len -= 2;
	}
	out = w = pool_alloc(pool, len + 1);
	for (size_t i = 0; i < len; i++) {
		if (s[i] == '^' && i + 1 < len &&
		    (s[i + 1] == 'n' || s[i + 1] == '^' || s[i + 1] == '\'')) {
			i++;
			*w++ = s[i] == 'n' ? '\n' : s[i] == '^' ? '^' : '"';
		} else {
			*w++ = s[i];
		}
	}
	return out;
}

char *contentline_param(struct pool *pool, const struct contentline *line,
    const char *name)
{
	struct contentline_param p;
	size_t at = line->name_len;

	while (contentline_next_param(line, &at, &p))
		if (strlen(name) == p.name_len &&
		    strncasecmp(p.name, name, p.name_len) == 0)
			return decode_param(pool, p.value, p.value_len);
	return NULL;
}

char *contentline_unescape(struct pool *pool, const char *text, size_t len)
{
	char *out, *w;

	if (!memchr(text, '\\', len))
		return pool_strndup(pool, text, len);
	out = w = pool_alloc(pool, len + 1);
	for (size_t i = 0; i < len; i++) {
		char c = text[i], next = i + 1 < len ? text[i + 1] : '\0';

		if (c == '\\' && (next == 'n' || next == 'N')) {
			*w++ = '\n';
			i++;
		} else if (c == '\\' && next && strchr("\\;,:\"", next)) {
			*w++ = next;
			i++;
		} else {
			*w++ = c;
		}
	}
	return out;
}

void contentline_escape(struct str *out, const char *text)
{
	for (const char *p = text; *p; ) {
		size_t run = strcspn(p, "\\;,\n\r");

		str_addn(out, p, run);
		p += run;
		if (*p == '\n')
			str_add(out, "\\n");
		else if (*p && *p != '\r')
			str_addf(out, "\\%c", *p);
		if (*p)
			p++;
	}
}

void contentline_add_param(struct str *out, const char *name,
    const char *value)
{
	bool quote = strpbrk(value, ":;,") != NULL;

	str_addf(out, ";%s=%s", name, quote ? "\"" : "");
	for (const char *p = value; *p; p++) {
		if (*p == '\n')
			str_add(out, "^n");
		else if (*p == '"')
			str_add(out, "^'");
		else if (*p == '^')
			str_add(out, "^^");
		else if (*p != '\r')
			str_addc(out, *p);
	}
	if (quote)
		str_addc(out, '"');
}

void contentline_fold(struct str *out, const char *text, size_t len)
{
	size_t room = 75;

	while (len > room) {
		size_t cut = room;

		while (cut > room - 4 && ((unsigned char)text[cut] & 0xC0) == 0x80)
			cut--;
		str_addn(out, text, cut);
		str_add(out, "\r\n ");
		text += cut;
		len -= cut;
		room = 74;
	}
	str_addn(out, text, len);
	str_add(out, "\r\n");
}

static size_t line_len(const char *at)
{
	const char *lf = strchr(at, '\n');

	return lf ? (size_t)(lf - at) : strlen(at);
}

bool contentline_next_entry(const char **at, const char **entry,
    size_t *len_out)
{
	const char *p = *at;
	int depth = 0;

	while (*p == '\n')
		p++;
	if (!*p)
		return false;
	*entry = p;
	do {
		size_t len = line_len(p);

		if (len > 6 && strncasecmp(p, "BEGIN:", 6) == 0)
			depth++;
		else if (len > 4 && strncasecmp(p, "END:", 4) == 0)
			depth--;
		p += len;
		*len_out = (size_t)(p - *entry);
		if (*p)
			p++;
	} while (depth > 0 && *p);
	*at = p;
	return true;
}
