/*
 * IANA zones out of TZif files (RFC 8536) with the POSIX footer for the years
 * to come. Knows nothing of libc's TZ or of iCalendar's VTIMEZONE.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/err.h"
#include "util/str.h"
#include "util/when.h"
#include "util/zone_p.h"
#include "util/banned.h"

#define ZONE_DIR "/usr/share/zoneinfo"
#define ZONE_MAX_BYTES (1 << 20)
/* No offset is larger, so this far from a wall time read as UTC lie all
 * instants it may mean. */
#define ZONE_REACH_SECS (26 * 3600)

static struct pool *zone_pool;		/* for the life of the process */
static struct zone *zone_cache;		/* most recently used first */

static uint32_t
zone_be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	    (uint32_t)p[2] << 8 | p[3];
}

static int64_t
zone_be64(const uint8_t *p)
{
	return (int64_t)((uint64_t)zone_be32(p) << 32 | zone_be32(p + 4));
}

/* The counts of a TZif header, RFC 8536 section 3.1. */
struct tzif {
	uint32_t isutcnt, isstdcnt, leapcnt, timecnt, typecnt, charcnt;
	int version;
	size_t time_bytes;		/* 4 or 8 */
};

static bool
zone_offset_ok(int32_t offset)
{
	return offset >= -ZONE_REACH_SECS && offset <= ZONE_REACH_SECS;
}

#define TZIF_HEADER_BYTES 44
#define TZIF_TYPE_BYTES 6

static bool
tzif_header(const uint8_t *p, size_t len, struct tzif *h)
{
	if (len < TZIF_HEADER_BYTES || memcmp(p, "TZif", 4) != 0)
		return false;
	h->version = p[4] == 0 ? 1 : p[4] - '0';
	h->isutcnt = zone_be32(p + 20);
	h->isstdcnt = zone_be32(p + 24);
	h->leapcnt = zone_be32(p + 28);
	h->timecnt = zone_be32(p + 32);
	h->typecnt = zone_be32(p + 36);
	h->charcnt = zone_be32(p + 40);
	return (h->isutcnt | h->isstdcnt | h->leapcnt | h->timecnt |
	    h->typecnt | h->charcnt) < ZONE_MAX_BYTES && h->typecnt > 0;
}

static size_t
tzif_body_bytes(const struct tzif *h)
{
	return h->timecnt * (h->time_bytes + 1) + h->typecnt * TZIF_TYPE_BYTES +
	    h->charcnt + h->leapcnt * (h->time_bytes + 4) +
	    h->isstdcnt + h->isutcnt;
}

static bool
zone_read_body(struct pool *pool, struct zone *z, const struct tzif *h,
    const uint8_t *p)
{
	const uint8_t *index = p + h->timecnt * h->time_bytes;
	const uint8_t *types = index + h->timecnt;
	uint32_t i;

	z->count = h->timecnt;
	z->times = pool_array(pool, h->timecnt, sizeof(*z->times));
	z->offsets = pool_array(pool, h->timecnt, sizeof(*z->offsets));
	z->first_offset = (int32_t)zone_be32(types);
	for (i = 0; i < h->timecnt; i++) {
		const uint8_t *t = p + i * h->time_bytes;

		z->times[i] = h->time_bytes == 8 ? zone_be64(t) :
		    (int32_t)zone_be32(t);
		if (index[i] >= h->typecnt ||
		    (i > 0 && z->times[i] <= z->times[i - 1]))
			return false;
		z->offsets[i] = (int32_t)zone_be32(types +
		    index[i] * TZIF_TYPE_BYTES);
		if (!zone_offset_ok(z->offsets[i]))
			return false;
	}
	return h->leapcnt == 0 && zone_offset_ok(z->first_offset);
}

/* The line between two newlines after the 64-bit block. */
static bool
zone_read_footer(struct pool *pool, struct zone *z, const uint8_t *p,
    size_t len)
{
	const uint8_t *end;
	char *rule;

	if (len < 2 || p[0] != '\n' ||
	    (end = memchr(p + 1, '\n', len - 1)) == NULL)
		return false;
	rule = pool_strndup(pool, (const char *)p + 1,
	    (size_t)(end - p - 1));
	if (*rule == '\0')
		return true;		/* nothing is known of the future */
	z->has_rule = true;
	return zone_rule_parse(&z->rule, rule);
}

bool
zone_parse(struct pool *pool, struct zone *z, const uint8_t *p, size_t len)
{
	struct tzif h = { .time_bytes = 4 };
	size_t body;

	if (!tzif_header(p, len, &h))
		return false;
	body = tzif_body_bytes(&h);
	if (len < TZIF_HEADER_BYTES + body)
		return false;
	if (h.version < 2)
		return zone_read_body(pool, z, &h, p + TZIF_HEADER_BYTES);
	p += TZIF_HEADER_BYTES + body;
	len -= TZIF_HEADER_BYTES + body;
	if (!tzif_header(p, len, &h))
		return false;
	h.time_bytes = 8;
	body = tzif_body_bytes(&h);
	if (len < TZIF_HEADER_BYTES + body)
		return false;
	return zone_read_body(pool, z, &h, p + TZIF_HEADER_BYTES) &&
	    zone_read_footer(pool, z, p + TZIF_HEADER_BYTES + body,
	    len - TZIF_HEADER_BYTES - body);
}

