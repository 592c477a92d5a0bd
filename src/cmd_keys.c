/* hawser keys: which keys there are, fresh ones, and old ones dropped. */
#include <stdio.h>

#include "acts/acts_keys.h"
#include "cmd_nouns.h"
#include "cmd_value.h"
#include "util/digest.h"
#include "util/str.h"
#include "util/banned.h"

#define TELL_MS 1000

static const char *const KEK_STATES[] = { "unused", "next", "active",
    "decrypt-only" };
static const char *const KEY_STATES[] = { "", "active", "decrypt-only",
    "retired" };

static struct act
keys_operator(struct cmd *cmd)
{
	return (struct act){ .db = cmd->db, .pool = cmd->pool,
	    .config = cmd->config, .role = ROLE_OWNER, .via = "command" };
}

/* ---- list ---- */

static const char *
kek_words(struct cmd *cmd, const struct acts_keys_kek *k)
{
	if (!k->in_file)
		return "MISSING in the key file: put it back from your copy";
	if (k->wraps > 0)
		return pool_printf(cmd->pool, "wraps %llu key%s",
		    (unsigned long long)k->wraps, k->wraps == 1 ? "" : "s");
	if (k->state == KEK_NEXT)
		return "wraps nothing yet; hawser keys rotate takes it";
	if (k->state == KEK_ACTIVE)
		return "wraps nothing yet";
	return pool_printf(cmd->pool, "wraps nothing; hawser keys drop %s",
	    k->id);
}

static bool
list_file(struct cmd *cmd, const struct act *act, json_t *out,
    struct err *err)
{
	struct acts_keys_kek *all;
	size_t count;

	if (!acts_keys_list_file(act, &all, &count, err))
		return false;
	if (!cmd->json)
		cmd_say(cmd, "Key file %s", cmd->config->kek_file);
	for (size_t i = 0; i < count; i++) {
		const struct acts_keys_kek *k = &all[i];

		if (cmd->json)
			json_array_append_new(out, json_pack("{s:s,s:s,s:b,s:I}",
			    "key", k->id, "state", KEK_STATES[k->state],
			    "in_file", k->in_file, "wraps", (json_int_t)k->wraps));
		else
			cmd_say(cmd, "  %s  %-12s  %s", k->id,
			    KEK_STATES[k->state], kek_words(cmd, k));
	}
	return true;
}

static bool
list_key(struct cmd *cmd, const struct org_row *org,
    const struct data_key_row *key, json_t *out, struct err *err)
{
	uint64_t used;

	if (!store_key_count_credentials(cmd->db, org->id, key->id, &used, err))
		return false;
	if (cmd->json) {
		json_array_append_new(out, json_pack("{s:o,s:s,s:s,s:I,s:I,s:s,s:o}",
		    "key", cmd_json_id(key->id), "org", org->name,
		    "state", KEY_STATES[key->state],
		    "credentials", (json_int_t)used,
		    "seals", (json_int_t)key->uses,
		    "wrapped_by", digest_hex(cmd->pool, key->kek_id.data,
		    key->kek_id.len),
		    "created_at", cmd_json_time(cmd, key->created_at)));
		return true;
	}
	cmd_say(cmd, "  %-6llu  %-12s  %s, since %s: seals %llu password%s%s",
	    (unsigned long long)key->id, KEY_STATES[key->state], org->name,
	    cmd_time(cmd, key->created_at), (unsigned long long)used,
	    used == 1 ? "" : "s", key->state == KEY_RETIRED ? pool_printf(
	    cmd->pool, "; hawser keys drop %llu",
	    (unsigned long long)key->id) : "");
	return true;
}

static bool
list_orgs(struct cmd *cmd, json_t *out, struct err *err)
{
	struct org_row *orgs;
	struct data_key_row *keys;
	size_t count, n;

	if (!store_org_list(cmd->db, cmd->pool, &orgs, &count, err))
		return false;
	if (!cmd->json)
		cmd_say(cmd, "Keys of organisations");
	for (size_t i = 0; i < count; i++) {
		if (!store_key_list(cmd->db, cmd->pool, orgs[i].id, &keys, &n, err))
			return false;
		for (size_t j = 0; j < n; j++)
			if (!list_key(cmd, &orgs[i], &keys[j], out, err))
				return false;
	}
	return true;
}

static bool
list(struct cmd *cmd, struct err *err)
{
	struct act act = keys_operator(cmd);
	json_t *file = json_array(), *orgs = json_array();
	bool ok = list_file(cmd, &act, file, err) && list_orgs(cmd, orgs, err);
	json_t *both = json_pack("{s:o,s:o}", "key_file", file,
	    "organisations", orgs);

	if (ok && cmd->json)
		cmd_put_json(cmd, both);
	else
		json_decref(both);
	return ok;
}

/* ---- rotate ---- */

struct told {
	int64_t ms;			/* when, last */
	bool any;
};

/* Now and then, and the end of what was told before. */
static void
tell(void *arg, const struct acts_keys_progress *p)
{
	struct told *t = arg;
	int64_t now = when_mono_ms();

	if (p->total == 0 || (now - t->ms < TELL_MS &&
	    (!t->any || p->done < p->total)))
		return;
	t->ms = now;
	t->any = true;
	fprintf(stderr, "%s: %llu of %llu\n", p->what,
	    (unsigned long long)p->done, (unsigned long long)p->total);
}

