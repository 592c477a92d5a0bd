/* Words and expressions inside {% %} and {{ }}; knows nothing of HTML. */
#include <ctype.h>
#include <string.h>
#include "tplc_p.h"
#include "util/banned.h"

static bool
is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

bool
tplc_at_end(struct tplc_lex *lex)
{
	while (lex->at < lex->end && isspace((unsigned char)*lex->at))
		if (*lex->at++ == '\n')
			lex->line++;
	return lex->at == lex->end;
}

void
tplc_need_end(struct tplc_lex *lex)
{
	if (!tplc_at_end(lex))
		tplc_fail(lex->tpl, lex->line, "did not expect '%.*s'",
		    (int)(lex->end - lex->at), lex->at);
}

bool
tplc_take(struct tplc_lex *lex, const char *text)
{
	size_t len = strlen(text);

	if (tplc_at_end(lex) || (size_t)(lex->end - lex->at) < len ||
	    memcmp(lex->at, text, len) != 0)
		return false;
	if (is_name_char(text[0]) && lex->at + len < lex->end &&
	    is_name_char(lex->at[len]))
		return false;
	lex->at += len;
	return true;
}

void
tplc_need(struct tplc_lex *lex, const char *text)
{
	if (!tplc_take(lex, text))
		tplc_fail(lex->tpl, lex->line, "expected '%s'", text);
}

const char *
tplc_name(struct tplc_lex *lex, const char *what)
{
	const char *start;

	if (tplc_at_end(lex) || !is_name_char(*lex->at) ||
	    isdigit((unsigned char)*lex->at))
		tplc_fail(lex->tpl, lex->line, "expected %s (a-z 0-9 _)", what);
	start = lex->at;
	while (lex->at < lex->end && is_name_char(*lex->at))
		lex->at++;
	return pool_strndup(lex->pool, start, (size_t)(lex->at - start));
}

static struct tplc_expr *
new_expr(struct tplc_lex *lex, int op, const char *text)
{
	struct tplc_expr *e = POOL_NEW(lex->pool, struct tplc_expr);

	e->op = op;
	e->text = text;
	e->line = lex->line;
	return e;
}

static struct tplc_expr *
parse_string(struct tplc_lex *lex)
{
	const char *start = ++lex->at;

	while (lex->at < lex->end && *lex->at != '"' && *lex->at != '\n')
		lex->at++;
	if (lex->at == lex->end || *lex->at != '"')
		tplc_fail(lex->tpl, lex->line, "a string without its closing quote");
	return new_expr(lex, TPLC_E_STRING,
	    pool_strndup(lex->pool, start, (size_t)(lex->at++ - start)));
}

static struct tplc_expr *
parse_number(struct tplc_lex *lex)
{
	const char *start = lex->at;

	while (lex->at < lex->end && isdigit((unsigned char)*lex->at))
		lex->at++;
	if (lex->at - start > 15)
		tplc_fail(lex->tpl, lex->line, "a number of at most 15 digits");
	return new_expr(lex, TPLC_E_INT,
	    pool_strndup(lex->pool, start, (size_t)(lex->at - start)));
}

struct tplc_expr *
tplc_parse_value(struct tplc_lex *lex)
{
	const char *start;

	if (tplc_at_end(lex))
		tplc_fail(lex->tpl, lex->line, "expected a value");
	if (*lex->at == '"')
		return parse_string(lex);
	if (isdigit((unsigned char)*lex->at))
		return parse_number(lex);
	if (tplc_take(lex, "true"))
		return new_expr(lex, TPLC_E_TRUE, NULL);
	if (tplc_take(lex, "false"))
		return new_expr(lex, TPLC_E_FALSE, NULL);
	start = lex->at;
	tplc_name(lex, "a value");
	while (lex->at < lex->end && *lex->at == '.') {
		lex->at++;
		tplc_name(lex, "a member's name");
	}
	return new_expr(lex, TPLC_E_PATH,
	    pool_strndup(lex->pool, start, (size_t)(lex->at - start)));
}

static struct tplc_expr *
parse_compare(struct tplc_lex *lex)
{
	static const char *const signs[] = { "==", "!=", "<=", ">=", "<", ">" };
	struct tplc_expr *left, *e;
	size_t i;

	if (tplc_take(lex, "(")) {
		left = tplc_parse_expr(lex);
		tplc_need(lex, ")");
		return left;
	}
	left = tplc_parse_value(lex);
	for (i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		if (!tplc_take(lex, signs[i]))
			continue;
		e = new_expr(lex, TPLC_E_COMPARE, signs[i]);
		e->left = left;
		e->right = tplc_parse_value(lex);
		return e;
	}
	return left;
}

static struct tplc_expr *
parse_not(struct tplc_lex *lex)
{
	struct tplc_expr *e;

	if (!tplc_take(lex, "not"))
		return parse_compare(lex);
	e = new_expr(lex, TPLC_E_NOT, NULL);
	e->left = parse_not(lex);
	return e;
}

static struct tplc_expr *
parse_and(struct tplc_lex *lex)
{
	struct tplc_expr *left = parse_not(lex), *e;

	while (tplc_take(lex, "and")) {
		e = new_expr(lex, TPLC_E_AND, NULL);
		e->left = left;
		e->right = parse_not(lex);
		left = e;
	}
	return left;
}

struct tplc_expr *
tplc_parse_expr(struct tplc_lex *lex)
{
	struct tplc_expr *left = parse_and(lex), *e;

	while (tplc_take(lex, "or")) {
		e = new_expr(lex, TPLC_E_OR, NULL);
		e->left = left;
		e->right = parse_and(lex);
		left = e;
	}
	return left;
}
