/* Every file of the corpus is read or refused with the expected reason, comes
 * through write and read with the same hash, stays byte for byte when nothing
 * changed; cut and mutated files do no harm. */
#include "model/contentline.h"
#include "t/model_kit.h"

static struct pool *pool;

/* Items, refused ones, and a word of the reason; all other files: one item. */
static const struct expected { const char *name; int items, refused;
    const char *reason; } table[] = {
	{ "i4j-broken-overlaps.ics", 5, 0, NULL },
	{ "ica-attach-issue_1549_binary_attachment.ics", 1, 1, "DTSTART" },
	{ "ica-broken-broken_dtstart.ics", 1, 1, "INVALID-DATE" },
	{ "ica-broken-fuzz_testcase_invalid_month.ics", -1, 0, "cut off" },
	{ "ica-broken-issue_1081_invalid_rrule_freq.ics", 1, 1, "FREQ=INVALID" },
	{ "ica-params-rfc_6868.ics", 1, 1, "DTSTART" },
	{ "ica-rdate-rfc_5545_RDATE_example.ics", 6, 6, "DTSTART" },
	{ "lic-dst-Dublin.ics", 0, 0, NULL },
	{ "nod-freebusy-todo-vtodo-vfreebusy.ics", 6, 3, "not an event" },
	{ "nod-vtimezone-multi-era-vtimezone.ics", 2, 0, NULL },
	{ "nod-windows-tz-bad_custom_ms_tz.ics", 3, 0, NULL },
	{ "nod-windows-tz-ms_timezones.ics", 4, 1, "DTSTART" },
	{ "vob-vtimezone-timezones.ics", 0, 0, NULL },
};

static struct expected expected(const char *name)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
		if (strcmp(table[i].name, name) == 0)
			return table[i];
	return (struct expected){ name, 1, 0, NULL };
}

static size_t entry_count(const char *list, const char *entry, size_t len)
{
	const char *at = list, *other;
	size_t n, count = 0;

	while (contentline_next_entry(&at, &other, &n))
		count += n == len && memcmp(other, entry, len) == 0;
	return count;
}

/* Every entry of a's extra is in b's, as often, to the byte. */
static bool keeps_entries(const struct event_part *a, const struct event_part *b)
{
	const char *at = a->extra, *entry;
	size_t len;

	while (contentline_next_entry(&at, &entry, &len))
		if (entry_count(b->extra, entry, len) !=
		    entry_count(a->extra, entry, len)) {
			note("%.*s", (int)len, entry);
			return false;
		}
	return strlen(a->extra) == strlen(b->extra);
}

static void round_trip(const char *name, const struct event *e)
{
	struct event *back = NULL, *parsed = NULL;
	struct err err = { 0 };
	char *out, *same, *text;
	size_t len, same_len;

	if (!ical_write(pool, e, NULL, 0, when_now(), &out, &len, &err) ||
	    !ical_read(pool, out, len, &back, &err)) {
		ok(false, "%s %s: %s", name, e->uid, err.msg);
		return;
	}
	ok(kit_same(pool, e, back), "%s: written anew, the same hash", name);
	ok(keeps_entries(&e->master, &back->master), "%s: nothing unknown is lost", name);
	ok(ical_write(pool, e, out, len, when_now(), &same, &same_len, &err) &&
	    same_len == len && memcmp(same, out, len) == 0,
	    "%s: nothing changed, not a byte", name);
	text = event_format(pool, e);
	ok(event_parse(pool, text, strlen(text), &parsed, &err) &&
	    strcmp(event_format(pool, parsed), text) == 0 &&
	    kit_same(pool, e, parsed), "%s: text and back", name);
}

/* One that is a single object: edited in place. */
static void in_place(const char *name, const char *text, size_t len)
{
	struct event *e = NULL, *back = NULL, *changed;
	struct err err = { 0 };
	char *out;
	size_t out_len;

	if (!ical_read(pool, text, len, &e, &err))
		return;
	ok(ical_write(pool, e, text, len, when_now(), &out, &out_len, &err) &&
	    out_len == len && memcmp(out, text, len) == 0,
	    "%s: kept byte for byte", name);
	changed = event_copy(pool, e);
	changed->master.summary = "Ein neuer Titel; mit, Zeichen\n🎉";
	for (size_t i = 0; i < changed->override_count; i++)
		changed->overrides[i].location = "Raum 1";
	ok(ical_write(pool, changed, text, len, when_now(), &out, &out_len,
	    &err) && ical_read(pool, out, out_len, &back, &err) &&
	    kit_same(pool, changed, back), "%s: edited in place, read back %s",
	    name, err.msg);
}

static void one_file(const char *name)
{
	struct expected want = expected(name);
	struct ical_item *items;
	struct err err = { 0 };
	size_t len, count;
	int refused = 0;
	char *text = kit_slurp(pool, name, &len);

	if (!ical_split(pool, text, len, &items, &count, &err)) {
		ok(want.items < 0 && strstr(err.msg, want.reason),
		    "%s: refused whole: %s", name, err.msg);
		return;
	}
	is_int((int)count, want.items, name);
	for (size_t i = 0; i < count; i++) {
		if (items[i].event) {
			round_trip(name, items[i].event);
			continue;
		}
		refused++;
		ok(want.reason && strstr(items[i].reason, want.reason),
		    "%s: refused: %s", name, items[i].reason);
	}
	is_int(refused, want.refused, "as many refused as expected");
	in_place(name, text, len);
}

