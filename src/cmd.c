/*
 * The frame of the command line: finds the verb, reads its options, opens what
 * it needs and tells the outcome. It knows no verb.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "cmd.h"
#include "store/store_org.h"
#include "store/store_user.h"
#include "util/confine.h"
#include "util/log.h"
#include "util/str.h"
#include "util/when.h"
#include "util/banned.h"

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

static const struct cmd_option NO_OPTIONS[] = { { NULL } };

static const struct cmd_option *options_of(const struct cmd_verb *v)
{
	return v->options ? v->options : NO_OPTIONS;
}

/* ---- help and usage ---- */

static void print_verb(FILE *f, const struct cmd_verb *v)
{
	fprintf(f, "  hawser %s", v->noun);
	if (v->verb)
		fprintf(f, " %s", v->verb);
	if (*v->args_help)
		fprintf(f, " %s", v->args_help);
	for (const struct cmd_option *o = options_of(v); o->name; o++) {
		fprintf(f, o->required ? " --%s" : " [--%s", o->name);
		if (o->value_name)
			fprintf(f, " %s", o->value_name);
		if (!o->required)
			fputc(']', f);
	}
	fputc('\n', f);
}

static void print_verb_help(const struct cmd_verb *v)
{
	print_verb(stdout, v);
	printf("\n%s\n", v->help);
	if (options_of(v)->name)
		putchar('\n');
	for (const struct cmd_option *o = options_of(v); o->name; o++)
		printf("  --%s%s%s\n        %s\n", o->name,
		    o->value_name ? " " : "", o->value_name ? o->value_name : "",
		    o->help);
}

static void print_all(FILE *f, const struct cmd_verb *const *tables,
    const char *noun)
{
	for (; *tables; tables++)
		for (const struct cmd_verb *v = *tables; v->noun; v++)
			if (!noun || str_eq(noun, v->noun))
				print_verb(f, v);
}

