/* A file of SQL falls into the statements that the mariadb client would send:
 * quotes, comments, delimiters and names, whatever stands inside what. */
#include "store/sql_split.h"
#include "t/tap.h"
#include "util/str.h"

static struct pool *pool;
static const struct sql_names NAMES = { "`d`", "`d_web`", "'d_owner'@'h'" };

/* The statements with their lines, as "1:SELECT 1|3:SELECT 2"; an error as
 * "error: ...". */
static const char *split(const char *text)
{
	struct sql_statement *items;
	struct err err = { 0 };
	struct str out;
	size_t count;

	if (!sql_split(pool, text, &NAMES, &items, &count, &err))
		return pool_printf(pool, "error: %s", err.msg);
	str_init(&out, pool, 4 << 20);
	for (size_t i = 0; i < count; i++)
		str_addf(&out, "%s%d:%s", i ? "|" : "", items[i].line,
		    items[i].text);
	return out.len ? out.data : "";
}

struct row { const char *name, *text, *want; };

static void check(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		is_text(split(rows[i].text), rows[i].want, rows[i].name);
}
#define CHECK(rows) check(rows, sizeof(rows) / sizeof(*(rows)))

static void test_statements(void)
{
	static const struct row ROWS[] = {
		{ "nothing", "", "" },
		{ "space", " \n\t\r\n ", "" },
		{ "one", "SELECT 1;", "1:SELECT 1" },
		{ "two on a line", "SELECT 1; SELECT 2 ;", "1:SELECT 1|1:SELECT 2" },
		{ "lines are counted", "SELECT 1;\n\n\nSELECT\n2;\nSELECT 3;",
		    "1:SELECT 1|4:SELECT\n2|6:SELECT 3" },
		{ "lines of Windows", "A;\r\nB;\r\n", "1:A|2:B" },
		{ "empty ones are none", ";;\n ; A;;", "2:A" },
		{ "no end", "SELECT 1;\nSELECT 2\n", "error: line 2: this statement "
		    "has no end" },
		{ "bytes beyond ASCII", "SELECT 'ä;ö';", "1:SELECT 'ä;ö'" },
	};

	CHECK(ROWS);
}

static void test_quotes(void)
{
	static const struct row ROWS[] = {
		{ "a semicolon in quotes", "A ';' B; C;", "1:A ';' B|1:C" },
		{ "in double quotes", "A \";\" B; C;", "1:A \";\" B|1:C" },
		{ "in back-ticks", "A `;` B; C;", "1:A `;` B|1:C" },
		{ "a doubled quote", "A 'it''s;' B;C;", "1:A 'it''s;' B|1:C" },
		{ "a backslash before the quote", "A 'x\\';' B;C;",
		    "1:A 'x\\';' B|1:C" },
		{ "a backslash before the backslash", "A 'x\\\\'; B;",
		    "1:A 'x\\\\'|1:B" },
		{ "a backslash in back-ticks is itself", "A `x\\`; B;",
		    "1:A `x\\`|1:B" },
		{ "quotes within others", "A '\"`' \"'`\" `'\"`; B;",
		    "1:A '\"`' \"'`\" `'\"`|1:B" },
		{ "comments in quotes are text", "A '-- x' \"/* y\" '# z'; B;",
		    "1:A '-- x' \"/* y\" '# z'|1:B" },
		{ "lines in quotes count", "A '\n\n';\nB;", "1:A '\n\n'|4:B" },
		{ "an open quote has no end", "A;\nB ';\n", "error: line 2: this "
		    "statement has no end" },
		{ "nor with a backslash last", "A '\\", "error: line 1: this "
		    "statement has no end" },
	};

	CHECK(ROWS);
}

