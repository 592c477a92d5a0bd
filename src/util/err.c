/*
 * The error type, and the end for broken invariants. Knows nothing of logs,
 * pages or statuses: who consumes an error decides that.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/err.h"
#include "util/banned.h"

/* A sentence that had to be cut ends at a character, never inside one. */
static void
err_trim_utf8(char *text, size_t size)
{
	size_t len = strlen(text), i;

	if (len + 1 < size)
		return;
	for (i = len; i > 0 && ((unsigned char)text[i - 1] & 0xc0) == 0x80; i--)
		;
	if (i > 0 && (unsigned char)text[i - 1] >= 0x80) {
		unsigned char lead = (unsigned char)text[i - 1];
		size_t want = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;

		if (len - (i - 1) < want)
			text[i - 1] = '\0';
	}
}

static void
err_print(char *out, size_t size, const char *fmt, va_list ap)
{
	char text[240];			/* arguments may point into out */

	if (vsnprintf(text, sizeof(text), fmt, ap) < 0)
		text[0] = '\0';
	err_trim_utf8(text, sizeof(text));
	snprintf(out, size, "%s", text);
}

static bool
err_fill(struct err *err, enum err_kind kind, enum err_scope scope,
    const char *fmt, va_list ap)
{
	err_print(err->msg, sizeof(err->msg), fmt, ap);
	err->kind = kind;
	err->scope = scope;
	err->retry_after_secs = 0;
	err->detail[0] = '\0';
	return false;
}

bool
err_set(struct err *err, enum err_kind kind, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	err_fill(err, kind, ERR_ITEM, fmt, ap);
	va_end(ap);
	return false;
}

bool
err_set_scope(struct err *err, enum err_kind kind, enum err_scope scope,
    const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	err_fill(err, kind, scope, fmt, ap);
	va_end(ap);
	return false;
}

bool
err_add(struct err *err, const char *fmt, ...)
{
	char context[240], joined[2 * 240 + 2] = "";
	va_list ap;

	va_start(ap, fmt);
	err_print(context, sizeof(context), fmt, ap);
	va_end(ap);
	snprintf(joined, sizeof(joined), "%s: %s", context, err->msg);
	joined[sizeof(err->msg) - 1] = '\0';
	err_trim_utf8(joined, sizeof(err->msg));
	memcpy(err->msg, joined, sizeof(err->msg));
	return false;
}

bool
err_detail(struct err *err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	err_print(err->detail, sizeof(err->detail), fmt, ap);
	va_end(ap);
	return false;
}

const char *
err_kind_name(enum err_kind kind)
{
	static const char *const names[] = {
		[ERR_NONE] = "none", [ERR_INPUT] = "input",
		[ERR_AUTH] = "auth", [ERR_FORBIDDEN] = "forbidden",
		[ERR_NOT_FOUND] = "not_found", [ERR_CONFLICT] = "conflict",
		[ERR_GONE] = "gone", [ERR_LIMIT] = "limit",
		[ERR_TIMEOUT] = "timeout", [ERR_UPSTREAM] = "upstream",
		[ERR_RECONNECT] = "reconnect", [ERR_UNCERTAIN] = "uncertain",
		[ERR_UNSUPPORTED] = "unsupported", [ERR_INTERNAL] = "internal",
	};

	if ((size_t)kind >= sizeof(names) / sizeof(names[0]))
		return "unknown";
	return names[kind];
}

void
die(const char *fmt, ...)
{
	char line[512];
	va_list ap;
	size_t len;

	va_start(ap, fmt);
	if (vsnprintf(line, sizeof(line) - 1, fmt, ap) < 0)
		line[0] = '\0';
	va_end(ap);
	len = strlen(line);
	line[len++] = '\n';
	/* No stdio: memory may be out, and nothing may stay in a buffer. */
	if (write(STDERR_FILENO, "hawser: fatal: ", 15) == 15 &&
	    write(STDERR_FILENO, line, len) < 0)
		abort();
	abort();
}
