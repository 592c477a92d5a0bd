/* A parsed template -> the C header of its parameters. */
#include "tplc_p.h"
#include "util/banned.h"

const char *const tplc_c_types[] = { "const char *", "int64_t ", "bool ",
	"when_t " };

static void
emit_struct(struct str *out, const struct tplc_struct *st)
{
	const struct tplc_member *m;

	str_addf(out, "struct %s {\n", st->tag);
	for (m = st->members; m; m = m->next) {
		if (m->type.kind == TPLC_STRUCT)
			str_addf(out, "\tconst struct %s *%s;\n", m->type.of->tag,
			    m->name);
		else if (m->type.list)
			str_addf(out, "\t%s%s*%s;\n", m->type.kind == TPLC_TEXT ? "" :
			    "const ", m->type.kind == TPLC_TEXT ? "const char *const " :
			    tplc_c_types[m->type.kind], m->name);
		else
			str_addf(out, "\t%s%s;\n", tplc_c_types[m->type.kind], m->name);
		if (m->type.list)
			str_addf(out, "\tsize_t %s_count;\n", m->name);
	}
	if (!st->members)
		str_add(out, "\tchar nothing;\n");
	str_add(out, "};\n\n");
}

void
tplc_emit_header(struct str *out, const struct tplc_template *tpl)
{
	const struct tplc_struct *st;
	size_t i;

	str_addf(out, "/* Made from templates/%s.html. */\n#ifndef HAWSER_VIEWS_%s\n"
	    "#define HAWSER_VIEWS_%s\n#include \"views/view.h\"\n", tpl->name,
	    tpl->params.tag, tpl->params.tag);
	for (i = 0; i < tpl->use_count; i++)
		str_addf(out, "#include \"views/%s.h\"\n", tpl->uses[i]->params.tag);
	str_addc(out, '\n');
	for (st = tpl->locals; st; st = st->next)
		emit_struct(out, st);
	emit_struct(out, &tpl->params);
	if (!tpl->is_layout)
		str_addf(out, "void %s(struct str *s, const struct %s *p);\n",
		    tpl->params.tag, tpl->params.tag);
	str_add(out, "#endif\n");
}
