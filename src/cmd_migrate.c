/* hawser migrate: the database brought to this version. */
#include "cmd_nouns.h"
#include "store/migrate.h"
#include "util/banned.h"

static void show(struct cmd *cmd, const struct migrate_report *r)
{
	json_t *files = json_array();

	for (size_t i = 0; i < r->count; i++) {
		const struct migrate_file *f = &r->files[i];

		if (!cmd->json)
			cmd_say(cmd, "%s: %s", f->name, f->ran ? "applied" :
			    "was applied before");
		json_array_append_new(files, json_pack("{s:s, s:I, s:I}",
		    "name", f->name, "statements", (json_int_t)f->statements,
		    "ran", (json_int_t)f->ran));
	}
	if (cmd->json) {
		cmd_put_json(cmd, json_pack("{s:o, s:I}", "files", files,
		    "views", (json_int_t)r->views));
		return;
	}
	json_decref(files);
	cmd_say(cmd, "%zu views made again, rights set.", r->views);
}

static bool migrate(struct cmd *cmd, struct err *err)
{
	struct migrate_report report;

	if (!migrate_run(cmd->pool, cmd->config, &report, err))
		return false;
	show(cmd, &report);
	return true;
}

const struct cmd_verb cmd_migrate_verbs[] = {
	{ "migrate", NULL, "", 0, 0, NULL, CMD_CONFIG, migrate,
	    "Brings the database to this version; safe to repeat, and to run "
	    "again after it was interrupted." },
	{ NULL }
};
