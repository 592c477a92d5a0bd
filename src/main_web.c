/*
 * hawser-web: reads the configuration, locks the process down, and hands over to
 * the pre-forked workers. "hawser-web --routes" prints the route table,
 * "--pool" serves one pool alone, "--check" says whether it could
 * start and is what HUP asks of the program that has been installed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "util/confine.h"
#include "util/log.h"
#include "util/when.h"
#include "web/router.h"
#include "web/web_p.h"
#include "util/banned.h"

#define WEB_REQUEST_SECS 30
#define HOOKS_REQUEST_SECS 120	/* they wait for a provider */

static int
usage(void)
{
	fputs("usage: hawser-web [--pool web|hooks|all] [--routes] [--check]\n", stderr);
	return 2;
}

/* The pools to serve: one of them in a unit of its own, or both. */
static size_t
make_pools(struct pool *pool, const struct config *config, const char *which,
    struct prefork_pool out[2])
{
	size_t count = 0;

	if (!str_eq(which, "hooks"))
		out[count++] = (struct prefork_pool){ "web",
		    pool_printf(pool, "%s/web.sock", config->run_dir),
		    config->web_workers, WEB_REQUEST_SECS, ROUTE_WEB };
	if (!str_eq(which, "web"))
		out[count++] = (struct prefork_pool){ "hooks",
		    pool_printf(pool, "%s/hooks.sock", config->run_dir),
		    config->hooks_workers, HOOKS_REQUEST_SECS, ROUTE_HOOKS };
	return count;
}

static int
run(struct pool *pool, const struct config *config, const char *which,
    char **argv)
{
	struct prefork_pool pools[2];
	size_t count = make_pools(pool, config, which, pools);

	return prefork_run(pools, count, &(const struct prefork_app){ NULL,
	    web_start, web_serve, web_idle, web_stop, config->max_requests,
	    argv, prefork_program(argv[0]) });
}

static int
check_places(struct pool *pool, const struct config *config)
{
	struct prefork_pool pools[2];
	size_t count = make_pools(pool, config, "all", pools);
	struct err err;

	for (size_t i = 0; i < count; i++)
		if (!prefork_has_place(pool, pools[i].socket_path, &err)) {
			fprintf(stderr, "hawser-web: %s\n", err.msg);
			return 1;
		}
	return 0;
}

/* One file for each: two units may have two users. */
static char *
log_path(struct pool *pool, const struct config *config, const char *which)
{
	if (!config->log_dir || !*config->log_dir)
		return NULL;
	return pool_printf(pool, "%s/hawser-%s.log", config->log_dir,
	    str_eq(which, "hooks") ? "hooks" : "web");
}

int
main(int argc, char **argv)
{
	struct pool *pool = pool_new(NULL);
	struct config *config;
	struct brand brand;
	struct err err;
	const char *which = "all";
	int status;
	bool check = argc == 2 && str_eq(argv[1], "--check");

	if (argc == 2 && str_eq(argv[1], "--routes")) {
		router_print(stdout);
		pool_free(pool);
		return fflush(stdout) != 0;
	}
	if (argc == 3 && str_eq(argv[1], "--pool") && (str_eq(argv[2], "web") ||
	    str_eq(argv[2], "hooks") || str_eq(argv[2], "all")))
		which = argv[2];
	else if (argc != 1 && !check) {
		pool_free(pool);
		return usage();
	}
	while (!config_load(pool, config_path(), &config, &err) ||
	    !brand_load(pool, config, &brand, &err)) {
		fprintf(stderr, "hawser-web: %s\n", err.msg);
		/* Changed since it was checked: the older workers serve on. */
		if (check || !prefork_waits()) {
			pool_free(pool);
			return 1;
		}
		pool_reset(pool);
	}
	if (check) {
		status = check_places(pool, config);
		pool_free(pool);
		return status;
	}
	umask(0077);
	confine_basic();
	log_open("hawser-web", log_path(pool, config, which), LOG_LEVEL_INFO);
	if (config->clock_file && *config->clock_file)
		when_use_clock_file(config->clock_file);
	web_confine_parent(config);
	status = run(pool, config, which, argv);
	pool_free(pool);
	return status;
}
