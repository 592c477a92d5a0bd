/* Overlapping events of a day, as a table: "start-end" in, "from-until
 * lane/lanes width" out. */
#include <stdio.h>
#include "model/day_layout.h"
#include "util/str.h"
#include "t/tap.h"

static struct pool *pool;

static const struct {
	const char *name, *in, *out;
} table[] = {
	{ "nothing", "", "" },
	{ "one", "9:00-10:00", "36-40 0/1 1" },
	{ "one after the other", "9:00-10:00 10:00-11:00",
	  "36-40 0/1 1, 40-44 0/1 1" },
	{ "two at once", "9:00-10:00 9:30-10:30", "36-40 0/2 1, 38-42 1/2 1" },
	{ "they keep their places", "9:30-10:30 9:00-10:00",
	  "38-42 1/2 1, 36-40 0/2 1" },
	{ "the longer one first", "9:00-9:30 9:00-12:00",
	  "36-38 1/2 1, 36-48 0/2 1" },
	{ "tied by a third", "9:00-10:00 9:30-10:30 10:00-11:00",
	  "36-40 0/2 1, 38-42 1/2 1, 40-44 0/2 1" },
	{ "as wide as there is room", "9:00-12:00 9:00-10:00 9:00-10:00 "
	  "11:00-12:00", "36-48 0/3 1, 36-40 1/3 1, 36-40 2/3 1, 44-48 1/3 2" },
	{ "two groups", "9:00-10:00 9:00-10:00 11:00-12:00",
	  "36-40 0/2 1, 36-40 1/2 1, 44-48 0/1 1" },
	{ "a moment is high enough to read", "9:00-9:00", "36-38 0/1 1" },
	{ "which makes it overlap", "9:00-9:05 9:20-10:00",
	  "36-38 0/2 1, 37-40 1/2 1" },
	{ "minutes are rounded outwards", "9:07-9:53", "36-40 0/1 1" },
	{ "clocks put back: the end before the start", "2:45-2:15",
	  "11-13 0/1 1" },
	{ "the whole day", "0:00-24:00", "0-96 0/1 1" },
	{ "just before midnight", "23:55-24:00", "94-96 0/1 1" },
	{ "at midnight itself", "24:00-24:00", "94-96 0/1 1" },
	{ "seven at once: one has no place", "9:00-10:00 9:00-10:00 9:00-10:00 "
	  "9:00-10:00 9:00-10:00 9:00-10:00 9:00-10:00",
	  "36-40 0/6 1, 36-40 1/6 1, 36-40 2/6 1, 36-40 3/6 1, 36-40 4/6 1, "
	  "36-40 5/6 1, 36-40 -1/6 0" },
	{ "and the next hour begins anew", "9:00-10:00 9:00-10:00 9:00-10:00 "
	  "9:00-10:00 9:00-10:00 9:00-10:00 9:00-10:00 10:00-11:00",
	  "36-40 0/6 1, 36-40 1/6 1, 36-40 2/6 1, 36-40 3/6 1, 36-40 4/6 1, "
	  "36-40 5/6 1, 36-40 -1/6 0, 40-44 0/1 1" },
};

static size_t read_slots(const char *text, struct day_slot *out)
{
	int a, b, c, d, used;
	size_t n = 0;

	while (sscanf(text, " %d:%d-%d:%d%n", &a, &b, &c, &d, &used) == 4) {
		out[n].start = a * 60 + b;
		out[n++].end = c * 60 + d;
		text += used;
	}
	return n;
}

static void tables(void)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		struct day_slot slots[16] = { { 0 } };
		size_t n = read_slots(table[i].in, slots);
		struct str out;

		day_layout(pool, slots, n);
		str_init(&out, pool, 1000);
		for (size_t k = 0; k < n; k++)
			str_addf(&out, "%s%d-%d %d/%d %d", k ? ", " : "",
			    slots[k].from, slots[k].until, slots[k].lane,
			    slots[k].lanes, slots[k].width);
		is_text(out.data, table[i].out, table[i].name);
	}
}

/* Whatever comes: no two share a place, none leaves the day. */
static void any(void)
{
	unsigned seed = 7, bad = 0;

	for (int round = 0; round < 300; round++) {
		struct day_slot s[40] = { { 0 } };

		for (int i = 0; i < 40; i++) {
			seed = seed * 1103515245 + 12345;
			s[i].start = (int)(seed >> 8) % 1441;
			seed = seed * 1103515245 + 12345;
			s[i].end = s[i].start + (int)(seed >> 8) % 200 - 20;
		}
		day_layout(pool, s, 40);
		for (int i = 0; i < 40; i++) {
			bad += s[i].from < 0 || s[i].until > 96 ||
			    s[i].until - s[i].from < 2 || (s[i].lane >= 0 &&
			    (s[i].width < 1 || s[i].lane + s[i].width >
			    s[i].lanes));
			for (int k = 0; k < i; k++)
				bad += s[i].lane >= 0 && s[k].lane >= 0 &&
				    s[i].from < s[k].until &&
				    s[k].from < s[i].until &&
				    s[i].lane < s[k].lane + s[k].width &&
				    s[k].lane < s[i].lane + s[i].width;
		}
	}
	is_int(bad, 0, "300 random days: nothing covers anything");
}

int main(void)
{
	pool = pool_new(NULL);
	tables();
	any();
	pool_free(pool);
	return done();
}
