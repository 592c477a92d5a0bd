#ifndef HAWSER_UTIL_CONFIG_P_H
#define HAWSER_UTIL_CONFIG_P_H
/* Shared by config.c, config_value.c and config_brand.c only. */
#include <stddef.h>
#include <stdio.h>
#include "util/config.h"

enum config_type {
	CONFIG_TEXT,
	CONFIG_PATH,			/* relative to the file's directory */
	CONFIG_INT,
	CONFIG_ORIGIN,			/* http(s)://host[:port] */
	CONFIG_ORIGINS,			/* a list of them */
	CONFIG_COLOUR,			/* #rrggbb */
	CONFIG_PREFIX,			/* /a/b, or nothing */
	CONFIG_SWITCH,			/* yes or no, a bool */
	CONFIG_URL,			/* http(s)://host[:port]/... */
};

struct config_key {
	const char *section, *key;
	enum config_type type;
	size_t offset;
	const char *fallback;
	int least, most;
};

struct config_reader {
	struct pool *pool;
	const char *path, *dir;
	FILE *file;
	struct config *config;
	struct err *err;
	int line;			/* being read */
	bool indented;			/* it continues the value before */
	int *set_line;			/* by key; 0 = not in the file */
	int failed_line;		/* of the error that is told */
	bool failed;
};

/* Always false; of several errors the first one in the file is told. */
bool config_fail(struct config_reader *r, int line, const char *text);
/* The line that gives a key, or any key of a section (key NULL); 0 = none. */
int config_line_of(const struct config_reader *r, const char *section,
    const char *key);
/* Checks a value by its key's type and keeps it. */
bool config_put(struct config_reader *r, int line, const struct config_key *k,
    const char *value);
bool config_is_loopback(struct pool *pool, const char *origin);
/* [brand]: fills in what is left out, and refuses what cannot be read. */
bool config_brand(struct config_reader *r);
#endif
