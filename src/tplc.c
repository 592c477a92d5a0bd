/*
 * The template compiler: templates/NAME.html -> views/tpl_NAME.h and .c, run at
 * build time. It must not know any page.
 *
 * The language
 *
 *	{% param text title %}		typed parameters: text int bool when, a
 *	{% param list row rows %}	struct of this file, or another template's
 *	{% param badge state %}		parameters; each may be a list
 *	{% struct row: text name, int count, list badge badges %}
 *	{{ row.name }}			output, escaped for the place it stands in
 *	{% if a and not b == "x" %} {% elif n > 3 %} {% else %} {% end %}
 *	{% for row in rows %} {% end %}
 *	{% include badge with row.state %}
 *	{% include badge text="Up to date", kind=row.kind %}
 *	{% layout page with page %}	the page's frame; this file fills its blocks
 *	{% block content %} {% end %}
 *	{# a comment #}
 *
 * In C, text is const char * (NULL = ""), int int64_t, bool bool, when when_t
 * (printed as RFC 3339, UTC), a struct a pointer (NULL = absent: ask with if
 * before looking inside), a list a pointer to its items and NAME_count. A
 * condition is true for text that is not empty, a number that is not 0, a list
 * with items, a struct that is there.
 *
 * Escaping is chosen by where the output stands: text, quoted attribute, URL
 * attribute (at its start the scheme is checked: http, https, mailto or a local
 * path, else "#"; behind a literal beginning it is percent-encoded). What has no
 * safe place does not compile: output in unquoted attributes, names of tags and
 * attributes, comments, script and style; attributes that are scripts or styles
 * (on..., style, srcdoc); inline script and style, which the Content-Security-
 * Policy refuses anyway. There is no way to print unescaped.
 *
 * Errors name template file and line.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tplc_p.h"
#include "util/banned.h"

#define MAX_TEMPLATE_BYTES (1024 * 1024)

static const char *template_dir;

static struct loaded {
	const struct tplc_template *tpl;
	struct loaded *next;
} *all_loaded;

void
tplc_fail(const struct tplc_template *tpl, int line, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "%s:%d: error: ", tpl ? tpl->file : "tplc", line);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(1);
}

static char *
read_template(struct pool *pool, const char *path,
    const struct tplc_template *from, int line)
{
	FILE *f = fopen(path, "r");
	char *text = pool_alloc(pool, MAX_TEMPLATE_BYTES + 1);
	size_t len;

	if (!f)
		tplc_fail(from, line, "cannot read %s: %s", path, strerror(errno));
	len = fread(text, 1, MAX_TEMPLATE_BYTES + 1, f);
	fclose(f);
	if (len > MAX_TEMPLATE_BYTES)
		tplc_fail(from, line, "%s is over 1 MiB", path);
	text[len] = '\0';
	if (strlen(text) != len || !str_utf8_valid(text, len))
		tplc_fail(from, line, "%s is not UTF-8 text", path);
	return text;
}

const struct tplc_template *
tplc_load(struct pool *pool, const char *name,
    const struct tplc_template *from, int line)
{
	struct tplc_template *tpl;
	struct loaded *l;

	for (l = all_loaded; l; l = l->next)
		if (str_eq(l->tpl->name, name))
			return l->tpl;
	tpl = POOL_NEW(pool, struct tplc_template);
	tpl->name = pool_strdup(pool, name);
	tpl->file = pool_printf(pool, "%s/%s.html", template_dir, name);
	tpl->source = read_template(pool, tpl->file, from, line);
	tpl->params.name = tpl->name;
	tpl->params.tag = pool_printf(pool, "tpl_%s", name);
	tpl->params.members_end = &tpl->params.members;
	tpl->locals_end = &tpl->locals;
	l = POOL_NEW(pool, struct loaded);
	*l = (struct loaded){ tpl, all_loaded };
	all_loaded = l;
	tplc_parse(pool, tpl);
	return tpl;
}

/* Written beside and renamed: a killed build leaves no half file. */
static void
write_file(struct pool *pool, const char *path, const struct str *text)
{
	const char *new = pool_printf(pool, "%s.new", path);
	FILE *f = fopen(new, "w");

	if (!str_ok(text))
		tplc_fail(NULL, 0, "%s would be too long", path);
	if (!f || fwrite(text->data, 1, text->len, f) != text->len ||
	    fclose(f) != 0 || rename(new, path) != 0)
		tplc_fail(NULL, 0, "cannot write %s: %s", path, strerror(errno));
}

int
main(int argc, char **argv)
{
	struct pool *pool = pool_new(NULL);
	const struct tplc_template *tpl;
	const char *slash, *dot;
	struct str out;

	if (argc != 3) {
		fprintf(stderr, "usage: tplc TEMPLATE.html OUTPUT-FOLDER\n");
		return 2;
	}
	slash = strrchr(argv[1], '/');
	dot = strrchr(argv[1], '.');
	template_dir = slash ? pool_strndup(pool, argv[1], (size_t)(slash - argv[1]))
	    : ".";
	slash = slash ? slash + 1 : argv[1];
	if (!dot || dot < slash || !str_eq(dot, ".html"))
		tplc_fail(NULL, 0, "%s does not end in .html", argv[1]);
	tpl = tplc_load(pool, pool_strndup(pool, slash, (size_t)(dot - slash)),
	    NULL, 0);
	str_init(&out, pool, 8 * MAX_TEMPLATE_BYTES);
	tplc_emit_source(&out, tpl);
	write_file(pool, pool_printf(pool, "%s/tpl_%s.c", argv[2], tpl->name), &out);
	str_clear(&out);
	tplc_emit_header(&out, tpl);
	write_file(pool, pool_printf(pool, "%s/tpl_%s.h", argv[2], tpl->name), &out);
	pool_free(pool);
	return 0;
}
