/*
 * hawser doctor: everything that must be right around the programs. One line a
 * check; each that is wrong says what, and the remedy.
 */
#include <errno.h>
#include <gnutls/gnutls.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "acts/acts_keys.h"
#include "cmd_nouns.h"
#include "store/migrate.h"
#include "store/store_credential.h"
#include "store/store_job.h"
#include "store/store_org.h"
#include "store/store_watch.h"
#include "store/tenant.h"
#include "util/secret.h"
#include "util/str.h"
#include "vault/vault.h"
#include "model/recur.h"
#include "providers/caldav_parser.h"
#include "net/http.h"
#include "util/banned.h"

#define WORK_IS_LATE (10 * 60 * WHEN_SEC)

struct doctor {
	struct cmd *cmd;
	json_t *checks;
	int wrong;
};

static void tell(struct doctor *d, bool good, const char *what, const char *text)
{
	d->wrong += !good;
	if (d->cmd->json)
		json_array_append_new(d->checks, json_pack("{s:s, s:b, s:s}",
		    "check", what, "ok", good, "text", text));
	else
		cmd_say(d->cmd, "%-5s %s: %s", good ? "ok" : "WRONG", what, text);
}

static char *is_not(struct doctor *d, const char *path)
{
	return pool_printf(d->cmd->pool, "%s: %s", path, strerror(errno));
}

static bool check_secret_file(struct doctor *d, const char *what,
    const char *path)
{
	int wrong = d->wrong;
	struct pool *pool = d->cmd->pool;
	struct stat st;

	if (!path || !*path)
		tell(d, true, what, "no password file; the unix socket's user counts");
	else if (stat(path, &st) != 0)
		tell(d, false, what, pool_printf(pool, "%s. Make the file, or "
		    "correct its path in the configuration.", is_not(d, path)));
	else if (!S_ISREG(st.st_mode))
		tell(d, false, what, pool_printf(pool, "%s is not a file.", path));
	else if (secret_mode_open(&st))
		tell(d, false, what, pool_printf(pool, "%s can be read by others "
		    "(mode %04o). Remedy: chmod 0600 %s", path,
		    (unsigned)st.st_mode & 07777, path));
	else
		tell(d, true, what, path);
	return d->wrong == wrong;
}

static void check_key_file(struct doctor *d)
{
	const char *path = d->cmd->config->kek_file;
	struct vault *vault;
	struct err err = { 0 };

	if (!path || !*path)
		tell(d, false, "key file", "No key file is configured. Set "
		    "kek_file in [keys].");
	else if (check_secret_file(d, "key file", path) &&
	    !vault_open(d->cmd->pool, path, &vault, &err))
		tell(d, false, "key file", pool_printf(d->cmd->pool, "%s Put the "
		    "file back from your copy; without it no stored credential "
		    "opens.", err.msg));
}

/* Not set up is no fault; set up by half is. */
static void check_google(struct doctor *d)
{
	const struct config *c = d->cmd->config;

	if (*c->google.client_id == '\0')
		tell(d, true, "Google", "not set up: it is not offered");
	else if (check_secret_file(d, "secret of Google",
	    c->google.client_secret_file))
		tell(d, true, "Google", pool_printf(d->cmd->pool, "redirect "
		    "address %s%s/oauth/google/calendar/callback", c->base_url,
		    c->path_prefix));
}

static void check_dir(struct doctor *d, const char *what, const char *path,
    int mode)
{
	if (!path || !*path)
		tell(d, true, what, "not set");
	else if (access(path, mode | X_OK) != 0)
		tell(d, false, what, pool_printf(d->cmd->pool, "%s. Make the "
		    "directory and give this user the right to it.",
		    is_not(d, path)));
	else
		tell(d, true, what, path);
}

static void tell_no_connection(struct doctor *d, const char *what,
    const struct err *err)
{
	const char *why = *err->detail ? err->detail : err->msg;
	const char *remedy = err->kind == ERR_TIMEOUT ? "start MariaDB, or "
	    "correct socket or hosts in [db]." : err->kind == ERR_INPUT ?
	    "see above." : "run sql/accounts.sql as the administrator of the "
	    "database, with the passwords of the files above.";

	tell(d, false, what, pool_printf(d->cmd->pool, "%s. Remedy: %s", why,
	    remedy));
}

