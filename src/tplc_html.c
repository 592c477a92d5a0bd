/*
 * Follows HTML through a template's literal text, character by character, so
 * that every output's place is known; knows nothing of the template language.
 */
#include <ctype.h>
#include <string.h>
#include "tplc_p.h"
#include "util/banned.h"

enum {
	H_TEXT, H_OPEN, H_MARKUP, H_COMMENT, H_TAG_NAME, H_IN_TAG, H_ATTR_NAME,
	H_AFTER_NAME, H_BEFORE_VALUE, H_DOUBLE, H_SINGLE, H_UNQUOTED,
	H_RAW,			/* script, style: until their end tag */
	H_RCDATA,		/* title, textarea */
};

static bool
in_list(const char *word, const char *const *list)
{
	for (; *list; list++)
		if (str_eq(word, *list))
			return true;
	return false;
}

static bool
is_url_attr(const struct tplc_html *html)
{
	static const char *const urls[] = { "href", "src", "action",
	    "formaction", "poster", "cite", "data", "manifest", "background",
	    "icon", "longdesc", "usemap", "codebase", NULL };

	return in_list(html->attr, urls) || str_ends(html->attr, "href");
}

static bool
is_raw_tag(const struct tplc_html *html)
{
	return str_eq(html->tag, "script") || str_eq(html->tag, "style");
}

static void
check_tag(struct tplc_html *html, const struct tplc_template *tpl, int line)
{
	static const char *const refused[] = { "style", "iframe", "object",
	    "embed", "base", "xmp", "plaintext", "noembed", "noframes", "animate",
	    "set", "frame", "frameset", NULL };

	if (!html->end_tag && in_list(html->tag, refused))
		tplc_fail(tpl, line, "<%s> is not used in pages: the "
		    "Content-Security-Policy refuses it", html->tag);
}

static void
check_attr(struct tplc_html *html, const struct tplc_template *tpl, int line)
{
	static const char *const refused[] = { "style", "srcdoc", "http-equiv",
	    "ping", "srcset", "imagesrcset", NULL };

	if (str_starts(html->attr, "on"))
		tplc_fail(tpl, line, "event handler attribute '%s': put the "
		    "behaviour into static/, found by a class or data attribute",
		    html->attr);
	if (in_list(html->attr, refused))
		tplc_fail(tpl, line, "attribute '%s' is not used in pages",
		    html->attr);
	html->self_src |= str_eq(html->attr, "src");
}

static void
tag_closed(struct tplc_html *html, const struct tplc_template *tpl, int line)
{
	if (!html->end_tag && is_raw_tag(html)) {
		if (!html->self_src)
			tplc_fail(tpl, line, "inline script: put it into static/");
		html->state = H_RAW;
	} else if (!html->end_tag && (str_eq(html->tag, "textarea") ||
	    str_eq(html->tag, "title"))) {
		html->state = H_RCDATA;
	} else {
		html->state = H_TEXT;
	}
	memset(html->tail, 0, sizeof(html->tail));
}

static void
add_char(char *word, size_t *len, size_t max, char c,
    const struct tplc_template *tpl, int line)
{
	if (*len + 1 >= max)
		tplc_fail(tpl, line, "a name longer than %zu", max - 1);
	word[(*len)++] = (char)tolower((unsigned char)c);
	word[*len] = '\0';
}

/* Remembers the last bytes; true when they spell the word. */
static bool
tail_is(struct tplc_html *html, const char *word)
{
	size_t len = strlen(word), max = sizeof(html->tail) - 1;

	return len <= max && memcmp(html->tail + max - len, word, len) == 0;
}

static void
push_tail(struct tplc_html *html, char c)
{
	size_t max = sizeof(html->tail) - 1;

	memmove(html->tail, html->tail + 1, max - 1);
	html->tail[max - 1] = (char)tolower((unsigned char)c);
}

static void
start_tag(struct tplc_html *html, bool end_tag)
{
	html->state = H_TAG_NAME;
	html->end_tag = end_tag;
	html->tag_len = 0;
	html->tag[0] = '\0';
	html->self_src = false;
}

static void
in_text(struct tplc_html *html, char c)
{
	if (c == '<')
		html->state = H_OPEN;
}

