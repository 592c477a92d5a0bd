#ifndef HAWSER_SERVE_CSRF_H
#define HAWSER_SERVE_CSRF_H
/*
 * Cross-site request forgery: a token in every form, bound to the session by
 * HMAC and masked anew on every page, plus the browser's own word (Origin,
 * Sec-Fetch-Site) on every unsafe method. The key is the session's secret, or
 * the visitor cookie before anybody has signed in.
 */
#include "serve/request.h"

struct csrf_key { uint8_t bytes[32]; };

/* A fresh spelling of the token for a form. */
char *csrf_token(struct pool *pool, const struct csrf_key *key);
/* What the field "csrf" of a form brought; NULL = missing. */
bool csrf_token_ok(const struct csrf_key *key, const char *token);
/* False with ERR_FORBIDDEN; safe methods always pass. site is the site's own
 * origin ("https://app.example.com"). */
ERR_CHECKED bool csrf_check(const struct request *req,
    const struct csrf_key *key, const char *site, struct err *err);
#endif
