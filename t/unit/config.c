/* What is wrong in a configuration file is told by file, line, key and
 * remedy; the example holds every key with its default. */
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "t/tap.h"
#include "util/colour.h"
#include "util/config.h"
#include "util/err.h"
#include "util/str.h"
#include "util/when.h"
#include "util/banned.h"

#define WEB "[web]\nbase_url = https://app.example.com\n"
#define LOCAL "[web]\nbase_url = http://127.0.0.1:8080\n"

static struct pool *pool;
static char dir[] = "/tmp/hawser-config-XXXXXX";
static const char *file;

static void
put(const char *bytes, size_t len)
{
	FILE *f = fopen(file, "we");

	if (f == NULL || fwrite(bytes, 1, len, f) != len || fclose(f) != 0)
		die("cannot write %s", file);
}

static struct config *
loads(const char *text)
{
	struct config *c = NULL;
	struct err err = { 0 };

	put(text, strlen(text));
	ok(config_load(pool, file, &c, &err), "loads %s", err.msg);
	return c;
}

static void
refuses_bytes(const char *bytes, size_t len, const char *want)
{
	struct config *c = NULL;
	struct err err = { 0 };
	const char *rest;

	put(bytes, len);
	if (!ok(!config_load(pool, file, &c, &err) && c == NULL &&
	    err.kind == ERR_INPUT && str_starts(err.msg, file), "refused"))
		return;
	rest = err.msg + strlen(file);
	is_text(rest + (*rest == ' '), want, "with the remedy");
}

static void
refuses(const char *text, const char *want)
{
	refuses_bytes(text, strlen(text), want);
}

static void
test_values(void)
{
	struct config *c = loads(LOCAL "workers=7\n[brand]\nname = Fish; & Co \n"
	    "[db]\n; comment\n# another\nsocket = run/db.sock\n"
	    "web_password_file = /abs/pw\n[paths]\nlog_dir = \n"
	    "[net]\nallow_origins = http://127.0.0.1:1, http://[::1]:2,,\n"
	    "   https://nas.home  http://b\n");

	if (c == NULL)
		return;
	is_int(c->web_workers, 7, "a number");
	is_text(c->brand_name, "Fish; & Co", "a semicolon is part of a value");
	is_text(c->db_socket, pool_printf(pool, "%s/run/db.sock", dir),
	    "a relative path starts at the file");
	is_text(c->db_web_password_file, "/abs/pw", "an absolute one stays");
	is_text(c->log_dir, "", "empty stays empty");
	is_int(c->allow_origins.count, 4, "a list, continued");
	is_text(c->allow_origins.items[3], "http://b", "to its end");
	is_text(c->db_name, "hawser", "a default");
}

static void
test_continued(void)
{
	refuses(WEB "\n[sync]\nworkers = 2\n poll_secs = 30\n",
	    "line 6: an indented line would continue [sync] workers of line 5; "
	    "begin it at the left margin.");
}

static void
test_keys(void)
{
	refuses(WEB "[sync]\npol_sec = 5\n", "line 4: unknown key \"pol_sec\" in "
	    "[sync]. Did you mean \"poll_secs\" in [sync]?");
	refuses(WEB "[net]\npoll_secs = 5\n", "line 4: unknown key \"poll_secs\" "
	    "in [net]. Did you mean \"poll_secs\" in [sync]?");
	refuses("[wbe]\nworkers = 5\n", "line 2: unknown section for \"workers\" "
	    "in [wbe]. Did you mean \"workers\" in [web]?");
	refuses("base_url = https://a\n", "line 1: unknown section for "
	    "\"base_url\" in []. Did you mean \"base_url\" in [web]?");
	refuses(WEB "Base_URL = https://b\n", "line 3: unknown key \"Base_URL\" "
	    "in [web]. Did you mean \"base_url\" in [web]?");
	refuses(WEB "base_url = https://b\n",
	    "line 3: [web] base_url is already given in line 2; remove one.");
	refuses(WEB "[db]\nsocket\n",
	    "line 4: expected a [section], key = value, or a comment.");
	refuses(WEB "[db\nsocket = x\n",
	    "line 3: expected a [section], key = value, or a comment.");
}

