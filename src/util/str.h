#ifndef HAWSER_UTIL_STR_H
#define HAWSER_UTIL_STR_H
/*
 * Text under construction: pool-backed, always NUL-terminated, with a maximum
 * set at birth. Growing past the maximum sets the sticky overflow flag and
 * drops the rest; check str_ok() once at the end. Escaping is in the verb:
 * there is no unescaped printf into a page or a URL.
 */
#include <stdbool.h>
#include <stddef.h>
#include "util/pool.h"

struct str {
	char *data;		/* never NULL after str_init */
	size_t len;
	size_t cap;
	size_t max_bytes;
	bool overflow;
	struct pool *pool;
};

void str_init(struct str *s, struct pool *pool, size_t max_bytes);
/* Empties it, keeps the memory. */
void str_clear(struct str *s);
static inline bool str_ok(const struct str *s) { return !s->overflow; }

/* Room for so many bytes at once, within max_bytes. */
void str_reserve(struct str *s, size_t bytes);
void str_add(struct str *s, const char *text);
void str_addn(struct str *s, const char *bytes, size_t len);
void str_addc(struct str *s, char c);
void str_addu(struct str *s, unsigned long long n);
void str_addf(struct str *s, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

void str_html(struct str *s, const char *text);		/* & < > */
void str_attr(struct str *s, const char *text);		/* & < > " ' */
void str_urlarg(struct str *s, const char *text);	/* RFC 3986 unreserved kept */
void str_urlpath(struct str *s, const char *text);	/* as urlarg, '/' kept */
void str_json(struct str *s, const char *text);		/* with the quotes */
void str_header(struct str *s, const char *text);	/* control bytes dropped */

/* Small helpers over plain C strings. */
bool str_eq(const char *a, const char *b);		/* NULL equals only NULL */
bool str_starts(const char *s, const char *prefix);
bool str_ends(const char *s, const char *suffix);
/* Strict decimal, no sign, no space; false on overflow or rubbish. */
bool str_to_u64(const char *s, unsigned long long *out);
bool str_utf8_valid(const char *bytes, size_t len);
/* In place, ASCII only. */
void str_lower(char *s);
/* In place, for a terminal: what would steer it, or turn the order of what
 * follows, becomes blanks; lines and tabs stay. */
void str_plain(char *s);
/* The same of one line: its breaks and tabs become blanks, too. */
void str_plain_line(char *s);
/* A copy of at most so many bytes, cut at a character; NULL of NULL. */
char *str_cut(struct pool *pool, const char *text, size_t most);
/* A copy without leading and trailing ASCII white space. */
char *str_trim(struct pool *pool, const char *s);
#endif
