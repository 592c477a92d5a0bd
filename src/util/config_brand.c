/* The host application's name and colours: what may be left out is worked out
 * here, and what nobody could read is refused. */
#include <string.h>
#include "util/colour.h"
#include "util/config_p.h"
#include "util/str.h"
#include "util/banned.h"

/* --panel and --bg of static/app.css, light and dark. */
static const char *const pages[2][2] = { { "#ffffff", "#f6f7f9" },
    { "#182129", "#10151c" } };

static double
worst_on_page(const char *accent, bool dark)
{
	double a = colour_contrast(accent, pages[dark][0]);
	double b = colour_contrast(accent, pages[dark][1]);

	return a < b ? a : b;
}

/* The nearest shade that reads as a link: darker, or lighter on dark pages. */
static const char *
readable_shade(struct pool *pool, const char *accent, bool dark)
{
	const char *shade = accent;
	int percent;

	for (percent = 1; worst_on_page(shade, dark) < COLOUR_READABLE; percent++)
		shade = colour_mix(pool, accent, dark ? "#ffffff" : "#000000",
		    percent);
	return shade;
}

/* White, or one of two darks: one of them reads on any colour. */
static const char *
readable_text(const char *accent)
{
	static const char *const texts[] = { "#ffffff", "#0b1a24" };
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (colour_contrast(accent, texts[i]) >= COLOUR_READABLE)
			return texts[i];
	return "#000000";
}

static bool
unreadable(struct config_reader *r, const char *key, const char *value,
    const char *where, double contrast, const char *instead)
{
	return config_fail(r, config_line_of(r, "brand", key),
	    pool_printf(r->pool, "[brand] %s is \"%s\"; %s its contrast is "
	    "%.1f:1, and it must be at least 4.5:1 to be readable. Take %s or "
	    "leave it out.", key, value, where, contrast, instead));
}

static bool
check_text(struct config_reader *r, const char *key, const char **text,
    const char *accent)
{
	double contrast;

	if (**text == '\0')
		*text = readable_text(accent);
	contrast = colour_contrast(accent, *text);
	return contrast >= COLOUR_READABLE || unreadable(r, key, *text,
	    pool_printf(r->pool, "on %s", accent), contrast,
	    readable_text(accent));
}

static bool
check_colours(struct config_reader *r)
{
	struct config *c = r->config;
	bool own = *c->brand_accent != '\0';

	if (!own)
		c->brand_accent = "#0b5f85";
	if (*c->brand_accent_dark == '\0')
		c->brand_accent_dark = own ? readable_shade(r->pool,
		    c->brand_accent, true) : "#5fb3dc";
	if (worst_on_page(c->brand_accent, false) < COLOUR_READABLE)
		return unreadable(r, "accent", c->brand_accent,
		    "on the light page", worst_on_page(c->brand_accent, false),
		    readable_shade(r->pool, c->brand_accent, false));
	if (worst_on_page(c->brand_accent_dark, true) < COLOUR_READABLE)
		return unreadable(r, "accent_dark", c->brand_accent_dark,
		    "on the dark page", worst_on_page(c->brand_accent_dark, true),
		    readable_shade(r->pool, c->brand_accent_dark, true));
	return check_text(r, "accent_text", &c->brand_accent_text,
	    c->brand_accent) && check_text(r, "accent_dark_text",
	    &c->brand_accent_dark_text, c->brand_accent_dark);
}

/* A path is one of the same host; the prefix of our own pages is not put
 * before it. */
static bool
check_home(struct config_reader *r)
{
	struct config *c = r->config;
	const char *url = c->brand_home_url;

	if (strpbrk(url, " \t\"'<>\\") != NULL)
		url = "?";
	if (*url == '/' && url[1] != '/')
		c->brand_home_url = pool_printf(r->pool, "%s%s", c->base_url, url);
	else if (*url != '\0' && !str_starts(url, "https://") &&
	    !str_starts(url, "http://"))
		return config_fail(r, config_line_of(r, "brand", "home_url"),
		    "[brand] home_url must be an address such as "
		    "https://app.example.com/home, or a path such as /home.");
	if (*c->brand_home_label == '\0')
		c->brand_home_label = pool_printf(r->pool, "Back to %s",
		    c->brand_name);
	return true;
}

bool
config_brand(struct config_reader *r)
{
	if (*r->config->brand_name == '\0')
		return config_fail(r, config_line_of(r, "brand", "name"),
		    "[brand] name must not be empty.");
	if (!str_eq(r->config->brand_direction, "ltr") &&
	    !str_eq(r->config->brand_direction, "rtl"))
		return config_fail(r, config_line_of(r, "brand", "direction"),
		    "[brand] direction must be ltr or rtl.");
	return check_home(r) && check_colours(r);
}
