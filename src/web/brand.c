/* The host application's colours and logo. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "util/colour.h"
#include "util/digest.h"
#include "util/str.h"
#include "web/brand.h"
#include "util/banned.h"

static void
add_colours(struct str *s, const char *accent, const char *text,
    const char *soft)
{
	str_addf(s, ":root {\n\t--accent: %s;\n\t--accent-text: %s;\n"
	    "\t--accent-soft: %s;\n}\n", accent, text, soft);
}

/* --accent-soft lies under text: a hint of the accent on the panel's colour. */
static const char *
style_sheet(struct pool *pool, const struct config *c)
{
	struct str s;

	str_init(&s, pool, 1024);
	add_colours(&s, c->brand_accent, c->brand_accent_text,
	    colour_mix(pool, "#ffffff", c->brand_accent, 10));
	str_add(&s, "@media (prefers-color-scheme: dark) {\n");
	add_colours(&s, c->brand_accent_dark, c->brand_accent_dark_text,
	    colour_mix(pool, "#182129", c->brand_accent_dark, 18));
	str_add(&s, "}\n");
	return s.data;
}

static bool
own_colours(const struct config *c)
{
	return strcasecmp(c->brand_accent, "#0b5f85") != 0 ||
	    strcasecmp(c->brand_accent_text, "#ffffff") != 0 ||
	    strcasecmp(c->brand_accent_dark, "#5fb3dc") != 0 ||
	    strcasecmp(c->brand_accent_dark_text, "#0b1a24") != 0;
}

/* By its first bytes, not by its name; NULL = no picture we serve. */
static const char *
type_of(const char *bytes, size_t len)
{
	if (len > 8 && memcmp(bytes, "\x89PNG\r\n\x1a\n", 8) == 0)
		return "image/png";
	if (len > 3 && memcmp(bytes, "\xff\xd8\xff", 3) == 0)
		return "image/jpeg";
	if (len > 12 && memcmp(bytes, "RIFF", 4) == 0 &&
	    memcmp(bytes + 8, "WEBP", 4) == 0)
		return "image/webp";
	if (str_starts(bytes, "<svg") || (str_starts(bytes, "<?xml") &&
	    strstr(bytes, "<svg")))
		return "image/svg+xml";
	return NULL;
}

static bool
read_logo(struct pool *pool, const char *path, struct brand *out,
    struct err *err)
{
	char *bytes = pool_alloc(pool, BRAND_LOGO_MAX_BYTES + 2);
	FILE *f = fopen(path, "re");
	size_t len;

	if (!f)
		return err_set(err, ERR_INPUT, "[brand] logo_file %s cannot be "
		    "opened: %s.", path, strerror(errno));
	len = fread(bytes, 1, BRAND_LOGO_MAX_BYTES + 1, f);
	fclose(f);
	bytes[len] = '\0';
	if (len > BRAND_LOGO_MAX_BYTES)
		return err_set(err, ERR_INPUT, "[brand] logo_file %s is larger "
		    "than 64 KB; take a smaller picture.", path);
	out->logo_type = type_of(bytes, len);
	if (!out->logo_type)
		return err_set(err, ERR_INPUT, "[brand] logo_file %s is no SVG, "
		    "PNG, JPEG or WebP picture.", path);
	out->logo = bytes;
	out->logo_len = len;
	return true;
}

static const char *
version_of(struct pool *pool, const struct brand *b)
{
	struct digest css = digest_sha256(b->css, strlen(b->css));
	struct digest both = digest_hmac(css.bytes, sizeof(css.bytes),
	    b->logo ? b->logo : "", b->logo_len);

	return digest_hex(pool, both.bytes, 8);
}

bool
brand_load(struct pool *pool, const struct config *config, struct brand *out,
    struct err *err)
{
	memset(out, 0, sizeof(*out));
	if (*config->brand_logo_file &&
	    !read_logo(pool, config->brand_logo_file, out, err))
		return false;
	out->css = style_sheet(pool, config);
	out->version = version_of(pool, out);
	if (own_colours(config))
		out->css_href = pool_printf(pool, "/brand/accent.css?v=%s",
		    out->version);
	if (out->logo)
		out->logo_href = pool_printf(pool, "/brand/logo?v=%s",
		    out->version);
	return true;
}