static void
after_open(struct tplc_html *html, const struct tplc_template *tpl, int line,
    char c)
{
	if (c == '/') {
		start_tag(html, true);
	} else if (c == '!') {
		html->state = H_MARKUP;
		memset(html->tail, 0, sizeof(html->tail));
	} else if (isalpha((unsigned char)c)) {
		start_tag(html, false);
		add_char(html->tag, &html->tag_len, sizeof(html->tag), c, tpl, line);
	} else {
		tplc_fail(tpl, line, "a '<' that opens no tag: write &lt;");
	}
}

static void
in_markup(struct tplc_html *html, char c)
{
	push_tail(html, c);
	if (html->state == H_MARKUP && tail_is(html, "--"))
		html->state = H_COMMENT;
	else if (html->state == H_MARKUP ? c == '>' : tail_is(html, "-->"))
		html->state = H_TEXT;
}

static void
between_attrs(struct tplc_html *html, const struct tplc_template *tpl, int line,
    char c)
{
	if (html->need_gap && !isspace((unsigned char)c) && c != '>' && c != '/')
		tplc_fail(tpl, line, "put a space between the attributes");
	html->need_gap = false;
	if (c == '>') {
		tag_closed(html, tpl, line);
	} else if (c == '"' || c == '\'' || c == '<' || c == '=') {
		tplc_fail(tpl, line, "'%c' inside a tag", c);
	} else if (!isspace((unsigned char)c) && c != '/') {
		html->state = H_ATTR_NAME;
		html->attr_len = 0;
		add_char(html->attr, &html->attr_len, sizeof(html->attr), c, tpl, line);
	}
}

static void
in_name(struct tplc_html *html, const struct tplc_template *tpl, int line, char c)
{
	bool is_tag = html->state == H_TAG_NAME;

	if (!isspace((unsigned char)c) && c != '>' && c != '/' && c != '=') {
		if (is_tag)
			add_char(html->tag, &html->tag_len, sizeof(html->tag), c, tpl, line);
		else
			add_char(html->attr, &html->attr_len, sizeof(html->attr), c, tpl,
			    line);
		return;
	}
	if (is_tag)
		check_tag(html, tpl, line);
	else
		check_attr(html, tpl, line);
	if (c == '=' && !is_tag) {
		html->state = H_BEFORE_VALUE;
	} else if (isspace((unsigned char)c) && !is_tag) {
		html->state = H_AFTER_NAME;
	} else {
		html->state = H_IN_TAG;
		between_attrs(html, tpl, line, c);
	}
}

static void
before_value(struct tplc_html *html, const struct tplc_template *tpl, int line,
    char c)
{
	html->started = html->rooted = false;
	if (c == '"' || c == '\'')
		html->state = c == '"' ? H_DOUBLE : H_SINGLE;
	else if (c == '>')
		tplc_fail(tpl, line, "attribute '%s' without its value", html->attr);
	else if (!isspace((unsigned char)c))
		html->state = H_UNQUOTED;
}

static void
in_value(struct tplc_html *html, const struct tplc_template *tpl, int line, char c)
{
	if (html->state == H_UNQUOTED) {
		if (isspace((unsigned char)c) || c == '>') {
			html->state = H_IN_TAG;
			between_attrs(html, tpl, line, c);
		}
		return;
	}
	if (c == (html->state == H_DOUBLE ? '"' : '\'')) {
		html->state = H_IN_TAG;
		return;
	}
	html->started = true;
	html->rooted |= c == '/' || c == '?' || c == '#';
}

static void
in_raw(struct tplc_html *html, const struct tplc_template *tpl, int line, char c)
{
	char word[40] = "</";

	memcpy(word + 2, html->tag, html->tag_len + 1);
	push_tail(html, c);
	if (tail_is(html, word)) {
		html->end_tag = true;
		html->state = H_IN_TAG;
	} else if (html->state == H_RAW && !isspace((unsigned char)c) &&
	    memchr(html->tail, '<', sizeof(html->tail)) == NULL) {
		tplc_fail(tpl, line, "text inside <%s>: put it into static/",
		    html->tag);
	}
}

