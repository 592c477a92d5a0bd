#ifndef HAWSER_SERVE_SESSION_H
#define HAWSER_SERVE_SESSION_H
/*
 * The session cookie: 256 random bits as base64url, HttpOnly, SameSite=Lax, with
 * the prefix __Host- when the site is https (__Secure- below a path prefix).
 * What a token means is asked of the application, which stores only its hash. A
 * second cookie of the same shape binds forms that are shown before anybody has
 * signed in.
 */
#include "serve/reply.h"

#define SESSION_TOKEN_BYTES 32

struct session_token { uint8_t bytes[SESSION_TOKEN_BYTES]; };

struct session_token session_new_token(void);
/* False: no cookie, or not one of ours. */
bool session_read(const struct request *req, struct session_token *out);
void session_give(struct reply *reply, const struct session_token *token);
void session_take_away(struct reply *reply);

/* The visitor's cookie, made when absent. */
struct session_token session_visitor(const struct request *req,
    struct reply *reply);
bool session_read_visitor(const struct request *req, struct session_token *out);
#endif
