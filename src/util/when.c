/*
 * The clock, injected, and instants as text (RFC 3339). Zones are in zone.c,
 * the calendar in wall.c.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "util/err.h"
#include "util/str.h"
#include "util/when.h"
#include "util/banned.h"

static char *when_clock_path;

static when_t
when_real(void)
{
	struct timespec ts;

	if (clock_gettime(CLOCK_REALTIME, &ts) != 0)
		die("the clock cannot be read: %s", strerror(errno));
	return ts.tv_sec * WHEN_SEC + ts.tv_nsec / 1000;
}

/* The clock file's first line; the file is small and swapped by rename. */
static bool
when_read_clock(char *out, int size)
{
	FILE *f = fopen(when_clock_path, "re");
	bool ok;

	if (f == NULL)
		return false;
	ok = fgets(out, size, f) != NULL;
	fclose(f);
	if (ok)
		out[strcspn(out, "\r\n")] = '\0';
	return ok;
}

when_t
when_now(void)
{
	unsigned long long secs;
	char line[64];
	when_t t;

	/* No or an empty file: the real clock. A wrong one is a broken test. */
	if (when_clock_path == NULL || !when_read_clock(line, sizeof(line)) ||
	    line[0] == '\0')
		return when_real();
	if ((line[0] == '+' || line[0] == '-') &&
	    str_to_u64(line + 1, &secs) && secs <= 10000000000ULL)
		return when_real() + (line[0] == '-' ? -1 : 1) *
		    (int64_t)secs * WHEN_SEC;
	if (!when_parse(line, &t))
		die("clock file %s: '%s' is neither a time nor +SECS",
		    when_clock_path, line);
	return t;
}

void
when_use_clock_file(const char *path)
{
	free(when_clock_path);
	when_clock_path = NULL;
	if (path != NULL && *path != '\0' &&
	    (when_clock_path = strdup(path)) == NULL)
		die("out of memory: a path");
}

int64_t
when_mono_ms(void)
{
	struct timespec ts;

	if (clock_gettime(CLOCK_MONOTONIC, &ts) != 0)
		die("the clock cannot be read: %s", strerror(errno));
	return ts.tv_sec * INT64_C(1000) + ts.tv_nsec / 1000000;
}

static char *
put_digits(char *p, int n, int count, char after)
{
	for (int i = count; i-- > 0; n /= 10)
		p[i] = (char)('0' + n % 10);
	p[count] = after;
	return p + count + 1;
}

char *
when_format(struct pool *pool, when_t t)
{
	struct wall w = wall_from_utc(t);
	int micros = (int)(((t % WHEN_SEC) + WHEN_SEC) % WHEN_SEC);
	char *out = pool_alloc(pool, sizeof("-2147483648-12-31T23:59:59.999999Z"));
	char *p = out;

	if (w.year < 0 || w.year > 9999)
		return pool_printf(pool, "%04d-%02d-%02dT%02d:%02d:%02dZ", w.year,
		    w.month, w.day, w.hour, w.minute, w.second);
	p = put_digits(p, w.year, 4, '-');
	p = put_digits(p, w.month, 2, '-');
	p = put_digits(p, w.day, 2, 'T');
	p = put_digits(p, w.hour, 2, ':');
	p = put_digits(p, w.minute, 2, ':');
	p = put_digits(p, w.second, 2, micros ? '.' : 'Z');
	if (micros)
		put_digits(p, micros, 6, 'Z');
	return out;
}

/* count digits at *p, which moves; -1 = not there. */
static int
when_digits(const char **p, int count)
{
	int n = 0;

	while (count-- > 0) {
		if (**p < '0' || **p > '9')
			return -1;
		n = n * 10 + (*(*p)++ - '0');
	}
	return n;
}

static bool
when_sep(const char **p, const char *any)
{
	if (**p == '\0' || strchr(any, **p) == NULL)
		return false;
	(*p)++;
	return true;
}

/* ".5" up to any length; digits past microseconds are dropped. */
static bool
when_fraction(const char **p, int *micros_out)
{
	int micros = 0, weight = 100000;

	*micros_out = 0;
	if (**p != '.')
		return true;
	(*p)++;
	if (**p < '0' || **p > '9')
		return false;
	for (; **p >= '0' && **p <= '9'; (*p)++, weight /= 10)
		micros += (**p - '0') * weight;
	*micros_out = micros;
	return true;
}

static bool
when_zone_suffix(const char **p, int *offset_secs_out)
{
	int sign, hours, mins;

	*offset_secs_out = 0;
	if (when_sep(p, "Zz"))
		return true;
	sign = **p == '-' ? -1 : 1;
	if (!when_sep(p, "+-"))
		return false;
	if ((hours = when_digits(p, 2)) < 0 || hours > 23 ||
	    !when_sep(p, ":") || (mins = when_digits(p, 2)) < 0 || mins > 59)
		return false;
	*offset_secs_out = sign * (hours * 3600 + mins * 60);
	return true;
}

bool
when_parse(const char *text, when_t *out)
{
	const char *p = text;
	struct wall w;
	int micros, offset, leap;

	if (text == NULL)
		return false;
	if ((w.year = when_digits(&p, 4)) < 0 || !when_sep(&p, "-") ||
	    (w.month = when_digits(&p, 2)) < 0 || !when_sep(&p, "-") ||
	    (w.day = when_digits(&p, 2)) < 0 || !when_sep(&p, "Tt ") ||
	    (w.hour = when_digits(&p, 2)) < 0 || !when_sep(&p, ":") ||
	    (w.minute = when_digits(&p, 2)) < 0 || !when_sep(&p, ":") ||
	    (w.second = when_digits(&p, 2)) < 0)
		return false;
	if (!when_fraction(&p, &micros) || !when_zone_suffix(&p, &offset) ||
	    *p != '\0')
		return false;
	leap = w.second == 60;		/* the second after :59 */
	w.second -= leap;
	if (!wall_valid(&w))
		return false;
	*out = wall_to_utc(&w) + (leap - offset) * WHEN_SEC + micros;
	return true;
}
