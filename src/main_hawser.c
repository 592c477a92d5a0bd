/*
 * The operator's command line: which nouns there are. Everything else lies in
 * cmd.c and in one cmd_NOUN.c each.
 */
#include "cmd.h"
#include "cmd_nouns.h"
#include "util/banned.h"

static const struct cmd_verb *const TABLES[] = {
	cmd_migrate_verbs,
	cmd_doctor_verbs,
	cmd_org_verbs,
	cmd_user_verbs,
	cmd_provider_verbs,
	cmd_connection_verbs,
	cmd_collection_verbs,
	cmd_calendar_verbs,
	cmd_run_verbs,
	cmd_conflict_verbs,
	cmd_keys_verbs,
	cmd_audit_verbs,
	cmd_event_verbs,
	cmd_event_file_verbs, cmd_event_deleted_verbs,
	NULL
};

int main(int argc, char **argv)
{
	return cmd_main(argc, argv, TABLES);
}
