/* name=value pairs: queries, form bodies, cookies; knows no request. */
#include <string.h>
#include "serve/request_p.h"
#include "util/str.h"
#include "util/banned.h"

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

char *
request_unescape(struct pool *pool, const char *text, size_t len, bool plus)
{
	char *out = pool_alloc(pool, len + 1);
	size_t i, n = 0;
	int hi, lo;

	for (i = 0; i < len; i++) {
		if (text[i] == '+' && plus) {
			out[n++] = ' ';
		} else if (text[i] != '%') {
			out[n++] = text[i];
		} else {
			hi = i + 2 < len ? hex_digit(text[i + 1]) : -1;
			lo = i + 2 < len ? hex_digit(text[i + 2]) : -1;
			if (hi < 0 || lo < 0 || hi * 16 + lo == 0)
				return NULL;
			out[n++] = (char)(hi * 16 + lo);
			i += 2;
		}
	}
	out[n] = '\0';
	return str_utf8_valid(out, n) ? out : NULL;
}

bool
request_is_text(const char *text, bool lines)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == 0x7f || (c < ' ' && c != '\t' &&
		    !(lines && (c == '\n' || c == '\r'))))
			return false;
	}
	return true;
}

void
request_add_pair(struct pool *pool, struct request_pairs *pairs,
    const char *name, const char *value)
{
	size_t n = pairs->count;

	if ((n & (n - 1)) == 0)		/* full at every power of two */
		pairs->items = pool_grow(pool, pairs->items, n, n ? 2 * n : 1,
		    sizeof(*pairs->items));
	pairs->items[pairs->count++] = (struct request_pair){ name, value };
}

bool
request_parse_pairs(struct pool *pool, const char *text,
    struct request_pairs *out, struct err *err)
{
	const char *name, *value;
	size_t len, name_len;

	for (; *text; text += len + (text[len] == '&')) {
		len = strcspn(text, "&");
		if (len == 0)
			continue;
		name_len = strcspn(text, "=&");
		name = request_unescape(pool, text, name_len, true);
		value = name_len == len ? "" :
		    request_unescape(pool, text + name_len + 1, len - name_len - 1, true);
		if (!name || !value || !request_is_text(name, false) ||
		    !request_is_text(value, true))
			return err_set(err, ERR_INPUT, "The request holds characters "
			    "that are not text. Please type the form again.");
		if (out->count == REQUEST_MAX_FIELDS)
			return err_set(err, ERR_INPUT, "The form has more than %d "
			    "fields.", REQUEST_MAX_FIELDS);
		request_add_pair(pool, out, name, value);
	}
	return true;
}

/* Anything that is not a plain name=value is left out, as browsers may send
 * cookies of other applications on this host. */
void
request_parse_cookies(struct pool *pool, const char *text,
    struct request_pairs *out)
{
	size_t len, name_len;

	for (; text && *text; text += len + (text[len] == ';')) {
		text += strspn(text, " ");
		len = strcspn(text, ";");
		name_len = strcspn(text, "=;");
		if (name_len < len && out->count < REQUEST_MAX_FIELDS)
			request_add_pair(pool, out, pool_strndup(pool, text, name_len),
			    pool_strndup(pool, text + name_len + 1, len - name_len - 1));
	}
}

const char *
request_pair(const struct request_pairs *pairs, const char *name)
{
	size_t i;

	for (i = 0; i < pairs->count; i++)
		if (str_eq(pairs->items[i].name, name))
			return pairs->items[i].value;
	return NULL;
}
