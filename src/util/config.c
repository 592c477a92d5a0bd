/*
 * The configuration file: one table of keys, read with libinih. Knows nothing
 * of what the values are for, and opens no file but this one.
 */
#include <errno.h>
#include <ini.h>
#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/config_p.h"
#include "util/str.h"
#include "util/when.h"
#include "util/banned.h"

#define CONFIG_LINE_BYTES 4000

#define AT(member) offsetof(struct config, member)
/* A test holds this table and hawser.conf.example together. */
static const struct config_key config_keys[] = {
	{ "db", "socket", CONFIG_PATH, AT(db_socket), "" },
	{ "db", "hosts", CONFIG_TEXT, AT(db_hosts), "" },
	{ "db", "name", CONFIG_TEXT, AT(db_name), "hawser" },
	{ "db", "web_password_file", CONFIG_PATH, AT(db_web_password_file),
	    "/etc/hawser/db-web.password" },
	{ "db", "hooks_password_file", CONFIG_PATH, AT(db_hooks_password_file),
	    "/etc/hawser/db-hooks.password" },
	{ "db", "sync_password_file", CONFIG_PATH, AT(db_sync_password_file),
	    "/etc/hawser/db-sync.password" },
	{ "db", "admin_password_file", CONFIG_PATH, AT(db_admin_password_file),
	    "/etc/hawser/db-admin.password" },
	{ "db", "tls_ca_file", CONFIG_PATH, AT(db_tls_ca_file), "" },
	{ "paths", "run_dir", CONFIG_PATH, AT(run_dir), "/run/hawser" },
	{ "paths", "log_dir", CONFIG_PATH, AT(log_dir), "" },
	{ "paths", "sql_dir", CONFIG_PATH, AT(sql_dir), HAWSER_SQL_DIR },
	{ "process", "confine", CONFIG_INT, AT(confine), "1", 0, 1 },
	{ "keys", "kek_file", CONFIG_PATH, AT(kek_file), "/etc/hawser/kek" },
	{ "web", "base_url", CONFIG_ORIGIN, AT(base_url), "" },
	{ "web", "workers", CONFIG_INT, AT(web_workers), "4", 1, 256 },
	{ "web", "hooks_workers", CONFIG_INT, AT(hooks_workers), "4", 1, 256 },
	{ "web", "max_requests", CONFIG_INT, AT(max_requests), "10000",
	    1, 10000000 },
	{ "web", "session_idle_mins", CONFIG_INT, AT(session_idle_mins), "60",
	    1, 10080 },
	{ "web", "session_max_hours", CONFIG_INT, AT(session_max_hours), "24",
	    1, 720 },
	{ "web", "path_prefix", CONFIG_PREFIX, AT(path_prefix), "" },
	{ "web", "components", CONFIG_SWITCH, AT(components), "no" },
	{ "brand", "name", CONFIG_TEXT, AT(brand_name), "Hawser" },
	{ "brand", "logo_file", CONFIG_PATH, AT(brand_logo_file), "" },
	{ "brand", "accent", CONFIG_COLOUR, AT(brand_accent), "" },
	{ "brand", "accent_text", CONFIG_COLOUR, AT(brand_accent_text), "" },
	{ "brand", "accent_dark", CONFIG_COLOUR, AT(brand_accent_dark), "" },
	{ "brand", "accent_dark_text", CONFIG_COLOUR,
	    AT(brand_accent_dark_text), "" },
	{ "brand", "home_url", CONFIG_TEXT, AT(brand_home_url), "" },
	{ "brand", "home_label", CONFIG_TEXT, AT(brand_home_label), "" },
	{ "brand", "direction", CONFIG_TEXT, AT(brand_direction), "ltr" },
	{ "net", "allow_origins", CONFIG_ORIGINS, AT(allow_origins), "" },
	{ "net", "connect_timeout_secs", CONFIG_INT, AT(connect_timeout_secs),
	    "10", 1, 120 },
	{ "net", "total_timeout_secs", CONFIG_INT, AT(total_timeout_secs),
	    "60", 1, 600 },
	{ "sync", "workers", CONFIG_INT, AT(sync_workers), "4", 1, 256 },
	{ "sync", "poll_secs", CONFIG_INT, AT(poll_secs), "300", 1, 86400 },
	{ "sync", "watched_poll_secs", CONFIG_INT, AT(watched_poll_secs),
	    "3600", 60, 86400 },
	{ "sync", "linger_secs", CONFIG_INT, AT(linger_secs), "70", 0, 3600 },
	{ "sync", "lease_secs", CONFIG_INT, AT(lease_secs), "90", 2, 3600 },
	{ "sync", "run_secs", CONFIG_INT, AT(run_secs), "120", 1, 86400 },
	{ "sync", "guard_min_deletes", CONFIG_INT, AT(guard_min_deletes), "10",
	    0, 1000000 },
	{ "sync", "guard_percent", CONFIG_INT, AT(guard_percent), "20",
	    0, 100 },
	{ "sync", "keep_days", CONFIG_INT, AT(keep_days), "30", 1, 3650 },
	{ "google", "client_id", CONFIG_TEXT, AT(google.client_id), "" },
	{ "google", "client_secret_file", CONFIG_PATH,
	    AT(google.client_secret_file), "" },
	{ "google", "auth_url", CONFIG_URL, AT(google.auth_url),
	    "https://accounts.google.com/o/oauth2/v2/auth" },
	{ "google", "token_url", CONFIG_URL, AT(google.token_url),
	    "https://oauth2.googleapis.com/token" },
	{ "google", "revoke_url", CONFIG_URL, AT(google.revoke_url),
	    "https://oauth2.googleapis.com/revoke" },
	{ "google", "userinfo_url", CONFIG_URL, AT(google.userinfo_url),
	    "https://openidconnect.googleapis.com/v1/userinfo" },
	{ "google", "issuer", CONFIG_TEXT, AT(google.issuer),
	    "https://accounts.google.com" },
	{ "google", "api_url", CONFIG_URL, AT(google.api_url),
	    "https://www.googleapis.com/calendar/v3/" },
	{ "google", "batch_url", CONFIG_URL, AT(google.batch_url),
	    "https://www.googleapis.com/batch/calendar/v3" },
	{ "test", "clock_file", CONFIG_PATH, AT(clock_file), "" },
};
#undef AT
#define CONFIG_KEYS (sizeof(config_keys) / sizeof(config_keys[0]))

