/* A template's text -> declarations and a tree of nodes; knows no C, no HTML. */
#include <ctype.h>
#include <string.h>
#include "tplc_p.h"
#include "util/banned.h"

struct parse {
	struct pool *pool;
	struct tplc_template *tpl;
	const char *at;
	int line;
	int depth;
};

const struct tplc_member *
tplc_member(const struct tplc_struct *of, const char *name, size_t len)
{
	const struct tplc_member *m;

	for (m = of->members; m; m = m->next)
		if (strlen(m->name) == len && memcmp(m->name, name, len) == 0)
			return m;
	return NULL;
}

static void
note_use(struct parse *ps, const struct tplc_template *used)
{
	struct tplc_template *tpl = ps->tpl;
	size_t i;

	for (i = 0; i < tpl->use_count; i++)
		if (tpl->uses[i] == used)
			return;
	tpl->uses = pool_grow(ps->pool, tpl->uses, tpl->use_count,
	    tpl->use_count + 1, sizeof(*tpl->uses));
	tpl->uses[tpl->use_count++] = used;
}

static const struct tplc_struct *
find_struct(struct parse *ps, const char *name, int line)
{
	const struct tplc_template *other;
	const struct tplc_struct *s;

	for (s = ps->tpl->locals; s; s = s->next)
		if (str_eq(s->name, name))
			return s;
	other = tplc_load(ps->pool, name, ps->tpl, line);
	note_use(ps, other);
	return &other->params;
}

static struct tplc_type
parse_type(struct parse *ps, struct tplc_lex *lex)
{
	static const char *const names[] = { "text", "int", "bool", "when" };
	struct tplc_type type = { .list = tplc_take(lex, "list") };
	const char *name = tplc_name(lex, "a type");
	size_t i;

	for (i = 0; i < 4; i++)
		if (str_eq(name, names[i])) {
			type.kind = (enum tplc_kind)i;
			return type;
		}
	type.kind = TPLC_STRUCT;
	type.of = find_struct(ps, name, lex->line);
	return type;
}

static void
parse_member(struct parse *ps, struct tplc_lex *lex, struct tplc_struct *of)
{
	struct tplc_member *m = POOL_NEW(ps->pool, struct tplc_member);

	m->type = parse_type(ps, lex);
	m->name = tplc_name(lex, "a name");
	if (tplc_member(of, m->name, strlen(m->name)))
		tplc_fail(ps->tpl, lex->line, "'%s' is declared twice", m->name);
	*of->members_end = m;
	of->members_end = &m->next;
}

static void
parse_struct(struct parse *ps, struct tplc_lex *lex)
{
	struct tplc_struct *s = POOL_NEW(ps->pool, struct tplc_struct);

	s->name = tplc_name(lex, "the struct's name");
	s->tag = pool_printf(ps->pool, "tpl_%s_%s", ps->tpl->name, s->name);
	s->members_end = &s->members;
	tplc_need(lex, ":");
	do
		parse_member(ps, lex, s);
	while (tplc_take(lex, ","));
	*ps->tpl->locals_end = s;
	ps->tpl->locals_end = &s->next;
}

static void
parse_include(struct parse *ps, struct tplc_lex *lex, struct tplc_node *node)
{
	struct tplc_arg **end = &node->args, *arg;

	node->kind = TPLC_INCLUDE;
	node->partial = tplc_load(ps->pool, tplc_name(lex, "a partial's name"),
	    ps->tpl, lex->line);
	if (node->partial->layout || node->partial->is_layout)
		tplc_fail(ps->tpl, lex->line, "%s is a page, not a partial",
		    node->partial->name);
	note_use(ps, node->partial);
	if (tplc_take(lex, "with")) {
		node->expr = tplc_parse_value(lex);
		return;
	}
	if (tplc_at_end(lex))
		return;
	do {
		arg = POOL_NEW(ps->pool, struct tplc_arg);
		arg->name = tplc_name(lex, "a parameter's name");
		tplc_need(lex, "=");
		arg->value = tplc_parse_value(lex);
		*end = arg;
		end = &arg->next;
	} while (tplc_take(lex, ","));
}