static void
test_numbers(void)
{
	static const char *const bad[] = { "0", "257", "-1", "4x", "",
	    "99999999999999999999", "4.0", "0x4", "4294967300" };
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		refuses(pool_printf(pool, WEB "workers = %s\n", bad[i]),
		    pool_printf(pool, "line 3: [web] workers is \"%s\"; it must "
		    "be a whole number from 1 to 256.", bad[i]));
}

static void
test_bytes(void)
{
	char long_line[5000];

	refuses_bytes(WEB "[db]\nname = a\0b\n", strlen(WEB) + 16,
	    "line 4: there is a NUL byte in the file.");
	refuses(WEB "[brand]\nname = \xff\n", "line 4: this line is not UTF-8.");
	memset(long_line, 'a', sizeof(long_line));
	memcpy(long_line, "[db]\nname = ", 12);
	refuses_bytes(long_line, sizeof(long_line),
	    "line 2: this line is too long.");
	memcpy(long_line, WEB "[db]\ntls_ca_file = /", strlen(WEB) + 20);
	put(long_line, 3000);
	ok(config_load(pool, file, &(struct config *){ NULL },
	    &(struct err){ 0 }), "a long path is no error");
	put("\xef\xbb\xbf" WEB, 3 + strlen(WEB));
	ok(config_load(pool, file, &(struct config *){ NULL },
	    &(struct err){ 0 }), "a byte order mark is no error");
	refuses("", ": [web] base_url is missing. Set it to the address people "
	    "open, such as https://app.example.com.");
}

static void
test_addresses(void)
{
	static const char *const bad[] = { "https://a.example/", "a.example",
	    "ftp://a", "https://", "https://a:0", "https://a:65536",
	    "https://a:x", "https://u@a", "https://a?b", "https://[::1",
	    "https://a b" };
	static const char *const local[] = { "http://localhost",
	    "http://127.0.0.1:80", "http://[::1]:8080", "http://127.9.9.9" };
	static const char *const plain[] = { "http://127.0.0.1.evil.example",
	    "http://10.0.0.1", "http://localhost.example", "http://127.evil" };
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		refuses(pool_printf(pool, "[web]\nbase_url = %s\n", bad[i]),
		    pool_printf(pool, "line 2: [web] base_url is \"%s\"; it must "
		    "be an address such as https://app.example.com, without a "
		    "path or a slash at the end.", bad[i]));
	for (i = 0; i < sizeof(local) / sizeof(*local); i++)
		loads(pool_printf(pool, "[web]\nbase_url = %s\n", local[i]));
	for (i = 0; i < sizeof(plain) / sizeof(*plain); i++)
		refuses(pool_printf(pool, "[web]\nbase_url = %s\n", plain[i]),
		    "line 2: [web] base_url must begin with https:// unless it "
		    "is on 127.0.0.1.");
	refuses(WEB "[net]\nallow_origins = http://a, http://b/c\n",
	    "line 4: [net] allow_origins is \"http://b/c\"; it must be a list "
	    "of origins such as http://127.0.0.1:5232, without a path.");
}

