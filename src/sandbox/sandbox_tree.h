#ifndef HAWSER_SANDBOX_SANDBOX_TREE_H
#define HAWSER_SANDBOX_SANDBOX_TREE_H
/*
 * All state as one tree of JSON objects. With a file each change is appended
 * to it as a line {"p": path, "v": value} (no "v" = removed), and the next
 * start plays it back and writes it anew in one line. What get gives may be
 * changed in place, and is then put again, which is what notes it down.
 */
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include "util/err.h"

struct sandbox_tree {
	json_t *root;
	FILE *journal;			/* NULL: memory alone */
	const char *path;
};

ERR_CHECKED bool sandbox_tree_open(struct sandbox_tree *tree, const char *path,
    struct err *err);
void sandbox_tree_close(struct sandbox_tree *tree);
void sandbox_tree_clear(struct sandbox_tree *tree);

/* Keys end with NULL; the macros add it. Borrowed; NULL = not there. */
json_t *sandbox_tree_get(const struct sandbox_tree *tree, ...)
    __attribute__((sentinel));
/* value is taken over; NULL removes. Objects on the way are made. */
void sandbox_tree_put(struct sandbox_tree *tree, json_t *value, ...)
    __attribute__((sentinel));

#define SANDBOX_GET(tree, ...) sandbox_tree_get((tree), __VA_ARGS__, NULL)
#define SANDBOX_PUT(tree, value, ...) \
	sandbox_tree_put((tree), (value), __VA_ARGS__, NULL)
#define SANDBOX_DROP(tree, ...) \
	sandbox_tree_put((tree), NULL, __VA_ARGS__, NULL)
/* Notes down what was changed in place. */
#define SANDBOX_KEEP(tree, value, ...) \
	sandbox_tree_put((tree), json_incref(value), __VA_ARGS__, NULL)

/* Equal, or both not there. */
bool sandbox_same(const json_t *a, const json_t *b);
/* For pool_adopt. */
void sandbox_release(void *json);
/* A member's text, "" when it is not there. */
const char *sandbox_text(const json_t *object, const char *name);
#endif
