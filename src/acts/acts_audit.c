/* Reading the audit. */
#include "acts/acts_audit.h"
#include "util/jsonx.h"
#include "util/banned.h"

static bool
owner_only(const struct act *act, struct err *err)
{
	return act->user_id == 0 || act->role == ROLE_OWNER ||
	    err_set(err, ERR_FORBIDDEN,
	    "Only an owner of the organisation may read its audit.");
}

/* A body that was changed to no JSON still has its row. */
static void
read_body(const struct act *act, const struct audit_found *row,
    struct acts_audit_entry *out)
{
	struct err ignored;
	json_t *body;

	if (!jsonx_parse(act->pool, row->body.data, row->body.len, &body,
	    &ignored) || !jsonx_unpack(body, &ignored,
	    "{s?s, s?s, s?s, s?s}", "object", &out->object, "outcome",
	    &out->outcome, "detail", &out->detail, "request_id",
	    &out->request_id))
		out->detail = "The text of this entry can not be read.";
}

bool
acts_audit_list(const struct act *act, const struct audit_filter *filter,
    size_t most, struct acts_audit_entry **out, size_t *count_out,
    bool *more_out, struct err *err)
{
	struct acts_audit_entry *entries;
	struct audit_found *rows;
	size_t count;

	if (!owner_only(act, err) || !store_audit_search(act->db, act->pool,
	    act->org_id, filter, most + 1, &rows, &count, err))
		return false;
	*more_out = count > most;
	*count_out = count > most ? most : count;
	entries = pool_array(act->pool, *count_out, sizeof(*entries));
	for (size_t i = 0; i < *count_out; i++) {
		entries[i] = (struct acts_audit_entry){
			.seq = rows[i].seq, .user_id = rows[i].user_id,
			.action = rows[i].action ? rows[i].action : "",
			.via = rows[i].via ? rows[i].via : "", .object = "",
			.outcome = "", .detail = "", .request_id = "",
			.hash = rows[i].hash, .at = WHEN_NONE,
			.fits = store_audit_fits(act->pool, act->org_id, &rows[i]),
		};
		if (!rows[i].at || !when_parse(rows[i].at, &entries[i].at))
			entries[i].at = WHEN_NONE;
		read_body(act, &rows[i], &entries[i]);
	}
	*out = entries;
	return true;
}

bool
acts_audit_check(const struct act *act, struct audit_verdict *out,
    struct err *err)
{
	return owner_only(act, err) && store_audit_check(act->db, act->pool,
	    act->org_id, out, err);
}

int
acts_audit_find_check(const struct act *act, struct audit_check *out,
    struct err *err)
{
	return owner_only(act, err) ? store_audit_find_check(act->db, act->pool,
	    act->org_id, out, err) : -1;
}