static void
test_together(void)
{
	struct config *c;

	refuses(WEB "[test]\nclock_file = x\n", "line 4: [test] is only for a "
	    "[web] base_url on 127.0.0.1; remove the section.");
	refuses(WEB "[db]\nsocket = /s\nhosts = h\n", "line 5: [db] socket and "
	    "hosts exclude each other; keep one.");
	refuses(WEB "[db]\nhosts = h\n", "line 4: [db] hosts needs tls_ca_file, "
	    "the file with the certificate authority of the database.");
	refuses(WEB "[net]\ntotal_timeout_secs = 5\n", "line 4: [net] "
	    "total_timeout_secs must not be below connect_timeout_secs.");
	c = loads(LOCAL "[test]\nclock_file = clock\n");
	put("2031-01-02T03:04:05Z", 20);
	if (c != NULL && rename(file, c->clock_file) == 0)
		is_text(when_format(pool, when_now()), "2031-01-02T03:04:05Z",
		    "the clock file is in use");
	unlink(pool_printf(pool, "%s/clock", dir));
	c = loads(WEB);
	if (c != NULL)
		is_text(c->db_socket, "/run/mysqld/mysqld.sock",
		    "the socket has a default");
	ok(llabs(when_now() - time(NULL) * WHEN_SEC) < 5 * WHEN_SEC,
	    "without [test] the clock is the real one");
}

static void
test_example(void)
{
	const char *top = getenv("HAWSER_TOP");
	char *path = pool_printf(pool, "%s/hawser.conf.example",
	    top != NULL ? top : ".");
	struct config *given = NULL, *plain = loads(WEB), *all = NULL;
	char *text = pool_alloc(pool, 65536), *p;
	struct err err = { 0 };
	FILE *f = fopen(path, "re");

	ok(config_load(pool, path, &given, &err), "the example loads %s", err.msg);
	if (f == NULL || fread(text, 1, 65535, f) == 0)
		die("cannot read %s", path);
	fclose(f);
	/* Every key given as it stands in the comments is the default. */
	for (p = text; *p != '\0'; p++)
		if (*p == ';' && (p == text || p[-1] == '\n') &&
		    !str_starts(p, ";hosts") && !str_starts(p, ";tls_ca_file") &&
		    !str_starts(p, ";clock_file") &&
		    !str_starts(p, ";allow_origins"))
			*p = ' ';
	for (p = text; (p = strstr(p, "\n ")) != NULL; p++)
		memmove(p + 1, p + 2, strlen(p + 2) + 1);
	all = loads(text);
	if (all == NULL || plain == NULL || given == NULL)
		return;
	is_text(all->db_socket, plain->db_socket, "socket");
	is_text(all->db_name, plain->db_name, "name");
	is_text(all->db_web_password_file, plain->db_web_password_file, "web");
	is_text(all->db_hooks_password_file, plain->db_hooks_password_file,
	    "hooks");
	is_text(all->db_sync_password_file, plain->db_sync_password_file, "sync");
	is_text(all->db_admin_password_file, plain->db_admin_password_file,
	    "admin");
	is_text(all->run_dir, plain->run_dir, "run_dir");
	is_text(all->log_dir, plain->log_dir, "log_dir");
	/* make install writes its own prefix into the example it lays down. */
	is_text(all->sql_dir, "/usr/share/hawser/sql", "sql_dir");
	is_text(plain->sql_dir, HAWSER_SQL_DIR, "sql_dir as installed");
	is_text(all->kek_file, plain->kek_file, "kek_file");
	is_text(all->brand_name, plain->brand_name, "brand_name");
	ok(memcmp(&all->web_workers, &plain->web_workers,
	    offsetof(struct config, components) -
	    offsetof(struct config, web_workers)) == 0, "[web] numbers");
	is_text(all->google.auth_url, plain->google.auth_url, "auth_url");
	is_text(all->google.token_url, plain->google.token_url, "token_url");
	is_text(all->google.revoke_url, plain->google.revoke_url, "revoke_url");
	is_text(all->google.userinfo_url, plain->google.userinfo_url,
	    "userinfo_url");
	is_text(all->google.issuer, plain->google.issuer, "issuer");
	is_text(all->google.api_url, plain->google.api_url, "api_url");
	is_text(all->google.batch_url, plain->google.batch_url, "batch_url");
	ok(memcmp(&all->connect_timeout_secs, &plain->connect_timeout_secs,
	    offsetof(struct config, google) -
	    offsetof(struct config, connect_timeout_secs)) == 0,
	    "[net] and [sync] numbers");
}

