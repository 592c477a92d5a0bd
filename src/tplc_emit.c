/* A parsed template -> C; asks tplc_html where each output stands. */
#include <string.h>
#include "tplc_p.h"
#include "util/banned.h"

#define MAX_LITERAL 3000	/* C99 promises strings of 4095 */

struct scope {			/* a loop's variable */
	const char *name, *c;
	struct tplc_type type;
	const struct scope *up;
};

struct emit {
	struct pool *pool;
	struct str *out;
	struct str literal;		/* not yet written */
	struct tplc_html html;
	const struct tplc_template *page;	/* fills the blocks */
	const struct tplc_template *tpl;	/* whose nodes are walked */
	const char *base;		/* its parameters in C: "p->" */
	const struct scope *scopes;
	int depth, counter;
};

struct value {
	const char *c;
	struct tplc_type type;
};

static void
indent(struct emit *e)
{
	int i;

	for (i = 0; i < e->depth; i++)
		str_addc(e->out, '\t');
}

static const char *
c_string(struct pool *pool, const char *text, size_t len)
{
	struct str s;
	size_t i;

	str_init(&s, pool, 8 * len + 16);
	str_addc(&s, '"');
	for (i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c == '\n')
			str_add(&s, i + 1 < len ? "\\n\"\n\t    \"" : "\\n");
		else if (c == '"' || c == '\\' || c == '?')
			str_addf(&s, "\\%c", c);
		else if (c < 32 || c >= 127)
			str_addf(&s, "\\%03o", c);
		else
			str_addc(&s, (char)c);
	}
	str_addc(&s, '"');
	return s.data;
}

static void
flush(struct emit *e)
{
	const char *text = e->literal.data;
	size_t left = e->literal.len, n;

	while (left > 0) {
		n = left > MAX_LITERAL ? MAX_LITERAL : left;
		indent(e);
		str_addf(e->out, "str_addn(s, %s, %zu);\n",
		    c_string(e->pool, text, n), n);
		text += n;
		left -= n;
	}
	str_clear(&e->literal);
}

static struct value
member_value(struct emit *e, const struct tplc_struct *of, const char *base,
    const char *name, size_t len, int line)
{
	const struct tplc_member *m = tplc_member(of, name, len);

	if (!m)
		tplc_fail(e->tpl, line, "%s has no '%.*s'", of->name, (int)len, name);
	return (struct value){ pool_printf(e->pool, "%s%s", base, m->name), m->type };
}

static struct value
path_value(struct emit *e, const char *path, int line)
{
	size_t len = strcspn(path, ".");
	const struct scope *sc = e->scopes;
	struct value v;

	while (sc && (strlen(sc->name) != len || memcmp(sc->name, path, len) != 0))
		sc = sc->up;
	if (sc)
		v = (struct value){ sc->c, sc->type };
	else
		v = member_value(e, &e->tpl->params, e->base, path, len, line);
	while (path[len] == '.') {
		if (v.type.kind != TPLC_STRUCT || v.type.list)
			tplc_fail(e->tpl, line, "'%.*s' has no members", (int)len, path);
		path += len + 1;
		len = strcspn(path, ".");
		v = member_value(e, v.type.of, pool_printf(e->pool, "%s->", v.c), path,
		    len, line);
	}
	return v;
}

static struct value
value_of(struct emit *e, const struct tplc_expr *x)
{
	switch (x->op) {
	case TPLC_E_PATH:
		return path_value(e, x->text, x->line);
	case TPLC_E_STRING:
		return (struct value){ c_string(e->pool, x->text, strlen(x->text)),
		    { TPLC_TEXT } };
	case TPLC_E_INT:
		return (struct value){ pool_printf(e->pool, "INT64_C(%s)", x->text),
		    { TPLC_INT } };
	case TPLC_E_TRUE:
	case TPLC_E_FALSE:
		return (struct value){ x->op == TPLC_E_TRUE ? "true" : "false",
		    { TPLC_BOOL } };
	default:
		tplc_fail(e->tpl, x->line, "expected a value, not a condition");
	}
}

