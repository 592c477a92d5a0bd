/* Tokens against cross-site request forgery; whose key it is, is not known. */
#include <string.h>
#include "serve/csrf.h"
#include "util/digest.h"
#include "util/str.h"
#include "util/banned.h"

/* A token is mask + (mask XOR secret): new on every page, so that compression
 * or a screenshot of one page tells nothing lasting. */
static struct digest
secret_of(const struct csrf_key *key)
{
	static const char label[] = "hawser csrf 1";

	return digest_hmac(key->bytes, sizeof(key->bytes), label,
	    sizeof(label) - 1);
}

char *
csrf_token(struct pool *pool, const struct csrf_key *key)
{
	struct digest secret = secret_of(key);
	uint8_t both[2 * DIGEST_BYTES];
	size_t i;

	digest_random(both, DIGEST_BYTES);
	for (i = 0; i < DIGEST_BYTES; i++)
		both[DIGEST_BYTES + i] = both[i] ^ secret.bytes[i];
	return digest_base64url(pool, both, sizeof(both));
}

bool
csrf_token_ok(const struct csrf_key *key, const char *token)
{
	struct digest secret = secret_of(key), sent;
	uint8_t both[2 * DIGEST_BYTES];
	size_t len, i;

	if (!token || !digest_unbase64url(token, both, sizeof(both), &len) ||
	    len != sizeof(both))
		return false;
	for (i = 0; i < DIGEST_BYTES; i++)
		sent.bytes[i] = both[i] ^ both[DIGEST_BYTES + i];
	return digest_eq(&secret, &sent);
}

/* The browser's word. Old browsers send neither header: then the token alone
 * decides. "none" is a person's own navigation and sends no unsafe method. */
static bool
comes_from_here(const struct request *req, const char *site)
{
	if (req->fetch_site && !str_eq(req->fetch_site, "same-origin"))
		return false;
	return !req->origin || str_eq(req->origin, site);
}

bool
csrf_check(const struct request *req, const struct csrf_key *key,
    const char *site, struct err *err)
{
	const char *token = request_form(req, "csrf");

	if (!request_is_unsafe(req))
		return true;
	if (!comes_from_here(req, site)) {
		err_set(err, ERR_FORBIDDEN, "This was sent from another site, so "
		    "nothing was done. Open the page here and press the button "
		    "again.");
		return err_detail(err, "origin %s, fetch site %s, site %s",
		    req->origin ? req->origin : "(none)",
		    req->fetch_site ? req->fetch_site : "(none)", site);
	}
	if (!csrf_token_ok(key, token))
		return err_set(err, ERR_FORBIDDEN, "This page was open too long or "
		    "belongs to an earlier sign-in, so nothing was done. Load it "
		    "again and repeat what you did.");
	return true;
}
