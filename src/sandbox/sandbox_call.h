#ifndef HAWSER_SANDBOX_SANDBOX_CALL_H
#define HAWSER_SANDBOX_SANDBOX_CALL_H
/*
 * One request and its answer, all in its pool. A part of a batch is a call of
 * its own whose answer is put into the outer one's.
 */
#include <fcgiapp.h>
#include <jansson.h>
#include <stdbool.h>
#include "sandbox/sandbox.h"
#include "serve/request.h"
#include "util/str.h"

#define SANDBOX_SEGMENTS 4
#define SANDBOX_BODY_MOST (8 * 1024 * 1024)
#define SANDBOX_ANSWER_MOST (64 * 1024 * 1024)

/* What is done to an answer on its way out. */
enum sandbox_mangle { SANDBOX_WHOLE, SANDBOX_CUT, SANDBOX_GARBAGE,
    SANDBOX_LOST };

struct sandbox_call {
	struct sandbox *sb;
	struct pool *pool;
	const char *method;
	const char *path;		/* as sent, without the query */
	const char *asked;		/* the query as sent, "" */
	struct request_pairs query, form;
	const char *segments[SANDBOX_SEGMENTS];
	const char *authorization, *if_match, *if_none_match, *type;
	const char *body;		/* NUL-terminated */
	size_t body_len;
	bool part;			/* of a batch */
	const char *operation;
	const char *account;		/* known by its token; NULL */
	const char *client;
	const json_t *scopes;		/* of the token */
	const char *collection;		/* a calendar's id, for faults; NULL */
	int status;
	const char *answer_type;
	struct str headers, answer;
	bool page;			/* gets the headers of a page */
	char coop[64];			/* as it was ordered when it was served */
	int delay_ms;
	enum sandbox_mangle mangle;
	/* How this provider says no. */
	void (*fail)(struct sandbox_call *call, int status, const char *reason,
	    const char *message);
};

void sandbox_call_init(struct sandbox_call *call, struct sandbox *sb,
    struct pool *pool);
/* False: refused and answered. */
bool sandbox_call_read(struct sandbox_call *call, FCGX_Request *request);
/* Splits "/path?query"; a form's body, too. False = answered with 400. */
bool sandbox_call_target(struct sandbox_call *call, const char *uri);
bool sandbox_call_form(struct sandbox_call *call);
void sandbox_call_send(struct sandbox_call *call, FCGX_Request *request);

/* NULL = not sent. */
const char *sandbox_call_arg(const struct sandbox_call *call, const char *name);
const char *sandbox_call_field(const struct sandbox_call *call, const char *name);
/* "true" or "1"; absent = false. */
bool sandbox_call_flag(const struct sandbox_call *call, const char *name);
bool sandbox_call_matches(struct sandbox_call *call, const char *pattern);

void sandbox_call_header(struct sandbox_call *call, const char *name,
    const char *value);
/* json is taken over; NULL = an empty body. */
void sandbox_call_json(struct sandbox_call *call, int status, json_t *json);
void sandbox_call_text(struct sandbox_call *call, int status, const char *text);
void sandbox_call_redirect(struct sandbox_call *call, const char *url);
/* The status line's words. */
const char *sandbox_call_words(int status);
/* Body as a JSON object; NULL = not one, and *err says why. */
json_t *sandbox_call_object(struct sandbox_call *call, struct err *err);
#endif
