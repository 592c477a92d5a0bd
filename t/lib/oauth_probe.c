/*
 * The requests of oauth_token.h from the command line, for the fault tests. Not
 * installed. Of a token it tells the SHA-256 alone.
 *
 *	oauth_probe --url BASE [--basic] [--public] [--no-revoke] [--total SECS]
 *	    exchange CODE VERIFIER REDIRECT_URI | refresh TOKEN | revoke TOKEN
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "oauth/oauth_token.h"
#include "util/str.h"

static struct pool *pool;
static const char *allowed[1];
static struct config config = {
	.allow_origins = { allowed, 1 }, .connect_timeout_secs = 5,
	.total_timeout_secs = 20,
};
static struct oauth_server server = { .who = "Example" };
static struct oauth_client client;

static _Noreturn void usage(const char *why)
{
	fprintf(stderr, "oauth_probe: %s\n", why);
	exit(2);
}

static struct secret *secret_of(const char *text)
{
	return secret_new(pool, text, strlen(text));
}

static json_t *hash_of(const struct secret *token)
{
	struct digest d;

	if (!token)
		return json_null();
	d = digest_sha256(secret_peek(token), secret_len(token));
	return json_string(digest_hex(pool, d.bytes, sizeof(d.bytes)));
}

static json_t *from_tokens(const struct oauth_tokens *t)
{
	return json_pack("{so so si si ss?}", "access", hash_of(t->access),
	    "refresh", hash_of(t->refresh), "access_secs", t->access_secs,
	    "refresh_secs", t->refresh_secs, "scopes", t->scopes);
}

static json_t *from_err(const struct err *err)
{
	return json_pack("{ss si si ss ss}", "kind", err_kind_name(err->kind),
	    "scope", (int)err->scope, "retry_after", err->retry_after_secs,
	    "msg", err->msg, "detail", err->detail);
}

static json_t *work(const struct oauth_caller *caller, char **args, int count,
    struct err *err)
{
	struct oauth_tokens tokens;

	if (count == 4 && str_eq(args[0], "exchange")) {
		const struct oauth_code code = { secret_of(args[1]),
		    secret_of(args[2]), args[3] };

		return oauth_exchange(caller, pool, &code, &tokens, err) ?
		    from_tokens(&tokens) : NULL;
	}
	if (count == 2 && str_eq(args[0], "refresh"))
		return oauth_refresh(caller, pool, secret_of(args[1]), &tokens,
		    err) ? from_tokens(&tokens) : NULL;
	if (count == 2 && str_eq(args[0], "revoke"))
		return oauth_revoke(caller, secret_of(args[1]), err) ?
		    json_true() : NULL;
	usage("what is to be done?");
}

static int options(int argc, char **argv)
{
	const char *secret = "s/cr=t", *base = NULL;
	bool revokes = true;
	int i = 1;

	for (; i < argc && str_starts(argv[i], "--"); i++) {
		if (str_eq(argv[i], "--url") && i + 1 < argc)
			base = argv[++i];
		else if (str_eq(argv[i], "--total") && i + 1 < argc)
			config.total_timeout_secs = atoi(argv[++i]);
		else if (str_eq(argv[i], "--basic"))
			server.basic = true;
		else if (str_eq(argv[i], "--public"))
			secret = NULL;
		else if (str_eq(argv[i], "--no-revoke"))
			revokes = false;
		else
			usage(argv[i]);
	}
	if (!base)
		usage("--url is missing");
	allowed[0] = base;
	server.token_url = pool_printf(pool, "%s/token", base);
	server.revoke_url = revokes ? pool_printf(pool, "%s/revoke", base) : NULL;
	client.id = "client & co";
	client.secret = secret ? secret_of(secret) : NULL;
	return i;
}

int main(int argc, char **argv)
{
	struct oauth_caller caller = { .server = &server, .client = &client };
	struct err err = { 0 };
	json_t *answer;
	int at;

	pool = pool_new(NULL);
	at = options(argc, argv);
	if (!http_open(pool, &config, &caller.http, &err))
		usage(err.msg);
	answer = work(&caller, argv + at, argc - at, &err);
	answer = answer ? json_pack("{so}", "ok", answer) :
	    json_pack("{so}", "err", from_err(&err));
	json_dumpf(answer, stdout, JSON_COMPACT);
	json_decref(answer);
	pool_free(pool);
	return 0;
}
