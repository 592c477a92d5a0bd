#ifndef HAWSER_VIEWS_VIEW_H
#define HAWSER_VIEWS_VIEW_H
/* What compiled templates call beside str_html and its kin. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "util/str.h"
#include "util/when.h"

bool view_has(const char *text);		/* not NULL, not empty */
bool view_eq(const char *a, const char *b);	/* NULL is "" */
void view_int(struct str *s, int64_t n);
void view_when(struct str *s, when_t t);	/* RFC 3339, UTC */
/* The value of a URL attribute: http, https, mailto or a path; else "#". A path
 * from the root is one of ours and gets the prefix. */
void view_url(struct str *s, const char *url);
/* The path below which all pages lie, "" at first; tplc puts it before each
 * path of ours that a template writes out. The text is kept, not copied. */
void view_use_prefix(const char *prefix);
void view_prefix(struct str *s);
#endif
