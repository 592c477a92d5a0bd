#ifndef HAWSER_SERVE_REPLY_H
#define HAWSER_SERVE_REPLY_H
/*
 * One reply, sent whole after rendering has succeeded. Security headers are on
 * every reply; there is no way to leave one out. Redirects are 303 and local:
 * a target that is not a plain path of ours becomes "/".
 * The prefix of the site is put before paths here, and nowhere above.
 */
#include <stdbool.h>
#include <stdint.h>
#include "serve/request.h"
#include "util/str.h"

#define REPLY_MAX_BYTES (8 * 1024 * 1024)
#define REPLY_MAX_HEAD_BYTES (32 * 1024)

struct reply {
	struct pool *pool;
	int status;			/* 200 */
	const char *type;		/* "text/html; charset=utf-8" */
	const char *cache;		/* Cache-Control: "no-store" */
	const char *prefix;		/* before every path of ours */
	bool https;
	bool head;
	struct str headers;		/* what reply_header and reply_cookie add */
	struct str body;		/* render into this */
};

void reply_init(struct reply *reply, const struct request *req);
/* Forgets what was rendered and set, for an error page instead; cookies too. */
void reply_reset(struct reply *reply, int status);
void reply_header(struct reply *reply, const char *name, const char *value);
/* Path=/ or the prefix; HttpOnly; SameSite=Lax; Secure when https. max_age_secs 0 = until the
 * browser closes, < 0 = remove. */
void reply_cookie(struct reply *reply, const char *name, const char *value,
    int max_age_secs);
/* 303 See Other, to a path without the prefix. */
void reply_redirect(struct reply *reply, const char *path);
/* An absolute path of this site and nothing else: starts with one '/', no
 * backslash, no control bytes, no second slash at the start in any spelling, no
 * part of dots alone, which would lead out of the prefix. */
bool reply_is_local(const char *path);
/* Status line and headers, as CGI has them; the body follows, but to HEAD. An
 * overflown body is false. */
ERR_CHECKED bool reply_head(const struct reply *reply, struct str *out);
#endif
