#ifndef HAWSER_TPLC_P_H
#define HAWSER_TPLC_P_H
/* What the template compiler's files share; the language is told in tplc.c. */
#include <stdbool.h>
#include <stddef.h>
#include "util/pool.h"
#include "util/str.h"

enum tplc_kind { TPLC_TEXT, TPLC_INT, TPLC_BOOL, TPLC_WHEN, TPLC_STRUCT };

struct tplc_struct;

struct tplc_type {
	enum tplc_kind kind;
	bool list;
	const struct tplc_struct *of;	/* TPLC_STRUCT */
};

struct tplc_member {
	const char *name;
	struct tplc_type type;
	struct tplc_member *next;
};

struct tplc_struct {
	const char *name;		/* as written in templates */
	const char *tag;		/* struct tag in C */
	struct tplc_member *members, **members_end;
	struct tplc_struct *next;
};

enum tplc_node_kind {
	TPLC_LITERAL, TPLC_OUTPUT, TPLC_IF, TPLC_FOR, TPLC_INCLUDE, TPLC_BLOCK,
};

struct tplc_expr {
	enum { TPLC_E_PATH, TPLC_E_STRING, TPLC_E_INT, TPLC_E_TRUE, TPLC_E_FALSE,
		TPLC_E_NOT, TPLC_E_AND, TPLC_E_OR, TPLC_E_COMPARE } op;
	const char *text;		/* path, string, number, comparison */
	struct tplc_expr *left, *right;
	int line;
};

struct tplc_arg {
	const char *name;
	struct tplc_expr *value;
	struct tplc_arg *next;
};

struct tplc_branch {
	struct tplc_expr *when;		/* NULL = else */
	struct tplc_node *body;
	struct tplc_branch *next;
	int line;
};

struct tplc_node {
	enum tplc_node_kind kind;
	int line;
	const char *text;		/* literal; loop variable; block's name */
	size_t len;
	struct tplc_expr *expr;		/* output; list; include's with */
	struct tplc_branch *branches;	/* if */
	struct tplc_node *body;		/* for, block */
	const struct tplc_template *partial;
	struct tplc_arg *args;
	struct tplc_node *next;
};

struct tplc_template {
	const char *name, *file;
	const char *source;
	struct tplc_struct params;
	struct tplc_struct *locals, **locals_end;
	struct tplc_node *body;		/* of a layout's user: its blocks only */
	const struct tplc_template *layout;
	struct tplc_expr *layout_with;
	bool is_layout;			/* has blocks of its own */
	const struct tplc_template **uses;	/* whose header is needed */
	size_t use_count;
};

/* A position in a template's text while it is taken apart. */
struct tplc_lex {
	struct pool *pool;
	const struct tplc_template *tpl;
	const char *at, *end;		/* inside one {% %} or {{ }} */
	int line;
};

/* ---- tplc.c ---- */
_Noreturn void tplc_fail(const struct tplc_template *tpl, int line,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Reads and parses templates/NAME.html, once. */
const struct tplc_template *tplc_load(struct pool *pool, const char *name,
    const struct tplc_template *from, int line);

/* ---- tplc_expr.c ---- */
bool tplc_at_end(struct tplc_lex *lex);
/* Skips white space; takes the text when it comes next (whole words only). */
bool tplc_take(struct tplc_lex *lex, const char *text);
void tplc_need(struct tplc_lex *lex, const char *text);
const char *tplc_name(struct tplc_lex *lex, const char *what);
struct tplc_expr *tplc_parse_expr(struct tplc_lex *lex);
/* A string, number, true, false or path. */
struct tplc_expr *tplc_parse_value(struct tplc_lex *lex);
void tplc_need_end(struct tplc_lex *lex);

/* ---- tplc_parse.c ---- */
void tplc_parse(struct pool *pool, struct tplc_template *tpl);
const struct tplc_member *tplc_member(const struct tplc_struct *of,
    const char *name, size_t len);

/* ---- tplc_html.c: where in HTML an output stands ---- */
enum tplc_place { TPLC_IN_TEXT, TPLC_IN_ATTR, TPLC_IN_URL_START, TPLC_IN_URL_REST };

struct tplc_html {
	int state;
	bool end_tag;
	bool self_src;			/* the tag has a src attribute */
	bool need_gap;			/* an attribute name ended at a branch */
	bool started;			/* the value has something already */
	bool told;			/* ... a path, whose prefix stands before it */
	bool rooted;			/* ... with a '/', '?' or '#' in it */
	char tag[32], attr[32];
	size_t tag_len, attr_len;
	char tail[12];			/* last bytes, to see --> and </script */
};
/* Follows the text and returns its length or, where the value of a URL attribute
 * begins with a path of ours, the length before it: what is put there (the path
 * prefix) comes first, then the rest is fed. */
size_t tplc_html_feed(struct tplc_html *html, const struct tplc_template *tpl,
    int line, const char *text, size_t len);
enum tplc_place tplc_html_output(struct tplc_html *html,
    const struct tplc_template *tpl, int line);
/* At the end of a branch: what the branches must agree on. */
void tplc_html_branch_end(struct tplc_html *html,
    const struct tplc_template *tpl, int line);
void tplc_html_join(struct tplc_html *html, const struct tplc_html *other,
    const struct tplc_template *tpl, int line);
bool tplc_html_is_text(const struct tplc_html *html);

/* ---- tplc_header.c ---- */
extern const char *const tplc_c_types[];	/* by enum tplc_kind */
void tplc_emit_header(struct str *out, const struct tplc_template *tpl);

/* ---- tplc_emit.c ---- */
void tplc_emit_source(struct str *out, const struct tplc_template *tpl);
#endif
