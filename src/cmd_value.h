#ifndef HAWSER_CMD_VALUE_H
#define HAWSER_CMD_VALUE_H
/*
 * What the verbs of connections, calendars and runs share: an act in the
 * organisation an id belongs to, and values of JSON as the contract has them
 * (ids are strings, times RFC 3339, nothing is null).
 */
#include "cmd.h"
#include "store/store_lookup.h"
#include "store/store_types.h"
#include "util/when.h"

/* Argument i is an id of this kind: the operator's act where it lies. */
ERR_CHECKED bool cmd_act_of(struct cmd *cmd, enum lookup_kind kind, int i,
    struct act *out, uint64_t *id_out, struct err *err);

ERR_CHECKED bool cmd_act_of_id(struct cmd *cmd, enum lookup_kind kind,
    uint64_t id, struct act *out, struct err *err);

json_t *cmd_json_id(uint64_t id);		/* 0 = null */
json_t *cmd_json_time(const struct cmd *cmd, when_t t);	/* not set = null */
json_t *cmd_json_text(const char *text);	/* NULL or "" = null */
/* In words; "-" = not set. */
const char *cmd_time(const struct cmd *cmd, when_t t);

const char *cmd_direction_name(int direction);	/* "both" "pull" "push", "" */
const char *cmd_policy_name(int policy);
/* From --direction and --policy; 0 when not given. */
ERR_CHECKED bool cmd_direction(const struct cmd *cmd,
    enum binding_direction *out, struct err *err);
ERR_CHECKED bool cmd_policy(const struct cmd *cmd, enum binding_policy *out,
    struct err *err);
#endif