static void
say_rotated(struct cmd *cmd, const char *what, const char *thing,
    const struct acts_keys_result *r)
{
	cmd_say(cmd, "%s: key %s %s now, %llu %s%s moved.%s", what, r->key,
	    str_eq(thing, "key") ? "wraps" : "seals",
	    (unsigned long long)r->moved, thing, r->moved == 1 ? "" : "s",
	    r->resumed ? " This finished "
	    "a rotation begun earlier; run it again for a fresh key." : "");
	if (r->broken > 0)
		cmd_say(cmd, "%llu passwords do not open and were left; their "
		    "connections ask for them.", (unsigned long long)r->broken);
}

static json_t *
rotated_json(const char *org, const struct acts_keys_result *r)
{
	return json_pack("{s:o,s:s,s:b,s:I,s:I,s:I}",
	    "org", org != NULL ? json_string(org) : json_null(),
	    "key", r->key, "resumed", r->resumed, "moved", (json_int_t)r->moved,
	    "broken", (json_int_t)r->broken, "retired", (json_int_t)r->retired);
}

static bool
rotate_org(struct cmd *cmd, struct acts_keys *a, const struct org_row *org,
    json_t *out, struct err *err)
{
	struct acts_keys_result r;

	a->act.org_id = org->id;
	if (!acts_keys_rotate_org(a, org->name, &r, err))
		return err_add(err, "%s", org->name);
	if (cmd->json)
		json_array_append_new(out, rotated_json(org->name, &r));
	else
		say_rotated(cmd, org->name, "password", &r);
	return true;
}

static bool
rotate_orgs(struct cmd *cmd, struct acts_keys *a, json_t *out,
    struct err *err)
{
	const char *name = cmd_text(cmd, "org");
	struct org_row *orgs;
	struct act act;
	size_t count;

	if (name != NULL && !cmd_act(cmd, name, &act, err))
		return false;
	if (!store_org_list(cmd->db, cmd->pool, &orgs, &count, err))
		return false;
	for (size_t i = 0; i < count; i++)
		if ((name == NULL || orgs[i].id == act.org_id) &&
		    !rotate_org(cmd, a, &orgs[i], out, err))
			return false;
	return true;
}

static bool
rotate_file(struct cmd *cmd, struct acts_keys *a, json_t *out,
    struct err *err)
{
	struct acts_keys_result r;
	bool prepare = cmd_has(cmd, "prepare");

	if (!(prepare ? acts_keys_prepare : acts_keys_rotate_file)(a, &r, err))
		return false;
	if (cmd->json)
		json_array_append_new(out, rotated_json(NULL, &r));
	else if (prepare)
		cmd_say(cmd, "Key %s is in the key file. Copy the file to the other "
		    "machines, then run: hawser keys rotate", r.key);
	else
		say_rotated(cmd, "Key file", "key", &r);
	return true;
}

static bool
rotate(struct cmd *cmd, struct err *err)
{
	bool of_orgs = cmd_has(cmd, "org") || cmd_has(cmd, "all");
	struct told told = { .ms = when_mono_ms() };
	struct acts_keys a = { .act = keys_operator(cmd), .tell = tell,
	    .tell_arg = &told };
	json_t *out;
	bool ok;

	if (cmd_has(cmd, "org") + cmd_has(cmd, "all") + cmd_has(cmd, "prepare") > 1)
		return cmd_wrong(err, "--org, --all and --prepare exclude "
		    "each other.");
	out = json_array();
	ok = (of_orgs ? rotate_orgs : rotate_file)(cmd, &a, out, err);
	if (ok)
		cmd_put_list(cmd, out);
	else
		json_decref(out);
	return ok;
}

/* ---- drop ---- */

static bool
drop(struct cmd *cmd, struct err *err)
{
	struct acts_keys a = { .act = keys_operator(cmd) };

	if (!acts_keys_drop(&a, cmd->args[0], err))
		return false;
	if (cmd->json)
		cmd_put_json(cmd, json_pack("{s:s,s:b}", "key", cmd->args[0],
		    "dropped", true));
	else
		cmd_say(cmd, "Key %s is dropped. Keep your copy of it as long as "
		    "you keep backups that were made under it.", cmd->args[0]);
	return true;
}

static const struct cmd_option ROTATE_OPTIONS[] = {
	{ "org", CMD_TEXT, false, "NAME", "a fresh key for this organisation; its "
	    "passwords are sealed anew" },
	{ "all", CMD_FLAG, false, NULL, "the same for every organisation" },
	{ "prepare", CMD_FLAG, false, NULL, "only put the next key into the key "
	    "file, so that it can be copied to other machines first" },
	{ NULL } };

const struct cmd_verb cmd_keys_verbs[] = {
	{ "keys", "list", "", 0, 0, NULL, CMD_DB_ADMIN, list,
	    "Lists the keys of the key file and of the organisations, and what "
	    "needs them." },
	{ "keys", "rotate", "", 0, 0, ROTATE_OPTIONS, CMD_DB_ADMIN, rotate,
	    "Puts a fresh key into the key file and wraps the organisations' keys "
	    "with it; with --org or --all, replaces those. Killed, it is finished "
	    "by the next call." },
	{ "keys", "drop", "KEY", 1, 1, NULL, CMD_DB_ADMIN, drop,
	    "Drops a key that nothing needs any more." },
	{ NULL }
};
