/*
 * Migrations, statement by statement. It knows no table but its own.
 */
#include <dirent.h>
#include <mysqld_error.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "store/db_p.h"
#include "store/migrate.h"
#include "store/sql_split.h"
#include "store/stmt.h"
#include "store/tenant.h"
#include "util/str.h"
#include "util/banned.h"

enum { FILES_MOST = 1000, FILE_MOST_BYTES = 4 << 20 };

static const char MAKE_TABLE[] = "CREATE TABLE IF NOT EXISTS schema_migration ("
    "name VARBINARY(120) NOT NULL PRIMARY KEY, "
    "checksum BINARY(32) NOT NULL, "
    "done INT UNSIGNED NOT NULL DEFAULT 0, "
    "doing INT UNSIGNED NOT NULL DEFAULT 0, "	/* 0 = none, else done + 1 */
    "started_at DATETIME(6) NOT NULL, finished_at DATETIME(6) NULL)";
/* One migrator at a time; a killed one lets go with its connection. On a
 * cluster this holds per node: the operator runs one. */
static const char LOCK[] =
    "SELECT GET_LOCK(CONCAT('hawser migrate ', DATABASE()), 600)";
static const char FIND[] = "SELECT name, checksum, done, doing, finished_at "
    "FROM schema_migration WHERE name = ?";
static const char LIST_ALL[] = "SELECT name, checksum, done, doing, finished_at "
    "FROM schema_migration ORDER BY name";
static const char ADD[] = "INSERT INTO schema_migration "
    "(name, checksum, started_at) VALUES (?, ?, UTC_TIMESTAMP(6))";
static const char BEGIN_STATEMENT[] =
    "UPDATE schema_migration SET doing = ? WHERE name = ?";
static const char END_STATEMENT[] =
    "UPDATE schema_migration SET done = ?, doing = 0 WHERE name = ?";
static const char FINISH[] = "UPDATE schema_migration "
    "SET finished_at = UTC_TIMESTAMP(6) WHERE name = ?";

struct progress {
	const char *name;
	struct digest checksum;
	int done, doing;
	when_t finished_at;
};
static const struct stmt_col PROGRESS_COLS[] = {
	STMT_COL(struct progress, name), STMT_COL(struct progress, checksum),
	STMT_COL(struct progress, done), STMT_COL(struct progress, doing),
	STMT_COL(struct progress, finished_at), STMT_END };

