/*
 * Makes expat parsers: their memory, their encodings, what they must not do.
 * Must not know what is read.
 */
#include "providers/caldav_parser.h"
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "util/err.h"
#include "util/banned.h"

#define DECLARATION_MAX 256

static size_t held;			/* by all parsers of this process */

static void *take(size_t bytes)
{
	void *p = held + bytes > CALDAV_PARSER_HOLDS ? NULL : malloc(bytes);

	if (p)
		held += malloc_usable_size(p);
	return p;
}

static void give_back(void *p)
{
	if (p)
		held -= malloc_usable_size(p);
	free(p);
}

static void *change(void *old, size_t bytes)
{
	size_t before = old ? malloc_usable_size(old) : 0;
	void *p = held - before + bytes > CALDAV_PARSER_HOLDS ? NULL :
	    realloc(old, bytes);

	if (p)
		held += malloc_usable_size(p) - before;
	return p;
}

/* ---- encodings ---- */

/* What windows-1252 has where Latin-1 has control characters; 0 = nothing. */
static const unsigned short C1[32] = {
	0x20ac, 0, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
	0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017d, 0,
	0, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
	0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0, 0x017e, 0x0178,
};

static bool is_one_of(const char *label, const char *const *list)
{
	for (; *list; list++)
		if (strcasecmp(label, *list) == 0)
			return true;
	return false;
}

/* A label that expat does not know. */
static int on_label(void *arg, const XML_Char *label, XML_Encoding *out)
{
	static const char *const KNOWN[] = { "windows-1252", "cp1252",
	    "cp-1252", "latin1", "latin-1", "iso8859-1", "iso_8859-1", NULL };

	(void)arg;
	if (!is_one_of(label, KNOWN))
		return XML_STATUS_ERROR;
	for (int i = 0; i < 256; i++)
		out->map[i] = i < 0x80 || i > 0x9f ? i :
		    C1[i - 0x80] ? C1[i - 0x80] : -1;
	return XML_STATUS_OK;
}

/* The value of encoding="..." in <?xml ... ?>; false: none that is short. */
static bool find_label(const char *piece, size_t len, char *out, size_t size)
{
	char head[DECLARATION_MAX + 1];
	char *at, *end;
	size_t n = len < DECLARATION_MAX ? len : DECLARATION_MAX;

	memcpy(head, piece, n);
	head[n] = '\0';
	at = strncmp(head, "\xef\xbb\xbf", 3) == 0 ? head + 3 : head;
	end = strstr(at, "?>");
	if (strncmp(at, "<?xml", 5) != 0 || !end)
		return false;
	*end = '\0';
	at = strstr(at, "encoding");
	if (!at || !(at = strpbrk(at, "\"'")))
		return false;
	n = strcspn(at + 1, "\"'");
	if (n >= size)
		return false;
	memcpy(out, at + 1, n);
	out[n] = '\0';
	return true;
}

void caldav_parser_label(XML_Parser parser, const char *piece, size_t len)
{
	static const char *const UTF8[] = { "utf8", "utf_8", "ascii",
	    NULL };
	char label[16];

	if (find_label(piece, len, label, sizeof(label)) &&
	    is_one_of(label, UTF8))
		(void)XML_SetEncoding(parser, "UTF-8");
}

size_t caldav_parser_strip(char *out, const char *bytes, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)bytes[i];

		out[n] = bytes[i];
		n += c >= 0x20 || c == '\t' || c == '\n' || c == '\r';
	}
	return n;
}

/* ---- the parser ---- */

static int refuse_file(XML_Parser parser, const XML_Char *context,
    const XML_Char *base, const XML_Char *system_id, const XML_Char *public_id)
{
	(void)parser;
	(void)context;
	(void)base;
	(void)system_id;
	(void)public_id;
	return XML_STATUS_ERROR;
}

XML_Parser caldav_parser_new(void)
{
	static const XML_Memory_Handling_Suite bounded = { take, change,
	    give_back };
	static const XML_Char sep[] = { CALDAV_PARSER_SEP, '\0' };
	XML_Parser parser = XML_ParserCreate_MM(NULL, &bounded, sep);

	if (!parser)
		die("XML_ParserCreate_MM: out of memory");
	(void)XML_SetParamEntityParsing(parser, XML_PARAM_ENTITY_PARSING_NEVER);
	XML_SetExternalEntityRefHandler(parser, refuse_file);
	XML_SetUnknownEncodingHandler(parser, on_label, NULL);
	return parser;
}

const char *caldav_parser_version(void)
{
	const char *text = XML_ExpatVersion(), *number = strchr(text, '_');

	return number ? number + 1 : text;
}