static int usage_error(const struct cmd_verb *v, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
static int usage_error(const struct cmd_verb *v, const char *fmt, ...)
{
	va_list ap;

	fputs("hawser: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputs("\nusage:\n", stderr);
	print_verb(stderr, v);
	return EXIT_USAGE;
}

static bool has_noun(const struct cmd_verb *const *tables, const char *noun)
{
	for (; *tables; tables++)
		for (const struct cmd_verb *v = *tables; v->noun; v++)
			if (str_eq(v->noun, noun))
				return true;
	return false;
}

static bool asks_help(int argc, char **argv)
{
	return argc > 1 && (str_eq(argv[1], "--help") ||
	    str_eq(argv[1], "-h") || str_eq(argv[1], "help"));
}

static int no_such_verb(const struct cmd_verb *const *tables, int argc,
    char **argv)
{
	const char *noun = argc > 1 && has_noun(tables, argv[1]) ? argv[1] : NULL;
	bool asked = asks_help(noun ? argc - 1 : argc, noun ? argv + 1 : argv);
	FILE *f = asked ? stdout : stderr;

	if (argc > 1 && !asked && !noun)
		fprintf(f, "hawser: there is no command %s\n", argv[1]);
	else if (noun && argc > 2 && !asked)
		fprintf(f, "hawser: there is no %s %s\n", noun, argv[2]);
	fputs("usage:\n", f);
	print_all(f, tables, noun);
	fputs("Every command takes --json and --help.\n", f);
	return asked ? EXIT_DONE : EXIT_USAGE;
}

/* ---- reading the command line ---- */

static const struct cmd_verb *find_verb(const struct cmd_verb *const *tables,
    int argc, char **argv)
{
	for (; argc > 1 && *tables; tables++)
		for (const struct cmd_verb *v = *tables; v->noun; v++)
			if (str_eq(v->noun, argv[1]) && (!v->verb ||
			    (argc > 2 && str_eq(v->verb, argv[2]))))
				return v;
	return NULL;
}

static int option_index(const struct cmd_verb *v, const char *name, size_t len)
{
	const struct cmd_option *o = options_of(v);

	for (int i = 0; o[i].name; i++)
		if (strlen(o[i].name) == len && memcmp(o[i].name, name, len) == 0)
			return i;
	return -1;
}

/* "--name", "--name VALUE" or "--name=VALUE"; *at moves over what was read. */
static int read_option(struct cmd *cmd, int *at, int argc, char **argv)
{
	const struct cmd_verb *v = cmd->verb;
	const char *name = argv[*at] + 2;
	size_t len = strcspn(name, "=");
	int i = option_index(v, name, len);
	unsigned long long number;

	if (i < 0)
		return usage_error(v, "there is no option --%.*s here",
		    (int)len, name);
	if (cmd->values[i])
		return usage_error(v, "--%.*s was given twice", (int)len, name);
	if (v->options[i].type == CMD_FLAG) {
		if (name[len])
			return usage_error(v, "--%.*s takes no value", (int)len, name);
		cmd->values[i] = "";
		return EXIT_DONE;
	}
	if (name[len])
		cmd->values[i] = name + len + 1;
	else if (*at + 1 < argc)
		cmd->values[i] = argv[++*at];
	else
		return usage_error(v, "--%s needs a value", name);
	if (v->options[i].type == CMD_NUMBER &&
	    !str_to_u64(cmd->values[i], &number))
		return usage_error(v, "--%.*s needs a number, not \"%s\"",
		    (int)len, name, cmd->values[i]);
	return EXIT_DONE;
}

static int check_all_there(const struct cmd *cmd)
{
	const struct cmd_verb *v = cmd->verb;

	if (cmd->arg_count < v->args_least)
		return usage_error(v, "%s is missing", v->args_help);
	if (cmd->arg_count > v->args_most)
		return usage_error(v, "\"%s\" is one argument too many",
		    cmd->args[v->args_most]);
	for (int i = 0; options_of(v)[i].name; i++)
		if (v->options[i].required && !cmd->values[i])
			return usage_error(v, "--%s is missing", v->options[i].name);
	return EXIT_DONE;
}

static int read_words(struct cmd *cmd, int argc, char **argv, bool *help_out)
{
	bool words_only = false;

	for (int at = cmd->verb->verb ? 3 : 2; at < argc; at++) {
		const char *word = argv[at];
		int code = EXIT_DONE;

		if (!words_only && str_eq(word, "--"))
			words_only = true;
		else if (!words_only && str_eq(word, "--json"))
			cmd->json = true;
		else if (!words_only && str_eq(word, "--help"))
			*help_out = true;
		else if (!words_only && str_starts(word, "--"))
			code = read_option(cmd, &at, argc, argv);
		else if (cmd->arg_count < (int)(sizeof(cmd->args) / sizeof(*cmd->args)))
			cmd->args[cmd->arg_count++] = word;
		else
			code = usage_error(cmd->verb, "too many arguments");
		if (code)
			return code;
	}
	return *help_out ? EXIT_DONE : check_all_there(cmd);
}

/* ---- for the verbs ---- */

const char *cmd_text(const struct cmd *cmd, const char *option)
{
	int i = option_index(cmd->verb, option, strlen(option));

	if (i < 0)
		die("no option %s in the table of hawser %s", option,
		    cmd->verb->noun);
	return cmd->values[i];
}

bool cmd_has(const struct cmd *cmd, const char *option)
{
	return cmd_text(cmd, option) != NULL;
}

uint64_t cmd_number(const struct cmd *cmd, const char *option)
{
	unsigned long long number = 0;
	const char *text = cmd_text(cmd, option);

	if (text && !str_to_u64(text, &number))
		die("--%s is not a number", option);
	return number;
}

static bool misused;		/* a value was wrong: it is the exit status */

bool cmd_wrong(struct err *err, const char *fmt, ...)
{
	char text[sizeof(err->msg)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	misused = true;
	return err_set(err, ERR_INPUT, "%s", text);
}

bool cmd_id(const struct cmd *cmd, int i, uint64_t *out, struct err *err)
{
	unsigned long long id;

	if (i >= cmd->arg_count || !str_to_u64(cmd->args[i], &id) || !id)
		return cmd_wrong(err, "\"%s\" is not an id. Ids are "
		    "numbers, the lists show them.",
		    i < cmd->arg_count ? cmd->args[i] : "");
	*out = id;
	return true;
}

bool cmd_act(struct cmd *cmd, const char *org_name, struct act *out,
    struct err *err)
{
	struct org_row org;
	int got = org_name ?
	    store_org_find_name(cmd->db, cmd->pool, org_name, &org, err) :
	    store_org_find_only(cmd->db, cmd->pool, &org, err);

	if (got == 0)
		return org_name ? err_set(err, ERR_NOT_FOUND, "There is no "
		    "organisation \"%s\". See hawser org list.", org_name) :
		    err_set(err, ERR_INPUT, "There is not exactly one "
		    "organisation. Say which: --org NAME; see hawser org list.");
	*out = (struct act){ .db = cmd->db, .pool = cmd->pool,
	    .config = cmd->config, .org_id = org.id, .role = ROLE_OWNER,
	    .via = "command" };
	return got == 1;
}

bool cmd_member(struct cmd *cmd, const struct act *act, const char *email,
    uint64_t *out, struct err *err)
{
	struct user_row user;
	int got = store_user_find_member(cmd->db, cmd->pool, act->org_id, email,
	    &user, err);

	if (got == 0)
		return err_set(err, ERR_NOT_FOUND, "There is no member with the "
		    "e-mail %s. See hawser user list.", email);
	*out = user.id;
	return got == 1;
}

void cmd_say(const struct cmd *cmd, const char *fmt, ...)
{
	struct pool *pool = pool_new(NULL);
	va_list ap, again;
	char *text;
	size_t room;

	(void)cmd;
	va_start(ap, fmt);
	va_copy(again, ap);
	room = (size_t)vsnprintf(NULL, 0, fmt, again) + 1;
	va_end(again);
	text = pool_alloc(pool, room);
	vsnprintf(text, room, fmt, ap);
	va_end(ap);
	(strchr(fmt, '\n') ? str_plain : str_plain_line)(text);
	puts(text);
	pool_free(pool);
}

void cmd_put_json(const struct cmd *cmd, json_t *value)
{
	(void)cmd;
	json_dumpf(value, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII);
	putchar('\n');
	json_decref(value);
}

void cmd_put_list(const struct cmd *cmd, json_t *list)
{
	if (cmd->json)
		cmd_put_json(cmd, list);
	else
		json_decref(list);
}

/* ---- the whole ---- */

static bool open_needs(struct cmd *cmd, struct err *err)
{
	enum cmd_needs needs = cmd->verb->needs;
	struct config *config;

	if (needs == CMD_NOTHING)
		return true;
	if (!config_load(cmd->pool, config_path(), &config, err))
		return false;
	cmd->config = config;
	if (config->clock_file && *config->clock_file)
		when_use_clock_file(config->clock_file);
	if (needs == CMD_CONFIG)
		return true;
	return db_open(cmd->pool, config,
	    needs == CMD_DB_SYNC ? DB_SYNC : DB_ADMIN, &cmd->db, err);
}

static int run(struct cmd *cmd)
{
	struct err err = { 0 };
	bool good = open_needs(cmd, &err) && cmd->verb->run(cmd, &err);

	if (cmd->db)
		db_close(cmd->db);
	if (good && fflush(stdout) == 0)
		return EXIT_DONE;
	if (good)
		err_set(&err, ERR_INTERNAL, "The output could not be written.");
	str_plain(err.msg);	/* both may quote what a server said */
	str_plain(err.detail);
	if (*err.msg)
		fprintf(stderr, "hawser: %s\n", err.msg);
	if (*err.detail)
		fprintf(stderr, "hawser: (%s)\n", err.detail);
	return misused ? EXIT_USAGE : EXIT_FAILED;
}

int cmd_main(int argc, char **argv, const struct cmd_verb *const *tables)
{
	struct cmd cmd = { .verb = find_verb(tables, argc, argv) };
	bool help = false;
	int code;

	if (!cmd.verb)
		return no_such_verb(tables, argc, argv);
	confine_basic();
	log_open("hawser", NULL, LOG_LEVEL_WARN);
	code = read_words(&cmd, argc, argv, &help);
	if (code)
		return code;
	if (help) {
		print_verb_help(cmd.verb);
		return EXIT_DONE;
	}
	cmd.pool = pool_new(NULL);
	code = run(&cmd);
	pool_free(cmd.pool);
	return code;
}
