#ifndef HAWSER_PROVIDERS_CALDAV_PARSER_H
#define HAWSER_PROVIDERS_CALDAV_PARSER_H
/*
 * The expat parser that reads foreign answers; for caldav_xml.c alone. Names
 * come as "namespace SEP local name"; a prefix that nobody declared is an
 * error. Outer files are out of its reach, what all parsers of the process hold
 * together is bounded (expat remembers each name it meets), and so is what a
 * byte may cost: they are given in large pieces, since a tag that has not ended
 * is read again with each of them.
 */
#include <stdbool.h>
#include <expat.h>

#define CALDAV_PARSER_SEP '\n'		/* never in a namespace */
#define CALDAV_PARSER_PIECE (16 * 1024)
#define CALDAV_PARSER_HOLDS (16 * 1024 * 1024)

XML_Parser caldav_parser_new(void);
/* Before the first piece: does it call its encoding by another name of UTF-8?
 * expat knows UTF-8, ASCII and Latin-1, we add windows-1252; all else is
 * refused (UTF-16, whose zero bytes are stripped, as damaged). */
void caldav_parser_label(XML_Parser parser, const char *piece, size_t len);
/* Servers send control characters that XML forbids; they mean nothing. Returns
 * how many bytes are left. */
size_t caldav_parser_strip(char *out, const char *bytes, size_t len);
/* Of expat, for hawser doctor. */
const char *caldav_parser_version(void);
#endif
