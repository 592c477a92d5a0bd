/*
 * hawser-web: reads the configuration, locks the process down, and hands over to
 * the pre-forked workers. "hawser-web --routes" prints the route table.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include "util/log.h"
#include "util/when.h"
#include "web/router.h"
#include "web/web_p.h"
#include "util/banned.h"

#define WEB_REQUEST_SECS 30
#define HOOKS_REQUEST_SECS 120	/* they wait for a provider */

/* No core files, no tracing by others of our user, no new rights, and nothing
 * we make is readable by others. */
static void
lock_down(void)
{
	struct rlimit none = { 0, 0 };

	umask(0077);
	if (setrlimit(RLIMIT_CORE, &none) != 0 ||
	    prctl(PR_SET_DUMPABLE, 0) != 0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		die("the process could not be locked down");
}

int
main(int argc, char **argv)
{
	struct pool *pool = pool_new(NULL);
	struct config *config;
	struct brand brand;
	struct err err;
	int status;

	if (argc == 2 && str_eq(argv[1], "--routes")) {
		router_print(stdout);
		pool_free(pool);
		return fflush(stdout) != 0;
	}
	if (argc != 1) {
		fprintf(stderr, "usage: hawser-web [--routes]\n");
		return 2;
	}
	if (!config_load(pool, config_path(), &config, &err) ||
	    !brand_load(pool, config, &brand, &err)) {
		fprintf(stderr, "hawser-web: %s\n", err.msg);
		return 1;
	}
	lock_down();
	log_open("hawser-web", config->log_dir && *config->log_dir ?
	    pool_printf(pool, "%s/hawser-web.log", config->log_dir) : NULL,
	    LOG_LEVEL_INFO);
	if (config->clock_file && *config->clock_file)
		when_use_clock_file(config->clock_file);
	status = prefork_run((const struct prefork_pool[]){
		{ "web", pool_printf(pool, "%s/web.sock", config->run_dir),
		    config->web_workers, WEB_REQUEST_SECS, ROUTE_WEB },
		{ "hooks", pool_printf(pool, "%s/hooks.sock", config->run_dir),
		    config->hooks_workers, HOOKS_REQUEST_SECS, ROUTE_HOOKS },
	}, 2, &(const struct prefork_app){ NULL, web_start, web_serve, web_stop,
	    config->max_requests });
	pool_free(pool);
	return status;
}