static void check_schema(struct doctor *d, struct db *db)
{
	struct pool *pool = d->cmd->pool;
	const char *missing = NULL;
	struct err err = { 0 };
	size_t pending = 0, ahead = 0;

	if (!migrate_pending(db, pool, &pending, &ahead, &err)) {
		tell(d, false, "migrations", pool_printf(pool,
		    "%s Remedy: hawser migrate", err.msg));
		return;
	}
	tell(d, !pending, "migrations", pending ?
	    pool_printf(pool, "%zu not applied. Remedy: hawser migrate",
	    pending) : !ahead ? "all applied" : pool_printf(pool,
	    "all applied, and %zu of a newer version, which does no harm",
	    ahead));
	if (pending)
		return;
	if (!tenant_check_objects(db, pool, &missing, &err))
		tell(d, false, "tables and views", err.msg);
	else
		tell(d, !missing, "tables and views", !missing ? "complete" :
		    pool_printf(pool, "missing: %s. Remedy: hawser migrate makes "
		    "views; put anything else back from a backup.", missing));
}

/* Does the key file open every key that was made with it? A file that reads
 * well and is another one would show only when the next sync needs a password. */
static bool check_keys_of(struct doctor *d, struct db *db, struct vault *vault,
    const struct org_row *org, int *keys, struct err *err)
{
	struct pool *pool = d->cmd->pool;
	struct data_key_row *rows;
	struct vault_key *key;
	size_t count;

	if (!store_key_list(db, pool, org->id, &rows, &count, err))
		return false;
	for (size_t i = 0; i < count; i++) {
		struct err bad = { 0 };

		if (rows[i].state == KEY_RETIRED)
			continue;
		++*keys;
		if (vault_key_open(vault, pool, org->id, rows[i].id,
		    rows[i].wrapped.data, rows[i].wrapped.len, &key, &bad))
			continue;
		tell(d, false, "stored keys", pool_printf(pool, "%s: %s",
		    org->name, bad.msg));
		return true;
	}
	return true;
}

static const char *kek_words(struct pool *pool, const struct acts_keys_kek *k)
{
	static const char *const STATES[] = { "unused", "next", "active",
	    "decrypt-only" };

	if (k->state == KEK_NEXT || k->state == KEK_ACTIVE || k->wraps > 0)
		return pool_printf(pool, "%s %s, wraps %llu", k->id,
		    STATES[k->state], (unsigned long long)k->wraps);
	return pool_printf(pool, "%s %s, not needed: hawser keys drop %s", k->id,
	    STATES[k->state], k->id);
}

/* Which keys are used, which nothing needs, which are not there. */
static void check_key_file_keys(struct doctor *d, struct db *db)
{
	static const char WHAT[] = "keys of the key file";
	struct pool *pool = d->cmd->pool;
	struct act act = { .db = db, .pool = pool, .config = d->cmd->config };
	struct acts_keys_kek *all;
	struct str words;
	struct err err = { 0 };
	size_t count;
	bool known = false, good = true;

	if (!acts_keys_list_file(&act, &all, &count, &err)) {
		tell(d, false, WHAT, err.msg);
		return;
	}
	for (size_t i = 0; i < count; i++)
		known = known || all[i].state != 0;
	str_init(&words, pool, 4096);
	for (size_t i = 0; i < count; i++) {
		bool missing = !all[i].in_file && (all[i].wraps > 0 ||
		    all[i].state == KEK_ACTIVE);

		good = good && !missing;
		str_addf(&words, "%s%s", i > 0 ? "; " : "", missing ?
		    pool_printf(pool, "%s, which wraps %llu key%s, is missing. "
		    "Put it back from your copy", all[i].id,
		    (unsigned long long)all[i].wraps,
		    all[i].wraps == 1 ? "" : "s") : kek_words(pool, &all[i]));
	}
	tell(d, good, WHAT, known ? words.data : "nothing is wrapped yet");
}

static void check_keys(struct doctor *d, struct db *db)
{
	struct pool *pool = d->cmd->pool;
	struct org_row *orgs;
	struct vault *vault;
	struct err err = { 0 };
	size_t count;
	int keys = 0, wrong = d->wrong;

	if (!vault_open(pool, d->cmd->config->kek_file, &vault, &err))
		return;		/* told already */
	if (!store_org_list(db, pool, &orgs, &count, &err))
		return;		/* no tables yet */
	for (size_t i = 0; i < count; i++)
		if (!check_keys_of(d, db, vault, &orgs[i], &keys, &err))
			tell(d, false, "stored keys", err.msg);
	check_key_file_keys(d, db);
	if (d->wrong == wrong)
		tell(d, true, "stored keys", pool_printf(pool, "%d, the key file "
		    "opens all", keys));
}

