#ifndef HAWSER_SANDBOX_SANDBOX_POSTMAN_H
#define HAWSER_SANDBOX_SANDBOX_POSTMAN_H
/*
 * Delivers push messages from a thread of its own. 500, 502, 503, 504 and what
 * does not get through are tried again, a few times and ever later; any other
 * answer ends it.
 */
#include <jansson.h>
#include <stddef.h>

struct sandbox;
struct sandbox_postman;

struct sandbox_letter {
	const char *about;		/* whose counts it adds to */
	const char *url;
	const char *const *headers;	/* "Name: value", NULL-ended */
	const char *body;		/* NULL = empty */
	int delay_ms;
};

struct sandbox_postman *sandbox_postman_open(struct sandbox *sb);
void sandbox_postman_close(struct sandbox_postman *postman);
/* All is copied. */
void sandbox_postman_send(struct sandbox_postman *postman,
    const struct sandbox_letter *letter);
/* {"tries", "delivered", "failed", "last_status"} of somebody's letters; the caller's. */
json_t *sandbox_postman_counts(struct sandbox_postman *postman,
    const char *about);
/* Letters that wait are thrown away. */
void sandbox_postman_forget(struct sandbox_postman *postman);
#endif
