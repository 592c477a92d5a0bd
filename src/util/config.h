#ifndef HAWSER_UTIL_CONFIG_H
#define HAWSER_UTIL_CONFIG_H
/*
 * The configuration file (INI, libinih), named by HAWSER_CONF. One table in
 * config.c says section, key, type, default and bounds; an unknown or misspelt
 * key is an error that names the line and the nearest known key. Every key is
 * documented in hawser.conf.example (a test holds the two together). Secrets
 * are named as files, never written here.
 */
#include <stdbool.h>
#include <stddef.h>
#include "util/err.h"
#include "util/pool.h"

struct config_list { const char **items; size_t count; };

/* Where an OAuth provider is, and who we are to it. */
struct config_provider {
	const char *client_id;		/* "" = not set up */
	const char *client_secret_file;
	const char *auth_url, *token_url, *revoke_url, *userinfo_url;
	const char *issuer;		/* "" = not compared */
	const char *api_url, *batch_url;
};

struct config {
	/* [db] */
	const char *db_socket;		/* unix socket of MariaDB */
	const char *db_hosts;		/* host[:port],... instead of a socket */
	const char *db_name;		/* default hawser; views live in NAME_web */
	const char *db_web_password_file;
	const char *db_hooks_password_file;
	const char *db_sync_password_file;
	const char *db_admin_password_file;
	const char *db_tls_ca_file;	/* needed with hosts */
	/* [paths] */
	const char *run_dir;		/* sockets: web.sock hooks.sock sync.sock */
	const char *log_dir;		/* empty = stderr */
	const char *sql_dir;		/* migrations */
	/* [process] */
	int confine;			/* 0 = no filter of calls and paths */
	/* [keys] */
	const char *kek_file;		/* key file that wraps the organisations' keys */
	/* [web] */
	const char *base_url;		/* https://app.example.com, no slash at the end */
	const char *path_prefix;	/* /apps/sync, no slash at the end; "" */
	int web_workers, hooks_workers;
	int max_requests;		/* a worker is replaced after so many */
	int session_idle_mins, session_max_hours;
	bool components;		/* the developers' page of components */
	/* [brand] the host application, on the pages; colours are #rrggbb */
	const char *brand_name;
	const char *brand_logo_file;
	const char *brand_accent, *brand_accent_text;
	const char *brand_accent_dark, *brand_accent_dark_text;
	const char *brand_home_url;	/* of the link back; a whole URL or "" */
	const char *brand_home_label;
	const char *brand_direction;	/* ltr or rtl */
	/* [net] */
	struct config_list allow_origins;	/* may be plain http or private */
	int connect_timeout_secs, total_timeout_secs;
	/* [sync] */
	int sync_workers, poll_secs, linger_secs, lease_secs;
	int watched_poll_secs;		/* where the provider tells of changes */
	int run_secs;			/* then another connection has its turn */
	int guard_min_deletes, guard_percent;
	int keep_days;			/* before-images, deleted events, runs */
	struct config_provider google;	/* [google] */
	/* [test] refused unless base_url is bound to loopback */
	const char *clock_file;
};

/* Paths come out absolute: a relative one starts at the file's directory. No
 * text is NULL: "" = not set. [test] clock_file is in use from here on. */
ERR_CHECKED bool config_load(struct pool *pool, const char *path,
    struct config **out, struct err *err);
/* Path from the HAWSER_CONF environment variable, else /etc/hawser/hawser.conf. */
const char *config_path(void);
#endif
