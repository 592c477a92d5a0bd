/*
 * Content lines on any bytes (libFuzzer): the raw ranges are the input byte for
 * byte, components nest, and folding, quoting and escaping come back as they
 * went in.
 */
#include <stdint.h>
#include <string.h>
#include "model/contentline.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define PLENTY (1024 * 1024)

static void check_ranges(const struct contentline_doc *doc, const char *text,
    size_t len)
{
	size_t at = 0;

	for (size_t i = 0; i < doc->count; i++) {
		const struct contentline *l = &doc->lines[i];

		if (l->raw < text || (size_t)(l->raw - text) < at ||
		    (size_t)(l->raw - text) + l->raw_len > len)
			die("line %zu is out of order", i);
		at = (size_t)(l->raw - text) + l->raw_len;
		if (l->kind == CONTENTLINE_BEGIN && (l->peer <= i ||
		    doc->lines[l->peer].peer != i))
			die("line %zu begins what never ends", i);
		if (l->kind == CONTENTLINE_PROPERTY && (l->name_len == 0 ||
		    l->value_at > l->len || l->name_len >= l->value_at))
			die("line %zu has no name or no value", i);
	}
	if (doc->count && at != len)
		die("%zu bytes of %zu are in lines", at, len);
}

static void check_params(struct pool *pool, const struct contentline *line)
{
	struct contentline_param p;
	size_t at = line->name_len;

	while (contentline_next_param(line, &at, &p)) {
		char *name = pool_strndup(pool, p.name, p.name_len);
		char *value = contentline_param(pool, line, name);

		if (p.value + p.value_len > line->text + line->value_at)
			die("a parameter reaches into the value");
		if (p.name_len && !value)
			die("the parameter %s cannot be found", name);
	}
}

static void check_fold(struct pool *pool, const struct contentline *line)
{
	const struct contentline_limits most = { PLENTY, 10, 1 };
	struct contentline_doc doc;
	struct str out;
	struct err err = { 0 };

	str_init(&out, pool, PLENTY);
	contentline_fold(&out, line->text, line->len);
	for (const char *p = out.data; *p; ) {
		const char *end = strstr(p, "\r\n");

		if (!end || end - p > 75)
			die("a line of more than 75 bytes, or without an end");
		p = end + 2;
	}
	if (!contentline_scan(pool, out.data, out.len, &most, &doc, &err) ||
	    doc.count != 1 || doc.lines[0].len != line->len ||
	    memcmp(doc.lines[0].text, line->text, line->len) != 0)
		die("folded and unfolded, it is another line");
}

static void check_escape(struct pool *pool, const struct contentline *line)
{
	size_t len;
	const char *value = contentline_value(line, &len);
	char *text = contentline_unescape(pool, value, len), *back;
	struct contentline one;
	struct str out;

	str_init(&out, pool, PLENTY);
	contentline_escape(&out, text);
	back = contentline_unescape(pool, out.data, out.len);
	if (strcmp(back, text) != 0)
		die("escaped and read again: [%s] is not [%s]", back, text);
	str_clear(&out);
	str_add(&out, "X");
	contentline_add_param(&out, "P", text);
	str_add(&out, ":v");
	if (!contentline_split(out.data, out.len, &one))
		die("a parameter breaks its line: %s", out.data);
	(void)contentline_param(pool, &one, "P");
	contentline_value(&one, &len);
	if (len != 1)
		die("a parameter reaches into the value: %s", out.data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct contentline_limits most = { 64 * 1024, 500, 8 };
	struct pool *pool = pool_new(NULL);
	const char *text = (const char *)data;
	struct contentline_doc doc;
	struct err err = { 0 };

	if (contentline_scan(pool, text, len, &most, &doc, &err)) {
		check_ranges(&doc, text, len);
		for (size_t i = 0; i < doc.count; i++) {
			if (doc.lines[i].kind != CONTENTLINE_PROPERTY)
				continue;
			check_params(pool, &doc.lines[i]);
			check_fold(pool, &doc.lines[i]);
			check_escape(pool, &doc.lines[i]);
		}
	} else if (!*err.msg) {
		die("refused without a reason");
	}
	pool_free(pool);
	return 0;
}
