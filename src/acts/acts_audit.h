#ifndef HAWSER_ACTS_ACTS_AUDIT_H
#define HAWSER_ACTS_ACTS_AUDIT_H
/*
 * The audit as the owners of an organisation read it: filtered, newest first,
 * each entry checked against the one before; and the check of the whole chain,
 * which the worker also does once a day. ERR_FORBIDDEN for anybody else.
 */
#include "acts/act.h"
#include "store/store_audit.h"

struct acts_audit_entry {
	uint64_t seq, user_id;		/* user_id 0 = the operator or the worker */
	when_t at;
	const char *action, *via;	/* "connection.add"; "page" */
	const char *object;		/* "connection:12" */
	const char *outcome, *detail, *request_id;	/* "" = none */
	struct digest hash;
	bool fits;			/* its bytes and its predecessor are right */
};
/* At most most of them; *more_out: there are older ones. */
ERR_CHECKED bool acts_audit_list(const struct act *act,
    const struct audit_filter *filter, size_t most,
    struct acts_audit_entry **out, size_t *count_out, bool *more_out,
    struct err *err);
/* Checks the whole chain now and notes the result. */
ERR_CHECKED bool acts_audit_check(const struct act *act,
    struct audit_verdict *out, struct err *err);
/* The last check: 1 / 0 (never yet) / -1. */
ERR_CHECKED int acts_audit_find_check(const struct act *act,
    struct audit_check *out, struct err *err);
#endif
