#ifndef HAWSER_SANDBOX_SANDBOX_SEED_H
#define HAWSER_SANDBOX_SANDBOX_SEED_H
/*
 * What an empty sandbox begins with:
 *
 *	{ "accounts": [ { "email", "name"?, "sub"?, "calendars"?: [ { "id"?,
 *	  "summary", "access_role"?, "time_zone"?, "events"?: [ Google's ] } ] } ] }
 */
#include "sandbox/sandbox.h"

ERR_CHECKED bool sandbox_seed_read(struct sandbox *sb, const char *path,
    struct err *err);
ERR_CHECKED bool sandbox_seed_apply(struct sandbox *sb, const json_t *seed,
    struct err *err);
/* One account with its calendars. */
ERR_CHECKED bool sandbox_seed_account(struct sandbox *sb, const json_t *spec,
    struct err *err);
/* False: a member that is not among the names (a list with blanks). */
ERR_CHECKED bool sandbox_seed_members(const json_t *object, const char *names,
    struct err *err);
#endif
