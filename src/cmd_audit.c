/* hawser audit: the chain of each organisation, checked and written out. */
#include "cmd_nouns.h"
#include "store/store_audit.h"
#include "store/store_org.h"
#include "util/str.h"
#include "util/banned.h"

enum { PAGE = 500 };

static bool list_orgs(struct cmd *cmd, struct org_row **out, size_t *count_out,
    struct err *err)
{
	struct act act;

	if (!cmd_text(cmd, "org"))
		return store_org_list(cmd->db, cmd->pool, out, count_out, err);
	*out = POOL_NEW(cmd->pool, struct org_row);
	*count_out = 1;
	return cmd_act(cmd, cmd_text(cmd, "org"), &act, err) &&
	    store_org_find(cmd->db, cmd->pool, act.org_id, *out, err) == 1;
}

static void put_verdict(struct cmd *cmd, const struct org_row *org,
    const struct audit_verdict *v, json_t *array)
{
	char *head = digest_hex(cmd->pool, v->head.bytes, DIGEST_BYTES);

	if (cmd->json)
		json_array_append_new(array, json_pack(
		    "{s:s, s:b, s:I, s:I, s:s, s:s}", "org", org->name, "ok",
		    v->ok, "entries", (json_int_t)v->rows, "bad_seq",
		    (json_int_t)v->bad_seq, "reason", v->reason, "head", head));
	else if (v->ok)
		cmd_say(cmd, "%s: %llu entries in order, head %s", org->name,
		    (unsigned long long)v->rows, head);
	else
		cmd_say(cmd, "%s: entry %llu is wrong: %s", org->name,
		    (unsigned long long)v->bad_seq, v->reason);
}

static bool verify(struct cmd *cmd, struct err *err)
{
	struct org_row *orgs;
	size_t count, wrong = 0;
	json_t *array = json_array();

	if (!list_orgs(cmd, &orgs, &count, err))
		return false;
	for (size_t i = 0; i < count; i++) {
		struct audit_verdict v;

		if (!store_audit_check(cmd->db, cmd->pool, orgs[i].id, &v, err))
			return false;
		wrong += !v.ok;
		put_verdict(cmd, &orgs[i], &v, array);
	}
	cmd_put_list(cmd, array);
	return !wrong || err_set(err, ERR_CONFLICT, "The audit of %zu "
	    "organisation%s was changed from outside. Keep the database as it "
	    "is and compare with a backup.", wrong, wrong == 1 ? "" : "s");
}

/* One line of JSON each; the body is the exact text that was hashed. */
static void put_row(struct cmd *cmd, struct pool *pool,
    const struct org_row *org, const struct audit_row *row)
{
	struct str line;

	str_init(&line, pool, 64 * 1024);
	str_addf(&line, "{\"org\":\"%llu\",\"seq\":%llu,\"prev\":\"%s\",\"hash\":"
	    "\"%s\",\"body\":", (unsigned long long)org->id,
	    (unsigned long long)row->seq,
	    digest_hex(pool, row->prev_hash.bytes, DIGEST_BYTES),
	    digest_hex(pool, row->hash.bytes, DIGEST_BYTES));
	str_json(&line, row->body.data);
	str_add(&line, "}");
	cmd_say(cmd, "%s", line.data);
}

static bool export_org(struct cmd *cmd, const struct org_row *org,
    struct err *err)
{
	struct pool *pool = pool_new(cmd->pool);
	struct audit_row *rows;
	uint64_t seq = 0;
	size_t count;

	do {
		pool_reset(pool);
		if (!store_audit_list(cmd->db, pool, org->id, seq, PAGE, &rows,
		    &count, err))
			return false;
		for (size_t i = 0; i < count; i++) {
			put_row(cmd, pool, org, &rows[i]);
			seq = rows[i].seq;
		}
	} while (count);
	return true;
}

static bool export(struct cmd *cmd, struct err *err)
{
	struct org_row *orgs;
	size_t count;

	if (!list_orgs(cmd, &orgs, &count, err))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!export_org(cmd, &orgs[i], err))
			return false;
	return true;
}

static const struct cmd_option ORG_OPTION[] = {
	{ "org", CMD_TEXT, false, "NAME", "only this organisation" },
	{ NULL }
};

const struct cmd_verb cmd_audit_verbs[] = {
	{ "audit", "verify", "", 0, 0, ORG_OPTION, CMD_DB_ADMIN, verify,
	    "Checks that no entry was changed, cut or reordered." },
	{ "audit", "export", "", 0, 0, ORG_OPTION, CMD_DB_ADMIN, export,
	    "Writes the entries as lines of JSON, with their hashes." },
	{ NULL }
};