static void test_comments(void)
{
	static const struct row ROWS[] = {
		{ "two dashes", "-- one; two\nA;", "2:A" },
		{ "behind a statement", "A; -- one;\nB;", "1:A|2:B" },
		{ "within one", "A -- ;\nB;", "1:A \nB" },
		{ "dashes without a space are minus", "A 1--1;", "1:A 1--1" },
		{ "two dashes at the very end", "A; --", "1:A" },
		{ "a tab behind them", "--\tx;\nA;", "2:A" },
		{ "a hash", "# one;\nA # two;\n;", "2:A" },
		{ "a block", "A /* ; ' \" */ B;", "1:A  B" },
		{ "a block of lines", "/* a\nb\n*/ A;\nB;", "3:A|4:B" },
		{ "an open block ends with the file", "A; /* B;", "1:A" },
		{ "an apostrophe in a comment", "-- don't\nA; # can't\nB;",
		    "2:A|3:B" },
		{ "a slash alone", "A 1 / 2 * 3;", "1:A 1 / 2 * 3" },
		{ "a delimiter in a comment", "-- DELIMITER //\nA; B;",
		    "2:A|2:B" },
	};

	CHECK(ROWS);
}

static void test_delimiters(void)
{
	static const struct row ROWS[] = {
		{ "a body with semicolons", "DELIMITER //\nA BEGIN x; y; END //\n"
		    "DELIMITER ;\nB;", "2:A BEGIN x; y; END|4:B" },
		{ "small letters, a tab", "delimiter\t$$\nA; $$ B $$",
		    "2:A;|2:B" },
		{ "the word within a statement is none",
		    "A\nDELIMITER // B;\nC;", "1:A\nDELIMITER // B|3:C" },
		{ "part of a longer word is none", "DELIMITERS x;",
		    "1:DELIMITERS x" },
		{ "the delimiter in quotes", "DELIMITER //\nA '//' //\n",
		    "2:A '//'" },
		{ "no word", "A;\nDELIMITER \nB;", "error: line 2: DELIMITER "
		    "needs a short word" },
		{ "a long word", "DELIMITER ----------------\n", "error: line 1: "
		    "DELIMITER needs a short word" },
		{ "one that fits", "DELIMITER ;;;;;;;;;;;;;;;\nA;;;;;;;;;;;;;;;",
		    "2:A" },
		{ "not put back", "DELIMITER //\nA;\n", "error: line 2: this "
		    "statement has no end" },
	};

	CHECK(ROWS);
}

static void test_names(void)
{
	static const struct row ROWS[] = {
		{ "all three", "A {db}.x {web}.y {owner};",
		    "1:A `d`.x `d_web`.y 'd_owner'@'h'" },
		{ "not in quotes", "A '{db}' \"{web}\" `{owner}`;",
		    "1:A '{db}' \"{web}\" `{owner}`" },
		{ "an unknown name stays", "A {host} {d b} {;",
		    "1:A {host} {d b} {" },
		{ "first in a statement", "{db};", "1:`d`" },
		{ "side by side", "A{db}{db};", "1:A`d``d`" },
	};

	CHECK(ROWS);
}

/* Many and long ones. */
static void test_size(void)
{
	struct sql_statement *items;
	struct err err = { 0 };
	struct str text;
	size_t count = 0;
	bool good = true;

	str_init(&text, pool, 4 << 20);
	for (int i = 0; i < 5000; i++)
		str_addf(&text, "SELECT %d;\n", i);
	ok(sql_split(pool, text.data, &NAMES, &items, &count, &err) &&
	    count == 5000, "5000 statements");
	for (size_t i = 0; i < count; i++)
		good = good && items[i].line == (int)i + 1 &&
		    strtol(items[i].text + 7, NULL, 10) == (long)i;
	ok(good, "each with its line");
	str_clear(&text);
	str_add(&text, "SELECT '");
	for (int i = 0; i < 100000; i++)
		str_add(&text, "0123456789;");
	str_add(&text, "';");
	ok(sql_split(pool, text.data, &NAMES, &items, &count, &err) &&
	    count == 1 && strlen(items[0].text) == 1100009, "one of a megabyte");
}

int main(void)
{
	pool = pool_new(NULL);
	test_statements();
	test_quotes();
	test_comments();
	test_delimiters();
	test_names();
	test_size();
	pool_free(pool);
	return done();
}
