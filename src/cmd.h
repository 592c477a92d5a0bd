#ifndef HAWSER_CMD_H
#define HAWSER_CMD_H
/*
 * The frame of the operator's command line: hawser NOUN [VERB] [ARGUMENTS]
 * [--OPTIONS]. One file per noun, cmd_NOUN.c, with a table of its verbs that
 * main_hawser.c lists. A verb is a thin adapter over acts and store: it reads
 * its arguments, calls, prints. It returns false with *err for exit status 1;
 * wrong usage (status 2) never reaches it.
 *
 *	static const struct cmd_option ADD_OPTIONS[] = {
 *		{ "org", CMD_TEXT, true, "NAME", "whose it is" },
 *		{ "dry-run", CMD_FLAG, false, NULL, "only say what would be done" },
 *		{ NULL } };
 *	const struct cmd_verb cmd_thing_verbs[] = {
 *		{ "thing", "add", "NAME", 1, 1, ADD_OPTIONS, CMD_DB_SYNC, add,
 *		    "Adds a thing." },
 *		{ NULL } };
 *
 * --json and --help belong to every verb.
 */
#include <jansson.h>
#include "acts/act.h"
#include "util/config.h"
#include "util/err.h"
#include "util/pool.h"

enum cmd_option_type { CMD_FLAG, CMD_TEXT, CMD_NUMBER };

struct cmd_option {
	const char *name;		/* without the dashes; NULL ends the table */
	enum cmd_option_type type;
	bool required;
	const char *value_name;		/* in the help: NAME, SECS; NULL for a flag */
	const char *help;
};

/* What is open when the verb runs. */
enum cmd_needs { CMD_NOTHING, CMD_CONFIG, CMD_DB_SYNC, CMD_DB_ADMIN };

struct cmd;
typedef bool (*cmd_run)(struct cmd *cmd, struct err *err);

struct cmd_verb {
	const char *noun, *verb;	/* verb NULL: the noun alone */
	const char *args_help;		/* "ID" or "" */
	int args_least, args_most;
	const struct cmd_option *options;	/* may be NULL */
	enum cmd_needs needs;
	cmd_run run;
	const char *help;		/* one sentence */
};

struct cmd {
	struct pool *pool;
	const struct config *config;
	struct db *db;
	bool json;			/* print one JSON value instead of words */
	const struct cmd_verb *verb;
	const char *args[16];
	int arg_count;
	const char *values[32];		/* of verb->options, NULL = not given */
};

/* Option values by name: NULL, 0, false when not given. */
const char *cmd_text(const struct cmd *cmd, const char *option);
uint64_t cmd_number(const struct cmd *cmd, const char *option);
bool cmd_has(const struct cmd *cmd, const char *option);
/* ERR_INPUT: a value on the command line is wrong, which exits with 2. */
bool cmd_wrong(struct err *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Argument i (from 0) as an id. */
ERR_CHECKED bool cmd_id(const struct cmd *cmd, int i, uint64_t *out,
    struct err *err);

/* The operator's act inside an organisation, by name; org_name NULL: the only
 * one there is. */
ERR_CHECKED bool cmd_act(struct cmd *cmd, const char *org_name,
    struct act *out, struct err *err);
/* The id of a member by e-mail. */
ERR_CHECKED bool cmd_member(struct cmd *cmd, const struct act *act,
    const char *email, uint64_t *out, struct err *err);

/* Words on stdout; control bytes of data become spaces. */
void cmd_say(const struct cmd *cmd, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Prints and releases the value. */
void cmd_put_json(const struct cmd *cmd, json_t *value);
/* The same when --json was given; its rows were told in words otherwise. */
void cmd_put_list(const struct cmd *cmd, json_t *list);

/* 0 done, 1 failed, 2 usage. tables ends with NULL. */
int cmd_main(int argc, char **argv, const struct cmd_verb *const *tables);
#endif