static const char *
truth(struct emit *e, const struct value *v)
{
	if (v->type.list)
		return pool_printf(e->pool, "%s_count > 0", v->c);
	switch (v->type.kind) {
	case TPLC_TEXT: return pool_printf(e->pool, "view_has(%s)", v->c);
	case TPLC_INT: return pool_printf(e->pool, "%s != 0", v->c);
	case TPLC_WHEN: return pool_printf(e->pool, "%s != WHEN_NONE", v->c);
	case TPLC_STRUCT: return pool_printf(e->pool, "%s != NULL", v->c);
	default: return v->c;
	}
}

static const char *
compare(struct emit *e, const struct tplc_expr *x)
{
	struct value a = value_of(e, x->left), b = value_of(e, x->right);
	bool equality = x->text[1] == '=' && (x->text[0] == '=' || x->text[0] == '!');

	if (a.type.list || b.type.list || a.type.kind != b.type.kind ||
	    a.type.kind == TPLC_STRUCT)
		tplc_fail(e->tpl, x->line, "'%s' between different kinds of value",
		    x->text);
	if (a.type.kind != TPLC_TEXT && (equality || a.type.kind != TPLC_BOOL))
		return pool_printf(e->pool, "%s %s %s", a.c, x->text, b.c);
	if (!equality)
		tplc_fail(e->tpl, x->line, "'%s' compares numbers only", x->text);
	return pool_printf(e->pool, "%sview_eq(%s, %s)",
	    x->text[0] == '!' ? "!" : "", a.c, b.c);
}

static const char *
condition(struct emit *e, const struct tplc_expr *x)
{
	struct value v;

	switch (x->op) {
	case TPLC_E_NOT:
		return pool_printf(e->pool, "!(%s)", condition(e, x->left));
	case TPLC_E_AND:
	case TPLC_E_OR:
		return pool_printf(e->pool, "(%s) %s (%s)", condition(e, x->left),
		    x->op == TPLC_E_AND ? "&&" : "||", condition(e, x->right));
	case TPLC_E_COMPARE:
		return compare(e, x);
	default:
		v = value_of(e, x);
		return truth(e, &v);
	}
}

static void emit_nodes(struct emit *e, const struct tplc_node *node);

static void
emit_output(struct emit *e, const struct tplc_node *node)
{
	static const char *const verbs[] = { "str_html", "str_attr", "view_url",
	    "str_urlarg" };
	struct value v = value_of(e, node->expr);
	enum tplc_place place = tplc_html_output(&e->html, e->tpl, node->line);

	if (v.type.list || v.type.kind == TPLC_STRUCT || v.type.kind == TPLC_BOOL)
		tplc_fail(e->tpl, node->line, "only text, int and when can be printed");
	if (v.type.kind == TPLC_WHEN && place >= TPLC_IN_URL_START)
		tplc_fail(e->tpl, node->line, "a time has no place in a URL");
	flush(e);
	indent(e);
	if (v.type.kind == TPLC_TEXT)
		str_addf(e->out, "%s(s, %s);\n", verbs[place], v.c);
	else
		str_addf(e->out, "view_%s(s, %s);\n",
		    v.type.kind == TPLC_INT ? "int" : "when", v.c);
}

static void
emit_branch(struct emit *e, const struct tplc_branch *b, bool first)
{
	if (b->when && !first)
		str_addf(e->out, " else if (%s) {\n", condition(e, b->when));
	else if (b->when)
		str_addf(e->out, "if (%s) {\n", condition(e, b->when));
	else
		str_add(e->out, " else {\n");
	e->depth++;
	emit_nodes(e, b->body);
	tplc_html_branch_end(&e->html, e->tpl, b->line);
	flush(e);
	e->depth--;
	indent(e);
	str_addc(e->out, '}');
}

