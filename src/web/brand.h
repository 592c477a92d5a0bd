#ifndef HAWSER_WEB_BRAND_H
#define HAWSER_WEB_BRAND_H
/*
 * What the pages wear of the host application: its colours as a style sheet and
 * its logo, both made once when a process starts and served under /brand/. A
 * strict Content-Security-Policy leaves no other place for a colour.
 */
#include <stddef.h>
#include "util/config.h"

#define BRAND_LOGO_MAX_BYTES (64 * 1024)

struct brand {
	const char *css;
	const char *css_href;		/* NULL: the colours of app.css will do */
	const char *logo, *logo_type;	/* NULL: none */
	size_t logo_len;
	const char *logo_href;
	const char *version;		/* changes with either */
};

/* In pool. ERR_INPUT: the logo cannot be used, and why. */
ERR_CHECKED bool brand_load(struct pool *pool, const struct config *config,
    struct brand *out, struct err *err);
#endif