/* ---- the nearest known name ---- */

static int
config_min(int a, int b)
{
	return a < b ? a : b;
}

/* Edits between two short names (Levenshtein). */
static int
config_distance(const char *a, const char *b)
{
	enum { CONFIG_NAME_BYTES = 48 };
	int row[CONFIG_NAME_BYTES + 1], above, diagonal;
	size_t len = strlen(b), i, j;

	if (len > CONFIG_NAME_BYTES || strlen(a) > CONFIG_NAME_BYTES)
		return INT_MAX;
	for (j = 0; j <= len; j++)
		row[j] = (int)j;
	for (i = 0; a[i] != '\0'; i++) {
		diagonal = row[0]++;
		for (j = 1; j <= len; j++) {
			above = row[j];
			row[j] = config_min(config_min(above, row[j - 1]) + 1,
			    diagonal + (a[i] != b[j - 1]));
			diagonal = above;
		}
	}
	return row[len];
}

static bool
config_unknown(struct config_reader *r, const char *section, const char *key)
{
	const struct config_key *k, *best = NULL;
	int d, least = INT_MAX;
	bool known = false;

	for (k = config_keys; k < config_keys + CONFIG_KEYS; k++) {
		known = known || str_eq(k->section, section);
		d = config_distance(section, k->section);
		/* The key weighs more: it is what was meant. */
		if (d != INT_MAX && config_distance(key, k->key) != INT_MAX)
			d = config_min(d, 8) + 4 * config_distance(key, k->key);
		if (d < least) {
			least = d;
			best = k;
		}
	}
	return config_fail(r, r->line, best == NULL || key[0] == '\0' ?
	    "this line is not understood." : pool_printf(r->pool,
	    "unknown %s \"%s\" in [%s]. Did you mean \"%s\" in [%s]?",
	    known ? "key" : "section for", key, section, best->key,
	    best->section));
}

/* ---- the file ---- */

/* fgets for libinih, which counts lines and lets none be cut in two. */
static char *
config_read_line(char *out, int size, void *stream)
{
	struct config_reader *r = stream;
	int len = 0, c;

	if (r->failed)
		return NULL;
	while ((c = getc(r->file)) != EOF && c != '\n') {
		if (c == '\0' || len >= size - 2) {
			config_fail(r, r->line + 1, c == '\0' ?
			    "there is a NUL byte in the file." :
			    "this line is too long.");
			return NULL;
		}
		out[len++] = (char)c;
	}
	if (c == EOF && len == 0)
		return NULL;
	out[len] = '\0';
	r->line++;
	r->indented = out[0] == ' ' || out[0] == '\t';
	if (!str_utf8_valid(out, (size_t)len)) {
		config_fail(r, r->line, "this line is not UTF-8.");
		return NULL;
	}
	return out;
}

static int
config_handle(void *user, const char *section, const char *name,
    const char *value)
{
	struct config_reader *r = user;
	const struct config_key *k;
	size_t i;

	for (i = 0; i < CONFIG_KEYS; i++)
		if (str_eq(config_keys[i].section, section) &&
		    str_eq(config_keys[i].key, name))
			break;
	if (i == CONFIG_KEYS)
		return config_unknown(r, section, name);
	k = &config_keys[i];
	if (r->set_line[i] != 0 &&
	    !(r->indented && k->type == CONFIG_ORIGINS))
		return config_fail(r, r->line, pool_printf(r->pool, r->indented ?
		    "an indented line would continue [%s] %s of line %d; "
		    "begin it at the left margin." :
		    "[%s] %s is already given in line %d; remove one.",
		    section, name, r->set_line[i]));
	r->set_line[i] = r->line;
	return config_put(r, r->line, k, value);
}

