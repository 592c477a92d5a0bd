/*
 * What every act needs: its line in the audit, and checked text. It knows none
 * of the acts.
 */
#include <string.h>

#include "acts/act.h"
#include "store/store_audit.h"
#include "store/store_job.h"
#include "util/str.h"
#include "util/banned.h"

bool
act_audit(const struct act *act, const char *action, const char *kind,
    uint64_t id, const char *detail, struct err *err)
{
	struct audit_entry entry = {
		.action = action,
		.object = pool_printf(act->pool, "%s:%llu", kind,
		    (unsigned long long)id),
		.user_id = act->user_id, .via = act->via,
		.request_id = act->request_id, .outcome = "done",
		.detail = detail,
	};

	return store_audit_add(act->db, act->org_id, &entry, err);
}

static bool
act_has_control(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return true;
	return false;
}

static size_t
act_chars(const char *text)
{
	size_t chars = 0;

	for (; *text != '\0'; text++)
		chars += ((unsigned char)*text & 0xc0) != 0x80;
	return chars;
}

bool
act_text(const struct act *act, const char *label, const char *text,
    size_t most_chars, const char **out, struct err *err)
{
	const char *trimmed = str_trim(act->pool, text != NULL ? text : "");

	if (*trimmed == '\0')
		return err_set(err, ERR_INPUT, "%s is missing.", label);
	if (!str_utf8_valid(trimmed, strlen(trimmed)) ||
	    act_has_control(trimmed))
		return err_set(err, ERR_INPUT,
		    "%s holds characters that are not text.", label);
	if (act_chars(trimmed) > most_chars)
		return err_set(err, ERR_INPUT,
		    "%s has more than %zu characters.", label, most_chars);
	*out = trimmed;
	return true;
}

bool
act_want_in(const struct act *act, uint64_t connection_id, enum job_kind kind,
    int secs, struct err *err)
{
	bool by_command = act->user_id == 0 && str_eq(act->via, "command");

	return store_job_want(act->db, act->org_id, connection_id, kind,
	    by_command ? JOB_ASKED_BY_COMMAND : act->user_id, secs, err);
}

bool
act_want(const struct act *act, uint64_t connection_id, enum job_kind kind,
    struct err *err)
{
	return act_want_in(act, connection_id, kind, 0, err);
}

bool
act_is_page(const struct act *act)
{
	return str_eq(act->via, "page");
}

bool
act_is_admin(const struct act *act)
{
	return act->user_id == 0 || act->role >= ROLE_ADMIN;
}
