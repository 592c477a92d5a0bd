#ifndef HAWSER_UTIL_ERR_H
#define HAWSER_UTIL_ERR_H
/*
 * The one error type. A fallible function returns bool (true = fine), or for
 * find/next an int: 1 found, 0 absent, -1 failed. On failure *err is complete,
 * on success it is untouched. Nobody logs and returns: an error is consumed,
 * and logged once, by web/reply (kind -> status) or sync/engine (scope x kind).
 */
#include <stdbool.h>

enum err_kind {
	ERR_NONE,
	ERR_INPUT,		/* the caller's data is wrong: names field, remedy */
	ERR_AUTH,		/* who are you */
	ERR_FORBIDDEN,		/* you may not */
	ERR_NOT_FOUND,
	ERR_CONFLICT,		/* precondition failed, exists already */
	ERR_GONE,		/* cursor or object is no more */
	ERR_LIMIT,		/* asked to slow down; see retry_after_secs */
	ERR_TIMEOUT,
	ERR_UPSTREAM,		/* provider answered nonsense or 5xx */
	ERR_RECONNECT,		/* provider refuses our credentials */
	ERR_UNCERTAIN,		/* sent, outcome unknown: read back, never resend blindly */
	ERR_UNSUPPORTED,
	ERR_INTERNAL,
};

/* How far the damage reaches: what the engine gives up. */
enum err_scope { ERR_ITEM, ERR_COLLECTION, ERR_CONNECTION, ERR_RUN };

struct err {
	enum err_kind kind;
	enum err_scope scope;
	int retry_after_secs;	/* 0 = not said */
	char msg[240];		/* a sentence a person may read */
	char detail[240];	/* for the log only */
};

#define ERR_CHECKED __attribute__((warn_unused_result))

/* All return false, so that "return err_set(...)" reads well. */
bool err_set(struct err *err, enum err_kind kind, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
bool err_set_scope(struct err *err, enum err_kind kind, enum err_scope scope,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* Puts "context: " before msg on the way up. */
bool err_add(struct err *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Words for the log; replaces detail. */
bool err_detail(struct err *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
const char *err_kind_name(enum err_kind kind);

/* Broken invariant or out of memory: writes one line to stderr and aborts. */
_Noreturn void die(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
#endif
