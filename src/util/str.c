/*
 * Text under construction and the escapes. Knows nothing of templates or HTTP
 * beyond how a text is spelled inside them.
 */
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "util/err.h"
#include "util/str.h"
#include "util/banned.h"

void
str_init(struct str *s, struct pool *pool, size_t max_bytes)
{
	s->pool = pool;
	s->max_bytes = max_bytes;
	s->cap = max_bytes < 63 ? max_bytes : 63;
	s->data = pool_alloc(pool, s->cap + 1);
	s->len = 0;
	s->overflow = false;
}

void
str_clear(struct str *s)
{
	s->len = 0;
	s->data[0] = '\0';
	s->overflow = false;
}

/* Room for more bytes; what cannot fit is told by the answer. */
static size_t
str_room(struct str *s, size_t more)
{
	size_t want, cap;

	if (s->overflow)
		return 0;
	if (more > s->max_bytes - s->len) {
		s->overflow = true;
		more = s->max_bytes - s->len;
	}
	want = s->len + more;
	if (want > s->cap) {
		cap = s->cap > s->max_bytes / 2 ? s->max_bytes : s->cap * 2;
		if (cap < want)
			cap = want;
		s->data = pool_grow(s->pool, s->data, s->len, cap + 1, 1);
		s->cap = cap;
	}
	return more;
}

void
str_reserve(struct str *s, size_t bytes)
{
	if (bytes > s->max_bytes)
		bytes = s->max_bytes;
	if (bytes > s->cap)
		str_room(s, bytes - s->len);
}

void
str_addn(struct str *s, const char *bytes, size_t len)
{
	size_t fits = len <= s->cap - s->len && !s->overflow ? len :
	    str_room(s, len);

	if (fits > 0)
		memcpy(s->data + s->len, bytes, fits);
	s->len += fits;
	s->data[s->len] = '\0';
}

void
str_add(struct str *s, const char *text)
{
	if (text != NULL)
		str_addn(s, text, strlen(text));
}

void
str_addc(struct str *s, char c)
{
	if (s->len < s->cap && !s->overflow) {
		s->data[s->len++] = c;
		s->data[s->len] = '\0';
	} else {
		str_addn(s, &c, 1);
	}
}

void
str_addf(struct str *s, const char *fmt, ...)
{
	size_t room = s->cap - s->len;
	va_list ap;
	int len;

	if (s->overflow)
		return;
	va_start(ap, fmt);
	len = vsnprintf(s->data + s->len, room + 1, fmt, ap);
	va_end(ap);
	if (len < 0)
		die("format '%s' cannot be printed", fmt);
	if ((size_t)len > room) {
		s->data[s->len] = '\0';
		room = str_room(s, (size_t)len);
		va_start(ap, fmt);
		vsnprintf(s->data + s->len, room + 1, fmt, ap);
		va_end(ap);
		s->len += room;
	} else
		s->len += (size_t)len;
}

void
str_addu(struct str *s, unsigned long long n)
{
	char digits[24], *p = digits + sizeof(digits);

	do
		*--p = (char)('0' + n % 10);
	while ((n /= 10) > 0);
	str_addn(s, p, (size_t)(digits + sizeof(digits) - p));
}

static const char *
str_entity(char c, bool attr)
{
	switch (c) {
	case '&': return "&amp;";
	case '<': return "&lt;";
	case '>': return "&gt;";
	case '"': return attr ? "&quot;" : NULL;
	case '\'': return attr ? "&#39;" : NULL;
	default: return NULL;
	}
}

static void
str_markup(struct str *s, const char *text, bool attr)
{
	static const bool stops[256] = { ['\0'] = true, ['&'] = true,
		['<'] = true, ['>'] = true, ['"'] = true, ['\''] = true };
	const char *from = text, *p;

	if (text == NULL)
		return;
	for (p = text;; p++) {
		const char *entity;

		while (!stops[(unsigned char)*p])
			p++;
		if (*p == '\0')
			break;
		entity = str_entity(*p, attr);
		if (entity == NULL)
			continue;
		str_addn(s, from, (size_t)(p - from));
		str_add(s, entity);
		from = p + 1;
	}
	str_addn(s, from, (size_t)(p - from));
}

void
str_html(struct str *s, const char *text)
{
	str_markup(s, text, false);
}

void
str_attr(struct str *s, const char *text)
{
	str_markup(s, text, true);
}

static bool
str_is_unreserved(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') ||
	    c == '-' || c == '.' || c == '_' || c == '~';
}

static void
str_percent(struct str *s, const char *text, bool slash)
{
	const char *p;

	for (p = text; p != NULL && *p != '\0'; p++) {
		if (str_is_unreserved((unsigned char)*p) ||
		    (slash && *p == '/'))
			str_addc(s, *p);
		else
			str_addf(s, "%%%02X", (unsigned char)*p);
	}
}

void
str_urlarg(struct str *s, const char *text)
{
	str_percent(s, text, false);
}

void
str_urlpath(struct str *s, const char *text)
{
	str_percent(s, text, true);
}

/* Bytes of the well-formed character at p (RFC 3629), 0 = none. */
static size_t
str_utf8_char(const unsigned char *p, size_t left)
{
	size_t need, i;
	unsigned char low = 0x80, high = 0xbf;

	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	need = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (p[0] == 0xe0)
		low = 0xa0;
	else if (p[0] == 0xed)
		high = 0x9f;		/* no surrogates */
	else if (p[0] == 0xf0)
		low = 0x90;
	else if (p[0] == 0xf4)
		high = 0x8f;
	if (left < need || p[1] < low || p[1] > high)
		return 0;
	for (i = 2; i < need; i++)
		if (p[i] < 0x80 || p[i] > 0xbf)
			return 0;
	return need;
}

