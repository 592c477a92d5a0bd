/* Which IANA zone a TZID means. Must not know how zones are computed. */
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include "model/contentline.h"
#include "model/event.h"
#include "model/event_p.h"
#include "model/event_windows.h"
#include "util/banned.h"

/* Answers by name, kept per process: the same few zones are asked for again
 * and again, and a name nobody knows would go to the disk each time. */
#define CACHE_SLOTS 128
#define CACHE_NAME 96
static struct slot { char tzid[CACHE_NAME], iana[CACHE_NAME]; } cache[CACHE_SLOTS];

static bool plausible(const char *name)
{
	size_t len = strlen(name);

	return len > 0 && len < CACHE_NAME && !strstr(name, "..") &&
	    name[0] != '/' && name[0] != '.' &&
	    strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	    "0123456789+-_/") == len;
}

static const char *by_name(const char *tzid)
{
	const char *slash;

	if (strncmp(tzid, "posix/", 6) != 0 && strncmp(tzid, "right/", 6) != 0 &&
	    plausible(tzid) && zone_find(tzid))
		return tzid;
	/* "/citadel.org/20260414_1/Europe/Dublin": what ends in Area/City */
	for (slash = strchr(tzid, '/'); slash; slash = strchr(slash + 1, '/'))
		if (strchr(slash + 1, '/') && plausible(slash + 1) &&
		    zone_find(slash + 1))
			return slash + 1;
	return event_windows_iana(tzid);
}

static unsigned slot_of(const char *s)
{
	unsigned h = 5381;

	for (; *s; s++)
		h = h * 33 + (unsigned char)*s;
	return h % CACHE_SLOTS;
}

const char *event_zone_known(const char *tzid)
{
	struct slot *slot;
	const char *found;

	if (!*tzid || strlen(tzid) >= CACHE_NAME)
		return NULL;
	slot = &cache[slot_of(tzid)];
	if (strcmp(slot->tzid, tzid) == 0)
		return slot->iana[0] ? slot->iana : NULL;
	found = by_name(tzid);
	(void)snprintf(slot->iana, sizeof(slot->iana), "%s", found ? found : "");
	(void)snprintf(slot->tzid, sizeof(slot->tzid), "%s", tzid);
	return slot->iana[0] ? slot->iana : NULL;
}

/* Value of a property among the lines of a component block. */
static char *block_value(struct pool *pool, const char *block, size_t len,
    const char *name)
{
	const char *end = block + len;

	for (const char *p = block; p < end; ) {
		const char *lf = memchr(p, '\n', (size_t)(end - p));
		size_t n = lf ? (size_t)(lf - p) : (size_t)(end - p);
		struct contentline line;

		if (contentline_split(p, n, &line) &&
		    contentline_is(&line, name)) {
			size_t value_len;
			const char *v = contentline_value(&line, &value_len);

			return pool_strndup(pool, v, value_len);
		}
		p += n + 1;
	}
	return NULL;
}

const char *event_zone_iana(struct pool *pool, const struct event *e,
    const char *tzid)
{
	const char *known, *at, *block;
	size_t len;

	if (!tzid)
		return NULL;
	known = event_zone_known(tzid);
	if (known)
		return pool_strdup(pool, known);
	at = e && e->zones ? e->zones : "";
	while (contentline_next_entry(&at, &block, &len)) {
		const char *name = block_value(pool, block, len, "TZID");
		const char *place;

		if (!str_eq(name, tzid))
			continue;
		place = block_value(pool, block, len, "X-LIC-LOCATION");
		known = place ? event_zone_known(place) : NULL;
		return pool_strdup(pool, known);
	}
	return NULL;
}