static void
parse_layout(struct parse *ps, struct tplc_lex *lex)
{
	struct tplc_template *tpl = ps->tpl;

	if (tpl->layout || ps->depth > 0)
		tplc_fail(tpl, lex->line, "one layout, outside of any block");
	tpl->layout = tplc_load(ps->pool, tplc_name(lex, "the layout's name"),
	    tpl, lex->line);
	if (!tpl->layout->is_layout)
		tplc_fail(tpl, lex->line, "%s has no blocks", tpl->layout->name);
	note_use(ps, tpl->layout);
	tplc_need(lex, "with");
	tpl->layout_with = tplc_parse_value(lex);
}

static struct tplc_node *parse_nodes(struct parse *ps, struct tplc_lex *stop);

static void
parse_if(struct parse *ps, struct tplc_lex *lex, struct tplc_node *node)
{
	struct tplc_branch **end = &node->branches, *b;
	struct tplc_lex stop = *lex;
	bool more = true;

	node->kind = TPLC_IF;
	b = POOL_NEW(ps->pool, struct tplc_branch);
	b->when = tplc_parse_expr(&stop);
	tplc_need_end(&stop);
	*lex = stop;
	while (more) {
		b->line = stop.line;
		b->body = parse_nodes(ps, &stop);
		*end = b;
		end = &b->next;
		more = false;
		if (tplc_take(&stop, "end"))
			;
		else if (!b->when)
			tplc_fail(ps->tpl, stop.line, "expected {%% end %%} after else");
		else {
			b = POOL_NEW(ps->pool, struct tplc_branch);
			more = true;
			if (tplc_take(&stop, "elif"))
				b->when = tplc_parse_expr(&stop);
			else
				tplc_need(&stop, "else");
		}
		tplc_need_end(&stop);
	}
}

/* The body of for and block, to their end. */
static struct tplc_node *
parse_body(struct parse *ps)
{
	struct tplc_lex stop = { 0 };
	struct tplc_node *body = parse_nodes(ps, &stop);

	tplc_need(&stop, "end");
	tplc_need_end(&stop);
	return body;
}

static struct tplc_node *
parse_statement(struct parse *ps, struct tplc_lex *lex)
{
	struct tplc_node *node = POOL_NEW(ps->pool, struct tplc_node);

	node->line = lex->line;
	if (tplc_take(lex, "if")) {
		parse_if(ps, lex, node);
	} else if (tplc_take(lex, "for")) {
		node->kind = TPLC_FOR;
		node->text = tplc_name(lex, "the loop's variable");
		tplc_need(lex, "in");
		node->expr = tplc_parse_value(lex);
		tplc_need_end(lex);
		node->body = parse_body(ps);
	} else if (tplc_take(lex, "block")) {
		node->kind = TPLC_BLOCK;
		node->text = tplc_name(lex, "the block's name");
		tplc_need_end(lex);
		ps->tpl->is_layout |= !ps->tpl->layout;
		node->body = parse_body(ps);
	} else if (tplc_take(lex, "include")) {
		parse_include(ps, lex, node);
	} else {
		if (tplc_take(lex, "param"))
			parse_member(ps, lex, &ps->tpl->params);
		else if (tplc_take(lex, "struct"))
			parse_struct(ps, lex);
		else if (tplc_take(lex, "layout"))
			parse_layout(ps, lex);
		else
			tplc_fail(ps->tpl, lex->line, "unknown: '%.*s'",
			    (int)(lex->end - lex->at), lex->at);
		node = NULL;
	}
	tplc_need_end(lex);
	return node;
}

static int
count_lines(const char *from, const char *to)
{
	int n = 0;

	while (from < to)
		n += *from++ == '\n';
	return n;
}

/* A line that holds nothing but one tag leaves no empty line behind. */
static const char *
trim_before(const char *start, const char *brace, const char *source)
{
	const char *p = brace;

	while (p > start && (p[-1] == ' ' || p[-1] == '\t'))
		p--;
	return p == source || p[-1] == '\n' ? p : NULL;
}

static const char *
trim_after(const char *p)
{
	while (*p == ' ' || *p == '\t')
		p++;
	return *p == '\n' ? p + 1 : NULL;
}