/* A whole regular file; NULL = none, or none of ours. */
static uint8_t *
zone_slurp(struct pool *pool, const char *path, size_t *len_out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	uint8_t *data = NULL;
	struct stat st;
	ssize_t n;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_size > 0 && st.st_size <= ZONE_MAX_BYTES) {
		data = pool_alloc(pool, (size_t)st.st_size + 1);
		n = read(fd, data, (size_t)st.st_size);
		if (n != st.st_size)
			data = NULL;
		*len_out = (size_t)st.st_size;
	}
	close(fd);
	return data;
}

/* Names come from providers: nothing may leave the directory. right/ counts
 * leap seconds, posix/ is the same again. */
static bool
zone_name_ok(const char *name)
{
	const char *p;

	if (name == NULL || *name < 'A' || *name > 'Z' || strlen(name) > 64)
		return false;
	for (p = name; *p != '\0'; p++)
		if (!((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
		    (*p >= '0' && *p <= '9') || *p == '_' || *p == '+' ||
		    *p == '-' || (*p == '/' && p[1] != '/')))
			return false;
	return true;
}

static struct zone *
zone_load(const char *name)
{
	struct pool *scratch = pool_new(NULL);
	struct zone *z = NULL;
	size_t len = 0;
	uint8_t *data;

	data = zone_slurp(scratch, pool_printf(scratch, ZONE_DIR "/%s", name),
	    &len);
	if (data != NULL) {
		z = POOL_NEW(zone_pool, struct zone);
		if (zone_parse(zone_pool, z, data, len))
			z->name = pool_strdup(zone_pool, name);
		else
			z = NULL;
	}
	pool_free(scratch);
	return z;
}

const struct zone *
zone_find(const char *iana_name)
{
	struct zone **at, *z;

	if (!zone_name_ok(iana_name))
		return NULL;
	for (at = &zone_cache; *at != NULL; at = &(*at)->next)
		if (str_eq((*at)->name, iana_name))
			break;
	z = *at;
	if (z != NULL)
		*at = z->next;
	else {
		if (zone_pool == NULL)
			zone_pool = pool_new(NULL);
		if ((z = zone_load(iana_name)) == NULL)
			return NULL;
	}
	z->next = zone_cache;
	zone_cache = z;
	return z;
}

/* A stretch of time with one offset: start <= t < end. */
struct span {
	int64_t start, end;
	int offset;
};

static struct span
zone_span(const struct zone *z, int64_t t)
{
	struct span s = { INT64_MIN, INT64_MAX, z->first_offset };
	size_t low = 0, high = z->count, mid;

	while (low < high) {		/* low: transitions at or before t */
		mid = low + (high - low) / 2;
		if (z->times[mid] <= t)
			low = mid + 1;
		else
			high = mid;
	}
	if (low > 0) {
		s.start = z->times[low - 1];
		s.offset = z->offsets[low - 1];
	}
	if (low < z->count)
		s.end = z->times[low];
	else if (z->has_rule) {
		int64_t start, end;

		s.offset = zone_rule_span(&z->rule, t, &start, &end);
		s.start = start > s.start ? start : s.start;
		s.end = end;
	}
	return s;
}

static int64_t
zone_secs(when_t t)
{
	return t / WHEN_SEC - (t % WHEN_SEC < 0);
}

int
zone_offset_secs(const struct zone *zone, when_t t)
{
	return zone_span(zone, zone_secs(t)).offset;
}

when_t
zone_offset_end(const struct zone *zone, when_t t)
{
	int64_t end = zone_span(zone, zone_secs(t)).end;

	return end > WHEN_NEVER / WHEN_SEC ? WHEN_NEVER : end * WHEN_SEC;
}

struct wall
zone_from_utc(const struct zone *zone, when_t t)
{
	int64_t secs = zone_secs(t);
	struct wall w = wall_from_utc(t);

	return wall_add_secs(&w, zone_span(zone, secs).offset);
}

when_t
zone_to_utc(const struct zone *zone, const struct wall *w)
{
	int64_t local = wall_to_utc(w) / WHEN_SEC, t;
	struct span s = zone_span(zone, local - ZONE_REACH_SECS), after;

	for (;;) {
		t = local - s.offset;
		if (t < s.end)		/* the first occurrence */
			return t * WHEN_SEC;
		after = zone_span(zone, s.end);
		if (local - after.offset < s.end)	/* in the gap */
			return t * WHEN_SEC;
		s = after;
	}
}

static int
zone_name_cmp(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Third column of zone1970.tab, behind '#' lines. */
static size_t
zone_read_names(char *text, const char **out, size_t max)
{
	char *line, *rest = text, *name;
	size_t count = 0;

	while ((line = strsep(&rest, "\n")) != NULL && count < max) {
		if (*line == '#' || strsep(&line, "\t") == NULL ||
		    strsep(&line, "\t") == NULL ||
		    (name = strsep(&line, "\t")) == NULL || *name == '\0')
			continue;
		out[count++] = name;
	}
	return count;
}

const char *const *
zone_names(size_t *count_out)
{
	enum { ZONE_NAMES_MAX = 2000 };
	static const char **names;
	static size_t count;
	size_t len;
	char *text;

	if (names == NULL) {
		if (zone_pool == NULL)
			zone_pool = pool_new(NULL);
		names = pool_array(zone_pool, ZONE_NAMES_MAX, sizeof(*names));
		text = (char *)zone_slurp(zone_pool, ZONE_DIR "/zone1970.tab",
		    &len);
		if (text != NULL)
			count = zone_read_names(text, names,
			    ZONE_NAMES_MAX - 1);
		names[count++] = "UTC";
		qsort(names, count, sizeof(*names), zone_name_cmp);
	}
	*count_out = count;
	return names;
}