/* The host application's dress: worked out where left out, refused where nobody
 * could read it. */
static void
test_brand(void)
{
	struct config *c = loads(LOCAL "path_prefix = /apps/calendar-sync\n"
	    "components = yes\n[brand]\nname = Acme\naccent = #7A1FA2\n"
	    "home_url = /home\ndirection = rtl\n");

	if (c == NULL)
		return;
	is_text(c->path_prefix, "/apps/calendar-sync", "a prefix");
	ok(c->components, "a switch");
	is_text(c->brand_accent_text, "#ffffff", "white reads on a dark accent");
	ok(colour_contrast(c->brand_accent_dark, "#182129") >= 4.5 &&
	    colour_contrast(c->brand_accent_dark, c->brand_accent_dark_text) >= 4.5,
	    "a shade for dark pages: %s", c->brand_accent_dark);
	is_text(c->brand_home_url, "http://127.0.0.1:8080/home", "a path of here");
	is_text(c->brand_home_label, "Back to Acme", "the words");
	refuses(WEB "[brand]\naccent = #ffcc00\n", "line 4: [brand] accent is "
	    "\"#ffcc00\"; on the light page its contrast is 1.4:1, and it must be "
	    "at least 4.5:1 to be readable. Take #896e00 or leave it out.");
	refuses(WEB "[brand]\naccent_text = #0b5f00\n", "line 4: [brand] "
	    "accent_text is \"#0b5f00\"; on #0b5f85 its contrast is 1.1:1, and it "
	    "must be at least 4.5:1 to be readable. Take #ffffff or leave it out.");
	refuses(WEB "[brand]\naccent_dark = #0b5f85\n", "line 4: [brand] "
	    "accent_dark is \"#0b5f85\"; on the dark page its contrast is 2.3:1, "
	    "and it must be at least 4.5:1 to be readable. Take #548fa9 or leave "
	    "it out.");
	refuses(WEB "[brand]\naccent = red\n", "line 4: [brand] accent is "
	    "\"red\"; it must be a colour such as #0b5f85.");
	refuses(WEB "[brand]\nhome_url = javascript:x\n", "line 4: [brand] home_url "
	    "must be an address such as https://app.example.com/home, or a path "
	    "such as /home.");
	refuses(WEB "components = on\n", "line 3: [web] components is \"on\"; it "
	    "must be yes or no.");
	refuses(WEB "path_prefix = /a/\n", "line 3: [web] path_prefix is \"/a/\"; "
	    "it must be a path such as /apps/calendar-sync, without a slash at "
	    "the end.");
	refuses(WEB "path_prefix = /a/../b\n", "line 3: [web] path_prefix is "
	    "\"/a/../b\"; it must be a path such as /apps/calendar-sync, without a "
	    "slash at the end.");
}

int
main(void)
{
	struct config *c = NULL;
	struct err err;

	pool = pool_new(NULL);
	if (mkdtemp(dir) == NULL)
		die("no temporary directory");
	file = pool_printf(pool, "%s/hawser.conf", dir);
	test_values();
	test_continued();
	test_keys();
	test_numbers();
	test_bytes();
	test_addresses();
	test_together();
	test_example();
	test_brand();
	ok(!config_load(pool, "/nonexistent/x.conf", &c, &err) &&
	    strstr(err.msg, "HAWSER_CONF") != NULL, "%s", err.msg);
	ok(!config_load(pool, dir, &c, &err), "a directory is refused: %s",
	    err.msg);
	setenv("HAWSER_CONF", "/x/y.conf", 1);
	is_text(config_path(), "/x/y.conf", "HAWSER_CONF names the file");
	unsetenv("HAWSER_CONF");
	is_text(config_path(), "/etc/hawser/hawser.conf", "or the usual place");
	unlink(file);
	rmdir(dir);
	pool_free(pool);
	return done();
}