static struct tplc_node *
new_literal(struct parse *ps, const char *from, const char *to)
{
	struct tplc_node *node;

	if (from == to)
		return NULL;
	node = POOL_NEW(ps->pool, struct tplc_node);
	node->kind = TPLC_LITERAL;
	node->line = ps->line;
	node->text = from;
	node->len = (size_t)(to - from);
	return node;
}

static const char *
find_open(const char *p)
{
	while ((p = strchr(p, '{')) && p[1] != '{' && p[1] != '%' && p[1] != '#')
		p++;
	return p;
}

static const char *
find_close(struct parse *ps, const char *open)
{
	char mark[3] = { open[1] == '{' ? '}' : open[1], '}', '\0' };
	const char *close = strstr(open + 2, mark);

	if (!close)
		tplc_fail(ps->tpl, ps->line, "'{%c' without '%s'", open[1], mark);
	return close;
}

/* The literal before the next tag, then the tag's inside as *lex. False at the
 * end of the file. */
static bool
next_tag(struct parse *ps, struct tplc_lex *lex, struct tplc_node **literal,
    char *kind)
{
	const char *start = ps->at, *open = find_open(start), *close, *cut, *after;
	int line = ps->line;

	if (!open) {
		*literal = new_literal(ps, start, start + strlen(start));
		ps->line += count_lines(start, start + strlen(start));
		ps->at = start + strlen(start);
		return false;
	}
	cut = open[1] == '{' ? NULL : trim_before(start, open, ps->tpl->source);
	*literal = new_literal(ps, start, open);
	ps->line += count_lines(start, open);
	close = find_close(ps, open);
	after = cut ? trim_after(close + 2) : NULL;
	if (after)
		*literal = new_literal(ps, start, cut);
	if (*literal)
		(*literal)->line = line;
	*kind = open[1];
	*lex = (struct tplc_lex){ ps->pool, ps->tpl, open + 2, close, ps->line };
	ps->at = after ? after : close + 2;
	ps->line += count_lines(open, ps->at);
	return true;
}

static bool
is_stop(struct tplc_lex lex)
{
	return tplc_take(&lex, "end") || tplc_take(&lex, "else") ||
	    tplc_take(&lex, "elif");
}

/* Nodes up to end, else or elif, which is left in *stop; NULL = whole file. */
static struct tplc_node *
parse_nodes(struct parse *ps, struct tplc_lex *stop)
{
	struct tplc_node *first = NULL, **end = &first, *literal, *node;
	struct tplc_lex lex;
	int line = ps->line;
	char kind;
	bool more;

	if (++ps->depth > 50)
		tplc_fail(ps->tpl, ps->line, "nested deeper than 50");
	for (;;) {
		node = NULL;
		more = next_tag(ps, &lex, &literal, &kind);
		if (literal) {
			*end = literal;
			end = &literal->next;
		}
		if (!more && stop)
			tplc_fail(ps->tpl, line, "{%% end %%} is missing");
		if (!more)
			break;
		if (kind == '%' && is_stop(lex)) {
			if (!stop)
				tplc_fail(ps->tpl, lex.line, "nothing to end here");
			*stop = lex;
			break;
		}
		if (kind == '{') {
			node = POOL_NEW(ps->pool, struct tplc_node);
			node->kind = TPLC_OUTPUT;
			node->line = lex.line;
			node->expr = tplc_parse_value(&lex);
			tplc_need_end(&lex);
		} else if (kind == '%') {
			node = parse_statement(ps, &lex);
		}
		if (node) {
			*end = node;
			end = &node->next;
		}
	}
	ps->depth--;
	return first;
}

static bool
is_blank(const struct tplc_node *node)
{
	size_t i;

	for (i = 0; i < node->len; i++)
		if (!isspace((unsigned char)node->text[i]))
			return false;
	return node->kind == TPLC_LITERAL;
}

void
tplc_parse(struct pool *pool, struct tplc_template *tpl)
{
	struct parse ps = { pool, tpl, tpl->source, 1, -1 };
	const struct tplc_node *n;

	tpl->body = parse_nodes(&ps, NULL);
	for (n = tpl->layout ? tpl->body : NULL; n; n = n->next)
		if (n->kind != TPLC_BLOCK && !is_blank(n))
			tplc_fail(tpl, n->line, "outside of any block of the layout");
}
