#ifndef HAWSER_T_TAP_H
#define HAWSER_T_TAP_H
/* A TAP harness for prove: ok(), is_*(), done(). One program, one subject. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int tap_count, tap_failed;

static inline bool __attribute__((format(printf, 4, 5)))
tap_ok(bool good, const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	tap_failed += !good;
	printf("%sok %d - ", good ? "" : "not ", ++tap_count);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	if (!good)
		printf("#   at %s line %d\n", file, line);
	fflush(stdout);
	return good;
}

static inline void tap_text(const char *got, const char *want, const char *file,
    int line, const char *name)
{
	bool good = got && want ? strcmp(got, want) == 0 : got == want;

	if (!tap_ok(good, file, line, "%s", name))
		printf("#   got:  %s\n#   want: %s\n", got ? got : "(null)",
		    want ? want : "(null)");
}

static inline void tap_int(intmax_t got, intmax_t want, const char *file,
    int line, const char *name)
{
	if (!tap_ok(got == want, file, line, "%s", name))
		printf("#   got:  %jd\n#   want: %jd\n", got, want);
}

#define ok(cond, ...) tap_ok((cond), __FILE__, __LINE__, __VA_ARGS__)
#define is_text(got, want, name) tap_text((got), (want), __FILE__, __LINE__, (name))
#define is_int(got, want, name) tap_int((intmax_t)(got), (intmax_t)(want), __FILE__, __LINE__, (name))
#define note(...) (printf("# " __VA_ARGS__), putchar('\n'))

static inline int done(void)
{
	printf("1..%d\n", tap_count);
	return tap_failed != 0;
}
#endif
