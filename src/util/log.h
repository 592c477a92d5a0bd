#ifndef HAWSER_UTIL_LOG_H
#define HAWSER_UTIL_LOG_H
/*
 * JSON lines on stderr or to a file: event first, typed fields after.
 *	log_info("sync done", LOG_INT("items", n), LOG_STR("provider", name));
 * There is no field for a secret; URLs go through LOG_URL, which drops
 * userinfo, query and fragment. The context (request, user, connection, run)
 * is per process: one process works on one thing at a time.
 */
#include <stdint.h>

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR };

struct log_field {
	const char *name;	/* NULL ends the list */
	enum { LOG_F_STR, LOG_F_INT, LOG_F_URL } type;
	const char *text;
	int64_t number;
};

struct log_context {		/* 0 / NULL = not set, left out of the line */
	const char *request_id;
	uint64_t org_id, user_id, connection_id, run_id;
};

struct err;

/* path NULL = stderr. Reopens on log_open again (SIGUSR1, rotation). */
void log_open(const char *program, const char *path, enum log_level least);
void log_set_context(const struct log_context *ctx);	/* NULL clears */

void log_write(enum log_level level, const char *event,
    const struct log_field *fields);
/* Consumes an error: kind, scope, msg and detail as fields. */
void log_err(const char *event, const struct err *err);

#define LOG_STR(n, v) { (n), LOG_F_STR, (v), 0 }
#define LOG_INT(n, v) { (n), LOG_F_INT, 0, (int64_t)(v) }
#define LOG_URL(n, v) { (n), LOG_F_URL, (v), 0 }
#define log_at(level, event, ...) log_write((level), (event), \
    (const struct log_field[]){ __VA_ARGS__ __VA_OPT__(,) { 0 } })
#define log_debug(event, ...) log_at(LOG_LEVEL_DEBUG, event __VA_OPT__(,) __VA_ARGS__)
#define log_info(event, ...) log_at(LOG_LEVEL_INFO, event __VA_OPT__(,) __VA_ARGS__)
#define log_warn(event, ...) log_at(LOG_LEVEL_WARN, event __VA_OPT__(,) __VA_ARGS__)
#define log_error(event, ...) log_at(LOG_LEVEL_ERROR, event __VA_OPT__(,) __VA_ARGS__)
#endif