/* Bytes that a JSON string has as they are. */
static size_t
str_json_plain(const unsigned char *p)
{
	size_t n = 0;

	while (p[n] >= 0x20 && p[n] < 0x7f && p[n] != '"' && p[n] != '\\' &&
	    p[n] != '<' && p[n] != '>' && p[n] != '&' && p[n] != '\'')
		n++;
	return n;
}

/* One ASCII character inside a JSON string. < > & ' are spelled out, so that
 * the text may stand inside a script element. */
static void
str_json_ascii(struct str *s, unsigned char c)
{
	switch (c) {
	case '"': str_add(s, "\\\""); break;
	case '\\': str_add(s, "\\\\"); break;
	case '\n': str_add(s, "\\n"); break;
	case '\r': str_add(s, "\\r"); break;
	case '\t': str_add(s, "\\t"); break;
	default:
		if (c < 0x20 || c == 0x7f || strchr("<>&'", c) != NULL)
			str_addf(s, "\\u%04x", c);
		else
			str_addc(s, (char)c);
	}
}

/* Bytes of a control at s, 0 = none: C0, DEL, C1, marks that turn the order. */
static size_t
str_control(const unsigned char *s)
{
	if (*s < 0x20 || *s == 0x7f)
		return *s != '\n' && *s != '\t';
	if (s[0] == 0xc2)
		return s[1] >= 0x80 && s[1] <= 0x9f ? 2 : 0;
	if (s[0] != 0xe2)
		return 0;
	return (s[1] == 0x80 && s[2] >= 0xaa && s[2] <= 0xae) ||
	    (s[1] == 0x81 && s[2] >= 0xa6 && s[2] <= 0xa9) ? 3 : 0;
}

void
str_json(struct str *s, const char *text)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t left, n;

	if (text == NULL) {
		str_add(s, "null");
		return;
	}
	str_addc(s, '"');
	for (left = strlen(text); left > 0; p += n, left -= n) {
		if ((n = str_json_plain(p)) > 0) {
			str_addn(s, (const char *)p, n);
			continue;
		}
		n = str_utf8_char(p, left);
		if (n == 0) {
			str_add(s, "\\ufffd");
			n = 1;
		} else if (n == 1)
			str_json_ascii(s, *p);
		else if (n == 3 && p[0] == 0xe2 && p[1] == 0x80 &&
		    (p[2] == 0xa8 || p[2] == 0xa9))
			str_addf(s, "\\u20%02x", p[2] - 0x80);
		else if (str_control(p) == 2)
			str_addf(s, "\\u00%02x", p[1]);
		else if (str_control(p) == 3)
			str_addf(s, "\\u20%02x", (p[1] & 1) << 6 | (p[2] & 0x3f));
		else
			str_addn(s, (const char *)p, n);
	}
	str_addc(s, '"');
}

void
str_header(struct str *s, const char *text)
{
	const char *p;

	for (p = text; p != NULL && *p != '\0'; p++)
		if ((unsigned char)*p >= 0x20 && *p != 0x7f)
			str_addc(s, *p);
}

bool
str_eq(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return strcmp(a, b) == 0;
}

bool
str_starts(const char *s, const char *prefix)
{
	return s != NULL && strncmp(s, prefix, strlen(prefix)) == 0;
}

bool
str_ends(const char *s, const char *suffix)
{
	size_t len, tail = strlen(suffix);

	if (s == NULL || (len = strlen(s)) < tail)
		return false;
	return memcmp(s + len - tail, suffix, tail) == 0;
}

bool
str_to_u64(const char *s, unsigned long long *out)
{
	unsigned long long n = 0;

	if (s == NULL || *s == '\0')
		return false;
	for (; *s != '\0'; s++) {
		if (*s < '0' || *s > '9')
			return false;
		if (__builtin_mul_overflow(n, 10ULL, &n) ||
		    __builtin_add_overflow(n, (unsigned)(*s - '0'), &n))
			return false;
	}
	*out = n;
	return true;
}

bool
str_utf8_valid(const char *bytes, size_t len)
{
	const unsigned char *p = (const unsigned char *)bytes;
	size_t n;

	for (; len > 0; p += n, len -= n)
		if ((n = str_utf8_char(p, len)) == 0)
			return false;
	return true;
}

void
str_lower(char *s)
{
	for (; *s != '\0'; s++)
		if (*s >= 'A' && *s <= 'Z')
			*s = (char)(*s - 'A' + 'a');
}

void
str_plain(char *s)
{
	size_t n;

	for (; *s != '\0'; s += n ? n : 1)
		if ((n = str_control((const unsigned char *)s)) > 0)
			memset(s, ' ', n);
}

void
str_plain_line(char *s)
{
	str_plain(s);
	for (; *s != '\0'; s++)
		if (*s == '\n' || *s == '\t')
			*s = ' ';
}

char *
str_cut(struct pool *pool, const char *text, size_t most)
{
	size_t len = text == NULL ? 0 : strlen(text);

	if (len > most)
		for (len = most; len > 0 &&
		    ((unsigned char)text[len] & 0xc0) == 0x80; len--)
			;
	return text == NULL ? NULL : pool_strndup(pool, text, len);
}

static bool
str_is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

char *
str_trim(struct pool *pool, const char *s)
{
	size_t len;

	if (s == NULL)
		return NULL;
	while (str_is_space(*s))
		s++;
	for (len = strlen(s); len > 0 && str_is_space(s[len - 1]); len--)
		;
	return pool_strndup(pool, s, len);
}