static bool
config_parse(struct config_reader *r)
{
	int bad;

	ini_max_line = CONFIG_LINE_BYTES;
	ini_use_stack = true;
	ini_allow_inline_comments = false;	/* a value may hold a ';' */
	bad = ini_parse_stream(config_read_line, r, config_handle, r);
	if (bad > 0)
		config_fail(r, bad,
		    "expected a [section], key = value, or a comment.");
	else if (bad < 0)
		config_fail(r, r->line, "the file cannot be read.");
	return !r->failed;
}

int
config_line_of(const struct config_reader *r, const char *section,
    const char *key)
{
	size_t i;

	for (i = 0; i < CONFIG_KEYS; i++)
		if (str_eq(config_keys[i].section, section) &&
		    (key == NULL || str_eq(config_keys[i].key, key)) &&
		    r->set_line[i] != 0)
			return r->set_line[i];
	return 0;
}

static bool
config_fill_defaults(struct config_reader *r)
{
	size_t i;

	for (i = 0; i < CONFIG_KEYS; i++)
		if (r->set_line[i] == 0 &&
		    !config_put(r, 0, &config_keys[i], config_keys[i].fallback))
			return false;
	return true;
}

/* What one key cannot know of another. */
static bool
config_check(struct config_reader *r)
{
	struct config *c = r->config;
	bool loopback;
	int test_line = config_line_of(r, "test", NULL);

	if (*c->base_url == '\0')
		return err_set(r->err, ERR_INPUT, "%s: [web] base_url is "
		    "missing. Set it to the address people open, such as "
		    "https://app.example.com.", r->path);
	loopback = config_is_loopback(r->pool, c->base_url);
	if (test_line != 0 && !loopback)
		return config_fail(r, test_line, "[test] is only for "
		    "a [web] base_url on 127.0.0.1; remove the section.");
	if (!loopback && str_starts(c->base_url, "http:"))
		return config_fail(r, config_line_of(r, "web", "base_url"),
		    "[web] base_url must begin with https:// unless it is "
		    "on 127.0.0.1.");
	if (*c->db_hosts != '\0' && *c->db_socket != '\0')
		return config_fail(r, config_line_of(r, "db", "hosts"),
		    "[db] socket and hosts exclude each other; keep one.");
	if (*c->db_hosts != '\0' && *c->db_tls_ca_file == '\0')
		return config_fail(r, config_line_of(r, "db", "hosts"),
		    "[db] hosts needs tls_ca_file, the file with the "
		    "certificate authority of the database.");
	if (c->total_timeout_secs < c->connect_timeout_secs)
		return config_fail(r,
		    config_line_of(r, "net", "total_timeout_secs"),
		    "[net] total_timeout_secs must not be below "
		    "connect_timeout_secs.");
	if ((*c->google.client_id == '\0') !=
	    (*c->google.client_secret_file == '\0'))
		return config_fail(r, config_line_of(r, "google", NULL),
		    "[google] client_id and client_secret_file belong together; "
		    "give both, or neither.");
	if (*c->db_hosts == '\0' && *c->db_socket == '\0')
		c->db_socket = "/run/mysqld/mysqld.sock";
	return config_brand(r);
}

bool
config_load(struct pool *pool, const char *path, struct config **out,
    struct err *err)
{
	int set_line[CONFIG_KEYS] = { 0 };
	struct config_reader r = { .pool = pool, .path = path, .err = err,
	    .set_line = set_line };
	char *real, *slash;
	bool ok;

	r.file = fopen(path, "re");
	real = r.file != NULL ? realpath(path, NULL) : NULL;
	if (real == NULL) {
		err_set(err, ERR_INPUT, "Cannot open the configuration file "
		    "%s: %s. HAWSER_CONF names it.", path, strerror(errno));
		if (r.file != NULL)
			fclose(r.file);
		return false;
	}
	slash = strrchr(real, '/');
	r.dir = pool_strndup(pool, real, (size_t)(slash - real));
	free(real);
	r.config = POOL_NEW(pool, struct config);
	ok = config_parse(&r) && config_fill_defaults(&r) && config_check(&r);
	fclose(r.file);
	if (ok) {
		when_use_clock_file(r.config->clock_file);
		*out = r.config;
	}
	return ok;
}

const char *
config_path(void)
{
	const char *path = getenv("HAWSER_CONF");

	return path != NULL && *path != '\0' ? path :
	    "/etc/hawser/hawser.conf";
}
