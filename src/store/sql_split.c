/*
 * A file of SQL into its statements. It knows the outer form of SQL only:
 * quotes, comments, delimiters.
 */
#include <ctype.h>
#include <string.h>
#include <strings.h>
#include "store/sql_split.h"
#include "util/str.h"
#include "util/banned.h"

enum { FILE_MOST_BYTES = 4 << 20, DELIMITER_MOST_BYTES = 16 };

struct reader {
	struct pool *pool;
	const char *at;
	int line, begun;		/* begun: line of the statement, 0 = none */
	char delimiter[DELIMITER_MOST_BYTES];
	size_t delimiter_len;
	const struct sql_names *names;
	struct str text;
	struct sql_statement *items;
	size_t count, room;
};

static void take(struct reader *r, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (r->at[i] == '\n')
			r->line++;
	r->at += len;
}

/* Length of a comment here, 0 = none. */
static size_t comment_len(const char *s)
{
	const char *end;

	if (*s == '#' || (s[0] == '-' && s[1] == '-' &&
	    (s[2] == '\0' || isspace((unsigned char)s[2]))))
		return strcspn(s, "\n");
	if (s[0] != '/' || s[1] != '*')
		return 0;
	end = strstr(s + 2, "*/");
	return end ? (size_t)(end + 2 - s) : strlen(s);
}

/* Length of a quoted text here, 0 = none; an open one ends with the file. */
static size_t quoted_len(const char *s)
{
	size_t n = 1;

	if (*s != '\'' && *s != '"' && *s != '`')
		return 0;
	while (s[n] && s[n] != *s)
		n += s[n] == '\\' && *s != '`' && s[n + 1] ? 2 : 1;
	return s[n] ? n + 1 : n;
}

static size_t name_len(const struct reader *r, const char **out)
{
	const struct { const char *word, *name; } NAMES[] = {
		{ "{db}", r->names->db }, { "{web}", r->names->web },
		{ "{owner}", r->names->owner },
	};

	for (size_t i = 0; i < sizeof(NAMES) / sizeof(*NAMES); i++)
		if (str_starts(r->at, NAMES[i].word)) {
			*out = NAMES[i].name;
			return strlen(NAMES[i].word);
		}
	return 0;
}

static void end_statement(struct reader *r)
{
	char *text = str_trim(r->pool, r->text.data);

	str_clear(&r->text);
	if (!*text)
		return;
	if (r->count == r->room) {
		r->items = pool_grow(r->pool, r->items, r->count,
		    r->room * 2 + 16, sizeof(*r->items));
		r->room = r->room * 2 + 16;
	}
	r->items[r->count++] = (struct sql_statement){ text, r->begun };
	r->begun = 0;
}

/* "DELIMITER //" on a line of its own, between statements. */
static bool is_delimiter_line(const struct reader *r)
{
	return !r->begun && strncasecmp(r->at, "DELIMITER", 9) == 0 &&
	    (r->at[9] == ' ' || r->at[9] == '\t');
}

static bool read_delimiter(struct reader *r, struct err *err)
{
	size_t len;

	take(r, 9);
	take(r, strspn(r->at, " \t"));
	len = strcspn(r->at, " \t\r\n");
	if (!len || len >= sizeof(r->delimiter))
		return err_set(err, ERR_INPUT,
		    "line %d: DELIMITER needs a short word", r->line);
	memcpy(r->delimiter, r->at, len);
	r->delimiter_len = len;
	take(r, len);
	return true;
}

static void read_text(struct reader *r)
{
	const char *name = NULL;
	size_t len = name_len(r, &name);

	if (!r->begun)
		r->begun = r->line;
	if (len) {
		str_add(&r->text, name);
	} else {
		len = quoted_len(r->at);
		if (!len)
			len = 1;
		str_addn(&r->text, r->at, len);
	}
	take(r, len);
}

static bool read_piece(struct reader *r, struct err *err)
{
	size_t len = comment_len(r->at);

	if (is_delimiter_line(r))
		return read_delimiter(r, err);
	if (len) {
		take(r, len);
	} else if (strncmp(r->at, r->delimiter, r->delimiter_len) == 0) {
		take(r, r->delimiter_len);
		end_statement(r);
	} else if (!r->begun && isspace((unsigned char)*r->at)) {
		take(r, 1);
	} else {
		read_text(r);
	}
	return true;
}

bool sql_split(struct pool *pool, const char *text,
    const struct sql_names *names, struct sql_statement **out,
    size_t *count_out, struct err *err)
{
	struct reader r = { .pool = pool, .at = text, .line = 1,
	    .delimiter = ";", .delimiter_len = 1, .names = names };

	str_init(&r.text, pool, FILE_MOST_BYTES);
	while (*r.at)
		if (!read_piece(&r, err))
			return false;
	if (r.begun)
		return err_set(err, ERR_INPUT,
		    "line %d: this statement has no end", r.begun);
	*out = r.items;
	*count_out = r.count;
	return true;
}
