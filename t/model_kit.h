#ifndef HAWSER_T_MODEL_KIT_H
#define HAWSER_T_MODEL_KIT_H
/* Events in tests: built from iCalendar lines, read from the corpus. */
#include <dirent.h>
#include "providers/ical_map.h"
#include "t/tap.h"
#include "util/str.h"

/* The lines of a VEVENT, in a VCALENDAR of their own, CRLF. */
static inline char *kit_object(struct pool *pool, const char *lines)
{
	struct str s;

	str_init(&s, pool, 4 * 1024 * 1024);
	str_add(&s, "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//t//t//EN\r\n");
	for (const char *p = lines; *p; p++)
		str_add(&s, *p == '\n' ? "\r\n" : (char[2]){ *p, 0 });
	str_add(&s, "END:VCALENDAR\r\n");
	return s.data;
}

static inline char *kit_vevent(struct pool *pool, const char *lines)
{
	return kit_object(pool, pool_printf(pool,
	    "BEGIN:VEVENT\nUID:u1\nDTSTAMP:20260101T000000Z\n%sEND:VEVENT\n",
	    lines));
}

/* NULL when refused; err tells why. */
static inline struct event *kit_try(struct pool *pool, const char *object,
    struct err *err)
{
	struct event *e = NULL;

	*err = (struct err){ 0 };
	return ical_read(pool, object, strlen(object), &e, err) ? e : NULL;
}

static inline struct event *kit_event(struct pool *pool, const char *lines)
{
	struct err err;
	struct event *e = kit_try(pool, kit_vevent(pool, lines), &err);

	if (!e) {
		printf("Bail out! %s\n", err.msg);
		exit(1);
	}
	return e;
}

static inline bool kit_same(struct pool *pool, const struct event *a,
    const struct event *b)
{
	struct digest x = event_hash(pool, a), y = event_hash(pool, b);

	return digest_eq(&x, &y);
}

static inline const char *kit_dir(void)
{
	const char *top = getenv("HAWSER_TOP");
	static char path[4096];

	(void)snprintf(path, sizeof(path), "%s/t/data/ics", top ? top : ".");
	return path;
}

static inline char *kit_slurp(struct pool *pool, const char *name, size_t *len)
{
	FILE *f = fopen(pool_printf(pool, "%s/%s", kit_dir(), name), "rb");
	char *out = pool_alloc(pool, 65536);

	if (!f) {
		printf("Bail out! no %s in %s\n", name, kit_dir());
		exit(1);
	}
	*len = fread(out, 1, 65535, f);
	fclose(f);
	return out;
}
#endif