static bool is_migration_name(const char *name)
{
	return strspn(name, "0123456789") == 4 && name[4] == '_' &&
	    str_ends(name, ".sql");
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool list_files(struct pool *pool, const char *dir, const char ***out,
    size_t *count_out, struct err *err)
{
	DIR *d = opendir(dir);
	struct dirent *entry;

	*out = pool_array(pool, FILES_MOST, sizeof(char *));
	*count_out = 0;
	if (!d)
		return err_set(err, ERR_INPUT, "[paths] sql_dir: the directory "
		    "%s can not be read.", dir);
	while ((entry = readdir(d)) && *count_out < FILES_MOST)
		if (is_migration_name(entry->d_name))
			(*out)[(*count_out)++] = pool_strdup(pool, entry->d_name);
	closedir(d);
	if (!*count_out)
		return err_set(err, ERR_INPUT, "[paths] sql_dir: there are no "
		    "migrations in %s.", dir);
	qsort(*out, *count_out, sizeof(char *), by_name);
	return true;
}

static bool read_file(struct pool *pool, const char *dir, const char *name,
    char **text_out, size_t *len_out, struct err *err)
{
	char *path = pool_printf(pool, "%s/%s", dir, name);
	FILE *f = fopen(path, "re");
	bool good;

	*text_out = pool_alloc(pool, FILE_MOST_BYTES + 1);
	if (!f)
		return err_set(err, ERR_INPUT, "%s can not be read.", path);
	*len_out = fread(*text_out, 1, FILE_MOST_BYTES + 1, f);
	good = !ferror(f) && *len_out <= FILE_MOST_BYTES &&
	    strlen(*text_out) == *len_out;
	fclose(f);
	return good || err_set(err, ERR_INPUT,
	    "%s is not a text file of at most 4 MiB.", path);
}

/* ---- one statement ---- */

struct step {
	const char *file, *sql;
	uint64_t number;		/* from 1 */
};

static bool is_ddl(const char *sql)
{
	static const char *const WORDS[] = { "CREATE", "ALTER", "DROP", "RENAME",
	    "TRUNCATE", "GRANT", "REVOKE" };

	for (size_t i = 0; i < sizeof(WORDS) / sizeof(*WORDS); i++)
		if (strncasecmp(sql, WORDS[i], strlen(WORDS[i])) == 0)
			return true;
	return false;
}

/* What a statement says that was already carried out. */
static bool is_done_already(unsigned code)
{
	static const unsigned CODES[] = {
		ER_DB_CREATE_EXISTS, ER_DB_DROP_EXISTS, ER_TABLE_EXISTS_ERROR,
		ER_BAD_TABLE_ERROR, ER_DUP_FIELDNAME, ER_DUP_KEYNAME,
		ER_MULTIPLE_PRI_KEY, ER_CANT_DROP_FIELD_OR_KEY,
		ER_SP_ALREADY_EXISTS, ER_SP_DOES_NOT_EXIST, ER_TRG_ALREADY_EXISTS,
		ER_TRG_DOES_NOT_EXIST, ER_DUP_CONSTRAINT_NAME, ER_NO_SUCH_TABLE,
		ER_BAD_FIELD_ERROR,
	};

	for (size_t i = 0; i < sizeof(CODES) / sizeof(*CODES); i++)
		if (CODES[i] == code)
			return true;
	return false;
}

static bool record(struct db *db, const struct step *s, struct err *err)
{
	return stmt_exec(db, END_STATEMENT, STMT_ARGS(STMT_U64(s->number),
	    STMT_TEXT(s->file)), NULL, err);
}

static bool change_data(struct db *db, void *arg, struct err *err)
{
	const struct step *s = arg;

	return db_query(db, s->sql, err) && record(db, s, err);
}

static bool change_schema(struct db *db, const struct step *s, bool in_flight,
    struct err *err)
{
	struct err first;

	if (!stmt_exec(db, BEGIN_STATEMENT, STMT_ARGS(STMT_U64(s->number),
	    STMT_TEXT(s->file)), NULL, err))
		return false;
	if (!db_query(db, s->sql, &first) &&
	    !(in_flight && is_done_already(db_errno(db)))) {
		*err = first;
		return false;
	}
	return record(db, s, err);
}

static bool run_statement(struct db *db, struct step *s, bool in_flight,
    struct err *err)
{
	if (is_ddl(s->sql))
		return change_schema(db, s, in_flight, err);
	return db_tx(db, change_data, s, NULL, err);
}

/* ---- one file ---- */

static bool find_progress(struct db *db, struct pool *pool, const char *name,
    const struct digest *checksum, struct progress *out, struct err *err)
{
	struct stmt_args key = STMT_ARGS(STMT_TEXT(name));
	int got = stmt_find(db, pool, FIND, key, PROGRESS_COLS, out, err);

	if (got == 0)
		got = stmt_exec(db, ADD, STMT_ARGS(STMT_TEXT(name),
		    STMT_DIGEST(checksum)), NULL, err) ?
		    stmt_find(db, pool, FIND, key, PROGRESS_COLS, out, err) : -1;
	if (got != 1)
		return false;
	return digest_eq(checksum, &out->checksum) || err_set(err, ERR_CONFLICT,
	    "%s is not the file that was applied to this database. Put the old "
	    "one back and write the change into a new migration.", name);
}

static bool run_statements(struct db *db, struct migrate_file *file,
    const struct sql_statement *statements, const struct progress *at,
    struct err *err)
{
	for (size_t i = (size_t)at->done; i < file->statements; i++) {
		struct step step = { file->name, statements[i].text, i + 1 };

		if (!run_statement(db, &step, at->doing == (int)i + 1, err)) {
			char said[sizeof(err->detail)];

			snprintf(said, sizeof(said), "%s", err->detail);
			return err_set_scope(err, err->kind, ERR_RUN,
			    "%s, line %d: %s", file->name, statements[i].line,
			    *said ? said : "the statement failed");
		}
		file->ran++;
	}
	return stmt_exec(db, FINISH, STMT_ARGS(STMT_TEXT(file->name)), NULL, err);
}

static bool run_file(struct db *db, struct pool *pool,
    const struct sql_names *names, const char *dir, struct migrate_file *file,
    struct err *err)
{
	struct sql_statement *statements;
	struct progress progress;
	struct digest checksum;
	char *text;
	size_t len = 0;

	if (!read_file(pool, dir, file->name, &text, &len, err))
		return false;
	checksum = digest_sha256(text, len);
	if (!find_progress(db, pool, file->name, &checksum, &progress, err))
		return false;
	if (!sql_split(pool, text, names, &statements, &file->statements, err))
		return err_add(err, "%s", file->name);
	if (progress.finished_at != WHEN_NONE)
		return true;
	return run_statements(db, file, statements, &progress, err);
}

/* A database that is ahead of this program is left alone. */
static bool check_known(struct db *db, struct pool *pool, const char **names,
    size_t count, struct err *err)
{
	struct progress *rows;
	size_t row_count;

	if (!stmt_list(db, pool, LIST_ALL, STMT_NO_ARGS, PROGRESS_COLS,
	    sizeof(*rows), &rows, &row_count, err))
		return false;
	for (size_t i = 0; i < row_count; i++)
		if (!bsearch(&rows[i].name, names, count, sizeof(char *), by_name))
			return err_set(err, ERR_CONFLICT, "The database has had the "
			    "migration %s, which this version does not know. "
			    "Install the newer version.", rows[i].name);
	return true;
}

static bool is_plain_name(const char *name)
{
	return *name && strlen(name) <= 32 && strspn(name,
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") ==
	    strlen(name);
}

static bool run_all(struct db *db, struct pool *pool,
    const struct config *config, struct migrate_report *out, struct err *err)
{
	const struct sql_names names = {
		.db = pool_printf(pool, "`%s`", config->db_name),
		.web = pool_printf(pool, "`%s_web`", config->db_name),
		.owner = pool_printf(pool, "'%s_owner'@'localhost'",
		    config->db_name),
	};
	const char **files;
	uint64_t locked;

	if (!list_files(pool, config->sql_dir, &files, &out->count, err) ||
	    !stmt_count(db, LOCK, STMT_NO_ARGS, &locked, err))
		return false;
	if (!locked)
		return err_set(err, ERR_TIMEOUT, "Another hawser migrate is "
		    "still running. Wait for it and try again.");
	if (!db_query(db, MAKE_TABLE, err) ||
	    !check_known(db, pool, files, out->count, err))
		return false;
	out->files = pool_array(pool, out->count, sizeof(*out->files));
	for (size_t i = 0; i < out->count; i++) {
		struct pool *file_pool = pool_new(pool);
		bool good;

		out->files[i].name = files[i];
		good = run_file(db, file_pool, &names, config->sql_dir,
		    &out->files[i], err);
		pool_free(file_pool);
		if (!good)
			return false;
	}
	return tenant_make(db, &out->views, err);
}

bool migrate_run(struct pool *pool, const struct config *config,
    struct migrate_report *out, struct err *err)
{
	struct db *db;
	bool good;

	memset(out, 0, sizeof(*out));
	if (!is_plain_name(config->db_name))
		return err_set(err, ERR_INPUT, "[db] name: use letters, digits "
		    "and _ only, at most 32.");
	if (!db_open(pool, config, DB_ADMIN, &db, err))
		return false;
	good = run_all(db, pool, config, out, err);
	db_close(db);
	return good;
}

bool migrate_pending(struct db *db, struct pool *pool, size_t *count_out,
    size_t *ahead_out, struct err *err)
{
	const char **files;
	size_t count, row_count;
	struct progress *rows;

	if (!list_files(pool, db->config->sql_dir, &files, &count, err) ||
	    !stmt_list(db, pool, LIST_ALL, STMT_NO_ARGS, PROGRESS_COLS,
	    sizeof(*rows), &rows, &row_count, err))
		return false;
	*count_out = count;
	*ahead_out = 0;
	for (size_t i = 0; i < row_count; i++)
		if (!bsearch(&rows[i].name, files, count, sizeof(char *), by_name))
			++*ahead_out;
		else if (rows[i].finished_at != WHEN_NONE)
			--*count_out;
	return true;
}
