/*
 * hawser-sandbox: plays providers (Google) behind a web server on the loopback,
 * for development, tests and demonstrations. It never sees the database.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "sandbox/sandbox.h"
#include "util/log.h"
#include "util/secret.h"
#include "util/str.h"
#include "util/banned.h"

static const char help[] =
"usage: hawser-sandbox --socket PATH --origin ORIGIN --client ID\n"
"                      --client-secret-file FILE --redirect URI... [options]\n"
"\n"
"Plays Google's OAuth and Calendar for tests, behind nginx on the loopback.\n"
"\n"
"  --socket PATH              where nginx reaches it (FastCGI)\n"
"  --origin ORIGIN            how browsers and programs reach it, such as\n"
"                             http://127.0.0.1:8090; Google is below /google\n"
"  --client ID                the OAuth client it knows\n"
"  --client-secret-file FILE  its secret\n"
"  --redirect URI             an address it may return to, exactly; repeatable\n"
"  --hook-origin ORIGIN       where push messages may go without https;\n"
"                             repeatable\n"
"  --state FILE               keep everything in this file, over restarts\n"
"  --seed FILE                accounts and calendars to begin with (JSON)\n"
"  --threads N                requests at a time, 1 to 64 (16)\n"
"  --help                     this\n"
"\n"
"Its pages are at ORIGIN/, what tests order is at ORIGIN/control/.\n";

static int
complain(const char *what, const char *which)
{
	fprintf(stderr, "hawser-sandbox: ");
	fprintf(stderr, which ? "%s %s\n" : "%s\n", what, which);
	fputs("See hawser-sandbox --help.\n", stderr);
	return 2;
}

static bool
add(const char **list, const char *value)
{
	size_t n = 0;

	while (list[n])
		n++;
	if (n + 1 == SANDBOX_LIST_MOST)
		return false;
	list[n] = value;
	return true;
}

/* 0 = taken, else the exit status. */
static int
take(struct sandbox_opts *o, const char **secret, const char *name,
    const char *value)
{
	unsigned long long n;

	if (!value)
		return complain("This option needs a value:", name);
	if (str_eq(name, "--socket"))
		o->socket = value;
	else if (str_eq(name, "--origin"))
		o->origin = value;
	else if (str_eq(name, "--state"))
		o->state = value;
	else if (str_eq(name, "--seed"))
		o->seed = value;
	else if (str_eq(name, "--client"))
		o->client.id = value;
	else if (str_eq(name, "--client-secret-file"))
		*secret = value;
	else if (str_eq(name, "--redirect") || str_eq(name, "--hook-origin"))
		return add(str_eq(name, "--redirect") ? o->client.redirects :
		    o->hook_origins, value) ? 0 : complain("Too many of", name);
	else if (!str_eq(name, "--threads"))
		return complain("There is no option", name);
	else if (!str_to_u64(value, &n) || n < 1 || n > 64)
		return complain("--threads takes 1 to 64, not", value);
	else
		o->threads = (int)n;
	return 0;
}

static int
check(const struct sandbox_opts *o, const char *secret)
{
	if (!o->socket)
		return complain("--socket is missing: where nginx reaches it.", NULL);
	if (!o->origin)
		return complain("--origin is missing: how browsers reach it.", NULL);
	if (!str_starts(o->origin, "http://") && !str_starts(o->origin, "https://"))
		return complain("--origin must begin with http:// or https://, not",
		    o->origin);
	if (o->origin[strlen(o->origin) - 1] == '/')
		return complain("--origin ends without a slash, unlike", o->origin);
	if (!o->client.id)
		return complain("--client is missing: the OAuth client's id.", NULL);
	if (!secret)
		return complain("--client-secret-file is missing.", NULL);
	if (!o->client.redirects[0])
		return complain("--redirect is missing: where consent returns to.",
		    NULL);
	return 0;
}

int
main(int argc, char **argv)
{
	struct sandbox_opts opts = { .threads = 16 };
	struct pool *pool = pool_new(NULL);
	const char *secret_file = NULL;
	struct secret *secret;
	struct err err;
	int i, status = 0;

	for (i = 1; i < argc && status == 0; i += 2) {
		if (str_eq(argv[i], "--help") || str_eq(argv[i], "-h")) {
			fputs(help, stdout);
			pool_free(pool);
			return fflush(stdout) != 0;
		}
		status = take(&opts, &secret_file, argv[i],
		    i + 1 < argc ? argv[i + 1] : NULL);
	}
	if (status == 0)
		status = check(&opts, secret_file);
	if (status == 0) {
		umask(0077);
		log_open("hawser-sandbox", NULL, LOG_LEVEL_INFO);
		if (secret_read_file(pool, secret_file, &secret, &err)) {
			opts.client.secret = secret_peek(secret);
			status = !sandbox_run(&opts, &err);
		} else {
			status = 1;
		}
		if (status != 0)
			fprintf(stderr, "hawser-sandbox: %s\n", err.msg);
	}
	pool_free(pool);
	return status;
}