/* Polling goes on without: nothing is wrong, but it could be better. */
static void check_push(struct doctor *d, struct db *db)
{
	const struct config *config = d->cmd->config;
	struct err err = { 0 };
	uint64_t count;

	if (!store_watch_count_no_address(db, &count, &err) || count == 0)
		return;
	tell(d, true, "push", pool_printf(d->cmd->pool, "%llu %s every %d s: the "
	    "provider sends no messages to %s. To have them, give base_url in "
	    "[web] an https address with a good certificate that can be reached "
	    "from outside. It is tried again once a week, and after a pause.",
	    (unsigned long long)count, count == 1 ? "calendar is looked at" :
	    "calendars are looked at", config->poll_secs, config->base_url));
}

/* Whoever works claims what is due within seconds, however long it then takes. */
static void check_worker(struct doctor *d, struct db *db)
{
	struct job_row *first;
	struct err err = { 0 };
	size_t count;

	if (!store_job_list_due(db, d->cmd->pool, 0, 1, &first, &count, &err))
		return;		/* no tables yet */
	if (count == 0 || first->due > when_now() - WORK_IS_LATE) {
		tell(d, true, "work", "nothing waits for long");
		return;
	}
	tell(d, false, "work", pool_printf(d->cmd->pool, "some has been due since "
	    "%s, and no hawser-sync takes it. Remedy: let cron call it, see "
	    "hawser.cron among the examples, and look into its log.",
	    when_format(d->cmd->pool, first->due)));
}

static void check_account(struct doctor *d, enum db_account account,
    const char *name)
{
	struct pool *pool = d->cmd->pool;
	char *what = pool_printf(pool, "database account %s", name);
	const char *wrong = NULL;
	struct db *db;
	struct err err = { 0 };

	if (!db_open(pool, d->cmd->config, account, &db, &err)) {
		tell_no_connection(d, what, &err);
		return;
	}
	if (account == DB_ADMIN) {
		check_schema(d, db);
	} else if (!tenant_check_rights(db, pool, &wrong, &err)) {
		wrong = err.msg;
	}
	if (account == DB_SYNC) {
		check_keys(d, db);
		check_worker(d, db);
		check_push(d, db);
	}
	tell(d, !wrong, what, !wrong ? "connects, rights as they should be" :
	    pool_printf(pool, "%s. Remedy: hawser migrate; what stays was granted "
	    "by hand, take it away.", wrong));
	db_close(db);
}

static void check_versions(struct doctor *d)
{
	struct err err = { 0 };
	const char *ical = recur_library_version(&err);

	tell(d, ical, "libraries", !ical ? err.msg : pool_printf(d->cmd->pool,
	    "MariaDB Connector/C %s, %s, GnuTLS %s, Jansson %s, libical %s, "
	    "Expat %s",
	    db_library_version(), http_library_version(), gnutls_check_version(NULL),
	    JANSSON_VERSION, ical, caldav_parser_version()));
}

static bool doctor(struct cmd *cmd, struct err *err)
{
	struct doctor d = { .cmd = cmd, .checks = json_array() };
	struct config *config;
	struct err bad = { 0 };

	if (!config_load(cmd->pool, config_path(), &config, &bad)) {
		tell(&d, false, "configuration", bad.msg);
	} else {
		cmd->config = config;
		tell(&d, true, "configuration", config_path());
		check_key_file(&d);
		check_secret_file(&d, "password of web", config->db_web_password_file);
		check_secret_file(&d, "password of hooks", config->db_hooks_password_file);
		check_secret_file(&d, "password of sync", config->db_sync_password_file);
		check_secret_file(&d, "password of admin", config->db_admin_password_file);
		check_google(&d);
		check_dir(&d, "run directory", config->run_dir, W_OK);
		check_dir(&d, "log directory", config->log_dir, W_OK);
		check_dir(&d, "sql directory", config->sql_dir, R_OK);
		check_account(&d, DB_ADMIN, "admin");
		check_account(&d, DB_WEB, "web");
		check_account(&d, DB_HOOKS, "hooks");
		check_account(&d, DB_SYNC, "sync");
	}
	check_versions(&d);
	if (cmd->json)
		cmd_put_json(cmd, d.checks);
	else
		json_decref(d.checks);
	return !d.wrong || err_set(err, ERR_INPUT, "%d thing%s to put right, "
	    "listed above.", d.wrong, d.wrong == 1 ? "" : "s");
}

const struct cmd_verb cmd_doctor_verbs[] = {
	{ "doctor", NULL, "", 0, 0, NULL, CMD_NOTHING, doctor,
	    "Checks configuration, keys, directories, database and rights." },
	{ NULL }
};