static void
emit_if(struct emit *e, const struct tplc_node *node)
{
	struct tplc_html before, joined;
	const struct tplc_branch *b;
	bool has_else = false;

	flush(e);
	indent(e);
	before = e->html;
	for (b = node->branches; b; b = b->next) {
		e->html = before;
		emit_branch(e, b, b == node->branches);
		if (b == node->branches)
			joined = e->html;
		else
			tplc_html_join(&joined, &e->html, e->tpl, b->line);
		has_else |= !b->when;
	}
	str_addc(e->out, '\n');
	if (!has_else) {
		tplc_html_branch_end(&before, e->tpl, node->line);
		tplc_html_join(&joined, &before, e->tpl, node->line);
	}
	e->html = joined;
}

static void
emit_for(struct emit *e, const struct tplc_node *node)
{
	struct value list = value_of(e, node->expr);
	struct tplc_html before = e->html;
	struct scope sc = { node->text, NULL, list.type, e->scopes };
	int n = ++e->counter;

	if (!list.type.list)
		tplc_fail(e->tpl, node->line, "'%s' is no list", node->expr->text);
	flush(e);
	indent(e);
	str_addf(e->out, "for (size_t i%d = 0; i%d < %s_count; i%d++) {\n", n, n,
	    list.c, n);
	e->depth++;
	indent(e);
	sc.type.list = false;
	sc.c = pool_printf(e->pool, "v%d_%s", n, node->text);
	if (list.type.kind == TPLC_STRUCT)
		str_addf(e->out, "const struct %s *%s = &%s[i%d];\n",
		    list.type.of->tag, sc.c, list.c, n);
	else
		str_addf(e->out, "%s%s = %s[i%d];\n", tplc_c_types[list.type.kind], sc.c,
		    list.c, n);
	indent(e);
	str_addf(e->out, "(void)%s;\n", sc.c);
	e->scopes = &sc;
	emit_nodes(e, node->body);
	e->scopes = sc.up;
	tplc_html_branch_end(&e->html, e->tpl, node->line);
	tplc_html_branch_end(&before, e->tpl, node->line);
	tplc_html_join(&e->html, &before, e->tpl, node->line);
	flush(e);
	e->depth--;
	indent(e);
	str_add(e->out, "}\n");
}

static void
emit_args(struct emit *e, const struct tplc_node *node)
{
	const struct tplc_template *to = node->partial;
	const struct tplc_member *m;
	const struct tplc_arg *arg;
	struct value v;

	str_addf(e->out, "%s(s, &(const struct %s){", to->params.tag,
	    to->params.tag);
	for (arg = node->args; arg; arg = arg->next) {
		m = tplc_member(&to->params, arg->name, strlen(arg->name));
		if (!m)
			tplc_fail(e->tpl, node->line, "%s has no parameter '%s'",
			    to->name, arg->name);
		v = value_of(e, arg->value);
		if (v.type.kind != m->type.kind || v.type.list != m->type.list ||
		    v.type.of != m->type.of)
			tplc_fail(e->tpl, node->line, "'%s' of %s has another type",
			    arg->name, to->name);
		str_addf(e->out, " .%s = %s,", m->name, v.c);
		if (m->type.list)
			str_addf(e->out, " .%s_count = %s_count,", m->name, v.c);
	}
	str_add(e->out, " });\n");
}

static void
emit_include(struct emit *e, const struct tplc_node *node)
{
	struct value v;

	if (!tplc_html_is_text(&e->html))
		tplc_fail(e->tpl, node->line, "a partial stands in text only, not "
		    "inside a tag");
	flush(e);
	indent(e);
	if (!node->expr) {
		emit_args(e, node);
		return;
	}
	v = value_of(e, node->expr);
	if (v.type.list || v.type.of != &node->partial->params)
		tplc_fail(e->tpl, node->line, "'%s' is no %s", node->expr->text,
		    node->partial->name);
	str_addf(e->out, "%s(s, %s);\n", node->partial->params.tag, v.c);
}

static const struct tplc_node *
find_block(const struct tplc_node *nodes, const char *name)
{
	for (; nodes; nodes = nodes->next)
		if (nodes->kind == TPLC_BLOCK && str_eq(nodes->text, name))
			return nodes;
	return NULL;
}

