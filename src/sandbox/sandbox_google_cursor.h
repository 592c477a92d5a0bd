#ifndef HAWSER_SANDBOX_SANDBOX_GOOGLE_CURSOR_H
#define HAWSER_SANDBOX_SANDBOX_GOOGLE_CURSOR_H
/*
 * Page and sync tokens: all they mean stands in them, so they outlive a
 * restart. A list is worked through in the order of its items' keys:
 *
 *	struct sandbox_google_cursor c;
 *	if (!sandbox_google_cursor_open(call, &c, &(...opts) { ... }))
 *		return;				answered
 *	for each item with its seq and key:
 *		if (sandbox_google_cursor_wants(&c, seq))
 *			sandbox_google_cursor_add(&c, key, item);
 *	sandbox_google_cursor_close(call, &c, list);	page, and one token
 */
#include "sandbox/sandbox_google_calendar.h"

struct sandbox_google_cursor_opts {
	const char *of;			/* what is listed */
	json_int_t generation, seq;	/* its present ones */
	const char *params;		/* names that must stay the same */
	const char *page_params;	/* the same, from page to page alone */
	const char *forbidden;		/* names that do not go with syncToken */
	int usual, most;		/* items of a page */
	bool no_sync;			/* gives no sync token at all */
};

struct sandbox_google_cursor {
	const struct sandbox_google_cursor_opts *opts;
	struct pool *pool;
	bool incremental;
	json_int_t since;		/* changes behind it, when incremental */
	json_int_t begun;		/* the list's state when its first page was */
	const char *after;		/* the key of the last item given */
	const char *params, *page_params;	/* digests of parameters */
	int most;
	bool first;
	struct sandbox_google_item { const char *key; json_t *item; } *items;
	size_t count;
};

bool sandbox_google_cursor_open(struct sandbox_call *call,
    struct sandbox_google_cursor *c,
    const struct sandbox_google_cursor_opts *opts);
bool sandbox_google_cursor_wants(const struct sandbox_google_cursor *c,
    json_int_t seq);
/* item is taken over. */
void sandbox_google_cursor_add(struct sandbox_google_cursor *c,
    const char *key, json_t *item);
/* Puts items and token into the list and answers with it. */
void sandbox_google_cursor_close(struct sandbox_call *call,
    struct sandbox_google_cursor *c, json_t *list);
#endif
