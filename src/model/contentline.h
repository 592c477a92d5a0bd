#ifndef HAWSER_MODEL_CONTENTLINE_H
#define HAWSER_MODEL_CONTENTLINE_H
/*
 * iCalendar content lines (RFC 5545 3.1, RFC 6868): unfolded, split into name,
 * parameters and value, nested in components, each with the byte range it came
 * from, so that lines nobody touches are written back verbatim.
 *
 *	DTSTART;TZID=Europe/Berlin:20261120T093000
 *	|name  |params             |value
 *
 * Knows no property by name. Line ends may be CRLF, LF or CR; a BOM and blank
 * lines are skipped over (their bytes stay in raw ranges of CONTENTLINE_BLANK).
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "util/err.h"
#include "util/pool.h"
#include "util/str.h"

enum contentline_kind {
	CONTENTLINE_PROPERTY,
	CONTENTLINE_BEGIN,	/* value = component's name; peer = its END */
	CONTENTLINE_END,
	CONTENTLINE_BLANK,
	CONTENTLINE_BAD,	/* no name or no colon: kept raw, means nothing */
};

struct contentline {
	const char *raw;	/* as received: folds and line end included */
	const char *text;	/* unfolded, not NUL-terminated */
	uint32_t raw_len, len;
	uint32_t name_len;
	uint32_t value_at;	/* offset of the value in text */
	uint32_t peer;		/* BEGIN: index of END, END: of BEGIN */
	enum contentline_kind kind;
};

struct contentline_doc {
	struct contentline *lines;
	size_t count;
	size_t property_count;
};

struct contentline_limits { size_t bytes, properties; int depth; };

/* Refuses (ERR_INPUT, scope ITEM) what is over a limit, holds NUL or bad UTF-8,
 * or whose components do not nest. Lines point into text where they can. */
ERR_CHECKED bool contentline_scan(struct pool *pool, const char *text,
    size_t len, const struct contentline_limits *limits,
    struct contentline_doc *out, struct err *err);
/* One unfolded line (as found in event_part.extra). */
bool contentline_split(const char *text, size_t len, struct contentline *out);

bool contentline_is(const struct contentline *line, const char *name);
/* Is it BEGIN of this component? */
bool contentline_begins(const struct contentline *line, const char *name);
static inline const char *contentline_value(const struct contentline *line,
    size_t *len_out)
{
	*len_out = line->len - line->value_at;
	return line->text + line->value_at;
}
/* Name and value of the next parameter, quotes included in the value; *at
 * starts as name_len. False at the end. Empty parameters are skipped. */
struct contentline_param {
	const char *name, *value;
	size_t name_len, value_len;
};
bool contentline_next_param(const struct contentline *line, size_t *at,
    struct contentline_param *out);
/* A parameter's value, unquoted and RFC 6868 decoded; NULL = absent. */
char *contentline_param(struct pool *pool, const struct contentline *line,
    const char *name);

/* TEXT escapes: \\ \; \, \n. */
char *contentline_unescape(struct pool *pool, const char *text, size_t len);
void contentline_escape(struct str *out, const char *text);
/* A parameter value, quoted and RFC 6868 encoded where needed. */
void contentline_add_param(struct str *out, const char *name,
    const char *value);
/* Writes an unfolded line folded at 75 octets, CRLF at the end. */
void contentline_fold(struct str *out, const char *text, size_t len);

/* ---- lists of unfolded lines joined by \n (event_part.extra) ---- */
/* The next property line, or a whole component BEGIN..END as one block. */
bool contentline_next_entry(const char **at, const char **entry,
    size_t *len_out);
#endif
