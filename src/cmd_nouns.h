#ifndef HAWSER_CMD_NOUNS_H
#define HAWSER_CMD_NOUNS_H
/* The tables of verbs, one cmd_NOUN.c each. */
#include "cmd.h"

extern const struct cmd_verb cmd_migrate_verbs[];
extern const struct cmd_verb cmd_doctor_verbs[];
extern const struct cmd_verb cmd_org_verbs[];
extern const struct cmd_verb cmd_user_verbs[];
extern const struct cmd_verb cmd_keys_verbs[];
extern const struct cmd_verb cmd_audit_verbs[];
extern const struct cmd_verb cmd_event_verbs[];
extern const struct cmd_verb cmd_event_file_verbs[];
extern const struct cmd_verb cmd_event_deleted_verbs[];
extern const struct cmd_verb cmd_provider_verbs[];
extern const struct cmd_verb cmd_connection_verbs[];
extern const struct cmd_verb cmd_collection_verbs[];
extern const struct cmd_verb cmd_calendar_verbs[];
extern const struct cmd_verb cmd_run_verbs[];
extern const struct cmd_verb cmd_conflict_verbs[];

/* cmd_event_deleted.c: hawser event list --deleted. */
struct act;
ERR_CHECKED bool cmd_event_deleted_list(struct cmd *cmd, const struct act *act,
    struct err *err);
#endif