/* Whatever comes in, it is an answer; what is accepted survives a round. */
static bool survives(struct pool *p, const char *bytes, size_t len)
{
	char *exact = malloc(len ? len : 1), *out;	/* ASan sees the end */
	struct event *e = NULL, *back;
	struct ical_item *items;
	struct err err = { 0 };
	size_t count, out_len;
	bool good = true;

	memcpy(exact, bytes, len);
	(void)!ical_split(p, exact, len, &items, &count, &err);
	if (ical_read(p, exact, len, &e, &err)) {
		e = event_copy(p, e);
		good = ical_write(p, e, NULL, 0, 0, &out, &out_len, &err) &&
		    ical_read(p, out, out_len, &back, &err) &&
		    kit_same(p, e, back);
		if (!good)
			note("%s\n%s---\n%s", err.msg, out,
			    event_canonical(p, e));
		good = good && ical_write(p, e, exact, len, 0, &out, &out_len,
		    &err) && out_len == len && memcmp(out, exact, len) == 0;
	}
	free(exact);
	return good;
}

static void cut_everywhere(const char *name)
{
	struct pool *p = pool_new(pool);
	size_t len, bad = 0;
	char *text = kit_slurp(pool, name, &len);

	for (size_t n = 0; n < len; n++) {
		bad += !survives(p, text, n);
		pool_reset(p);
	}
	ok(bad == 0, "%s: cut at each of %zu bytes", name, len);
}

static unsigned long long seed;

static unsigned roll(unsigned below)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (unsigned)(seed >> 33) % below;
}

static size_t mutate(char *text, size_t len)
{
	static const char *const bits[] = { "\r\n ", ":", ";", "\"", "\\", "\n",
	    "T", "Z", "BEGIN:VEVENT\r\n", "END:VEVENT\r\n", "RRULE:FREQ=DAILY\n",
	    "RECURRENCE-ID:20240101T000000\n", "\xC3", ",", "=", "9999", "-",
	    "EXDATE:", "DTSTART:00000101\n", ";TZID=UTC", "^n", "DURATION:P1D\n",
	    "UNTIL=2024", "SUMMARY;X=\"a\":b\n" };

	for (unsigned k = 1 + roll(5); k > 0 && len > 8; k--) {
		size_t at = roll((unsigned)len);

		switch (roll(4)) {
		case 0:
			text[at] = (char)roll(256);
			break;
		case 1: {
			size_t n = 1 + roll(20);

			n = n < len - at ? n : len - at;
			memmove(text + at, text + at + n, len - at - n);
			len -= n;
			break;
		}
		case 2: {
			size_t from = roll((unsigned)len), n = 1 + roll(60);

			n = n < len - from ? n : len - from;
			if (len + n > 65000)
				break;
			char copy[64];
			memcpy(copy, text + from, n);
			memmove(text + at + n, text + at, len - at);
			memcpy(text + at, copy, n);
			len += n;
			break;
		}
		default: {
			const char *bit = bits[roll(sizeof(bits) / sizeof(*bits))];
			size_t n = strlen(bit);

			if (len + n > 65000)
				break;
			memmove(text + at + n, text + at, len - at);
			memcpy(text + at, bit, n);
			len += n;
		}
		}
	}
	return len;
}

static void mutations(char **names, size_t count, int64_t ms)
{
	struct pool *p = pool_new(pool);
	int64_t end = when_mono_ms() + ms;
	size_t rounds = 0, bad = 0;

	seed = getenv("SEED") ? strtoull(getenv("SEED"), NULL, 10) :
	    (unsigned long long)when_now();
	note("SEED=%llu", seed);
	while (when_mono_ms() < end && bad < 3) {
		unsigned long long mine = seed;
		size_t len;
		char *text = kit_slurp(p, names[roll((unsigned)count)], &len);

		len = mutate(text, len);
		if (!survives(p, text, len)) {
			bad++;
			note("SEED=%llu", mine);
		}
		pool_reset(p);
		rounds++;
	}
	ok(bad == 0 && rounds > 50, "%zu mutated files", rounds);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int main(void)
{
	char **names = malloc(sizeof(*names) * 500);
	size_t count = 0;
	struct dirent *entry;
	DIR *dir = opendir(kit_dir());

	pool = pool_new(NULL);
	while (dir && (entry = readdir(dir)) != NULL)
		if (str_ends(entry->d_name, ".ics") && count < 500)
			names[count++] = pool_strdup(pool, entry->d_name);
	if (dir)
		closedir(dir);
	qsort(names, count, sizeof(*names), by_name);
	ok(count >= 39, "%zu files", count);
	for (size_t i = 0; i < count; i++)
		one_file(names[i]);
	for (size_t i = 0; i < count; i++)
		cut_everywhere(names[i]);
	mutations(names, count, 4000);
	free(names);
	pool_free(pool);
	return done();
}