/* A block of the layout: the page's own text when it fills it. */
static void
emit_block(struct emit *e, const struct tplc_node *node)
{
	const struct tplc_node *filled = e->page == e->tpl ? NULL :
	    find_block(e->page->body, node->text);
	struct emit outer;

	if (!tplc_html_is_text(&e->html))
		tplc_fail(e->tpl, node->line, "a block stands in text only");
	if (!filled) {
		emit_nodes(e, node->body);
	} else {
		outer = *e;
		e->tpl = e->page;
		e->base = "p->";
		e->scopes = NULL;
		emit_nodes(e, filled->body);
		e->tpl = outer.tpl;
		e->base = outer.base;
		e->scopes = outer.scopes;
	}
	if (!tplc_html_is_text(&e->html))
		tplc_fail(filled ? e->page : e->tpl, filled ? filled->line :
		    node->line, "the block ends inside a tag");
}

static void
emit_literal(struct emit *e, const struct tplc_node *node)
{
	size_t at = 0, n;
	int line = node->line;

	while (at < node->len) {
		n = tplc_html_feed(&e->html, e->tpl, line, node->text + at,
		    node->len - at);
		str_addn(&e->literal, node->text + at, n);
		for (; n > 0; n--)
			line += node->text[at++] == '\n';
		if (at < node->len) {
			flush(e);
			indent(e);
			str_add(e->out, "view_prefix(s);\n");
		}
	}
}

static void
emit_nodes(struct emit *e, const struct tplc_node *node)
{
	for (; node; node = node->next)
		switch (node->kind) {
		case TPLC_LITERAL: emit_literal(e, node); break;
		case TPLC_OUTPUT: emit_output(e, node); break;
		case TPLC_IF: emit_if(e, node); break;
		case TPLC_FOR: emit_for(e, node); break;
		case TPLC_INCLUDE: emit_include(e, node); break;
		case TPLC_BLOCK: emit_block(e, node); break;
		}
}

static void
check_blocks(const struct tplc_template *tpl)
{
	const struct tplc_node *n;

	for (n = tpl->layout ? tpl->body : NULL; n; n = n->next)
		if (n->kind == TPLC_BLOCK && !find_block(tpl->layout->body, n->text))
			tplc_fail(tpl, n->line, "%s has no block '%s'",
			    tpl->layout->name, n->text);
}

void
tplc_emit_source(struct str *out, const struct tplc_template *tpl)
{
	struct emit e = { .pool = out->pool, .out = out, .page = tpl, .tpl = tpl,
	    .base = "p->", .depth = 1 };
	struct value with;

	str_init(&e.literal, e.pool, out->max_bytes);
	check_blocks(tpl);
	str_addf(out, "/* Made from templates/%s.html. */\n#include \"views/%s.h\"\n\n",
	    tpl->name, tpl->params.tag);
	if (!tpl->is_layout)
		str_addf(out, "void\n%s(struct str *s, const struct %s *p)\n{\n"
		    "\t(void)p;\n", tpl->params.tag, tpl->params.tag);
	if (tpl->layout) {
		with = value_of(&e, tpl->layout_with);
		if (with.type.list || with.type.of != &tpl->layout->params)
			tplc_fail(tpl, tpl->layout_with->line, "'%s' is no %s",
			    tpl->layout_with->text, tpl->layout->name);
		e.tpl = tpl->layout;
		e.base = pool_printf(e.pool, "%s->", with.c);
	}
	emit_nodes(&e, e.tpl->body);
	if (!tplc_html_is_text(&e.html))
		tplc_fail(e.tpl, 1, "the template ends inside a tag");
	flush(&e);
	if (tpl->is_layout) {
		str_clear(out);
		str_addf(out, "/* Made from templates/%s.html, a layout: the pages that "
		    "use it carry its text. */\nextern int view_no_code;\n", tpl->name);
	} else {
		str_add(out, "}\n");
	}
}