static void
feed_char(struct tplc_html *html, const struct tplc_template *tpl, int line,
    char c)
{
	switch (html->state) {
	case H_TEXT: in_text(html, c); break;
	case H_OPEN: after_open(html, tpl, line, c); break;
	case H_MARKUP: case H_COMMENT: in_markup(html, c); break;
	case H_TAG_NAME: case H_ATTR_NAME: in_name(html, tpl, line, c); break;
	case H_IN_TAG: between_attrs(html, tpl, line, c); break;
	case H_AFTER_NAME:
		if (c == '=') {
			html->state = H_BEFORE_VALUE;
		} else if (!isspace((unsigned char)c)) {
			html->state = H_IN_TAG;
			between_attrs(html, tpl, line, c);
		}
		break;
	case H_BEFORE_VALUE: before_value(html, tpl, line, c); break;
	case H_RAW: case H_RCDATA: in_raw(html, tpl, line, c); break;
	default: in_value(html, tpl, line, c);
	}
}

size_t
tplc_html_feed(struct tplc_html *html, const struct tplc_template *tpl, int line,
    const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (text[i] == '/' && !html->started && is_url_attr(html) &&
		    (html->state == H_DOUBLE || html->state == H_SINGLE)) {
			html->told = !html->told;
			if (html->told)
				return i;
		}
		feed_char(html, tpl, line, text[i]);
		line += text[i] == '\n';
	}
	return len;
}

static enum tplc_place
place_in_value(struct tplc_html *html, const struct tplc_template *tpl, int line)
{
	bool first = !html->started;

	html->started = true;
	if (!is_url_attr(html))
		return TPLC_IN_ATTR;
	if (first) {
		html->rooted = true;
		return TPLC_IN_URL_START;
	}
	if (!html->rooted)
		tplc_fail(tpl, line, "output in '%s' behind a beginning without "
		    "'/', '?' or '#': the scheme would be open", html->attr);
	return TPLC_IN_URL_REST;
}

enum tplc_place
tplc_html_output(struct tplc_html *html, const struct tplc_template *tpl, int line)
{
	switch (html->state) {
	case H_TEXT:
	case H_RCDATA:
		memset(html->tail, 0, sizeof(html->tail));
		return TPLC_IN_TEXT;
	case H_DOUBLE:
	case H_SINGLE:
		return place_in_value(html, tpl, line);
	case H_BEFORE_VALUE:
	case H_UNQUOTED:
		tplc_fail(tpl, line, "output in the unquoted attribute '%s': put it "
		    "in quotes", html->attr);
	case H_RAW:
		tplc_fail(tpl, line, "output inside <%s>", html->tag);
	case H_COMMENT:
	case H_MARKUP:
		tplc_fail(tpl, line, "output inside a comment");
	case H_OPEN:
	case H_TAG_NAME:
		tplc_fail(tpl, line, "output in a tag's name");
	default:
		tplc_fail(tpl, line, "output in an attribute's name or between "
		    "attributes");
	}
}

void
tplc_html_branch_end(struct tplc_html *html, const struct tplc_template *tpl,
    int line)
{
	if (html->state == H_ATTR_NAME) {
		check_attr(html, tpl, line);
		html->state = H_IN_TAG;
		html->need_gap = true;
	} else if (html->state == H_AFTER_NAME) {
		html->state = H_IN_TAG;
	}
}

void
tplc_html_join(struct tplc_html *html, const struct tplc_html *other,
    const struct tplc_template *tpl, int line)
{
	if (html->state != other->state || (html->state != H_TEXT &&
	    (html->end_tag != other->end_tag || !str_eq(html->tag, other->tag))))
		tplc_fail(tpl, line, "the branches end in different places of the "
		    "HTML (one inside a tag or quote, one outside)");
	if ((html->state == H_DOUBLE || html->state == H_SINGLE) &&
	    !str_eq(html->attr, other->attr))
		tplc_fail(tpl, line, "the branches end in different attributes");
	if ((html->state == H_DOUBLE || html->state == H_SINGLE) &&
	    is_url_attr(html) && html->started != other->started)
		tplc_fail(tpl, line, "only one branch begins the URL in '%s'",
		    html->attr);
	html->rooted &= other->rooted;
	html->started |= other->started;
	html->need_gap |= other->need_gap;
	html->self_src &= other->self_src;
}

bool
tplc_html_is_text(const struct tplc_html *html)
{
	return html->state == H_TEXT;
}
