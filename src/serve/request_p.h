#ifndef HAWSER_SERVE_REQUEST_P_H
#define HAWSER_SERVE_REQUEST_P_H
/* Shared by request.c, request_pairs.c and route.c only. */
#include "serve/request.h"

/* %xx (and '+' as space); NULL: broken, holds NUL or is not UTF-8. */
char *request_unescape(struct pool *pool, const char *text, size_t len,
    bool plus);
/* No control bytes but tab; line breaks only where lines is set. */
bool request_is_text(const char *text, bool lines);
void request_add_pair(struct pool *pool, struct request_pairs *pairs,
    const char *name, const char *value);
void request_parse_cookies(struct pool *pool, const char *text,
    struct request_pairs *out);
const char *request_pair(const struct request_pairs *pairs, const char *name);
#endif
