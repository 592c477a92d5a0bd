/* A walk from event to event at Google, at random but always the same: whatever
 * stands there, the next one is what is read after its patch. HAWSER_WALK is the
 * number of steps. */
#include "t/google_kit.h"

static struct pool *pool;
static uint64_t state = 88172645463325252u;

static unsigned pick(unsigned n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned)(state >> 20) % n;
}

/* The form of a series' times: how a date is written in it. */
static const struct form { const char *head, *tail; bool is_date; } forms[] = {
	{ ";TZID=Europe/Berlin:", "", false },
	{ ";TZID=America/New_York:", "", false },
	{ ";TZID=Australia/Lord_Howe:", "", false },
	{ ":", "Z", false }, { ":", "", false }, { ";VALUE=DATE:", "", true },
	{ ";TZID=UTC:", "", false },
};
static const char *const hours[] = { "T093000", "T023000", "T013000",
	"T233000" };
static const char *const rules[] = { "RRULE:FREQ=DAILY;COUNT=30\n",
	"RRULE:FREQ=WEEKLY\n", "RRULE:FREQ=DAILY;INTERVAL=2\n",
	"RRULE:FREQ=DAILY\nEXRULE:FREQ=WEEKLY\n", "" };
static const char *const words[] = { "LOCATION:L\n", "DESCRIPTION:<b>\n",
	"STATUS:CONFIRMED\n", "STATUS:TENTATIVE\n", "STATUS:CANCELLED\n",
	"TRANSP:OPAQUE\n", "TRANSP:TRANSPARENT\n", "CLASS:PRIVATE\n",
	"CLASS:X\n", "CATEGORIES:A,B\n", "X-A;P=1:b\n",
	"BEGIN:VALARM\nTRIGGER:-PT5M\nEND:VALARM\n" };

static void add_time(struct str *out, const char *name, const struct form *f,
    unsigned day, const char *hour)
{
	str_addf(out, "%s%s202603%02u%s%s\n", name, f->head, day,
	    f->is_date ? "" : hour, f->is_date ? "" : f->tail);
}

static void add_words(struct str *out)
{
	str_addf(out, "SUMMARY:S%u\n", pick(2));
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (!pick(5))
			str_add(out, words[i]);
}

static void add_override(struct str *out, const struct form *f, unsigned day,
    const char *hour)
{
	const struct form *other = pick(2) ? f : &forms[pick(7)];
	bool plain = !pick(3);

	str_add(out, "BEGIN:VEVENT\nUID:u1\n");
	add_time(out, "RECURRENCE-ID", f, day, hour);
	add_time(out, "DTSTART", plain ? f : other, plain ? day :
	    20 + pick(11), plain ? hour : hours[pick(3)]);
	if (!plain && !other->is_date)
		str_add(out, pick(2) ? "DURATION:PT90M\n" : "DURATION:P1D\n");
	if (plain)
		str_add(out, "SUMMARY:S0\n");
	else
		add_words(out);
	str_add(out, "END:VEVENT\n");
}

static struct event *next_event(struct str *out)
{
	const struct form *f = &forms[pick(7)];
	const char *hour = hours[pick(4)], *rule = rules[pick(5)];
	struct err err;
	struct event *e;

	str_clear(out);
	str_add(out, "BEGIN:VEVENT\nUID:u1\n");
	add_time(out, "DTSTART", f, 20, hour);
	if (!f->is_date && pick(3))
		str_add(out, pick(2) ? "DURATION:PT15M\n" : "DURATION:PT9H\n");
	str_add(out, rule);
	for (unsigned day = 21; *rule && day < 31; day++)
		if (!pick(4))
			add_time(out, "EXDATE", f, day, hour);
	if (*rule && !pick(3))
		add_time(out, "RDATE", f, 29, "T111500");
	add_words(out);
	str_add(out, "END:VEVENT\n");
	for (unsigned day = 21; *rule && day < 31; day++)
		if (!pick(4))
			add_override(out, f, day, hour);
	e = kit_try(pool, kit_object(pool, out->data), &err);
	if (!e)
		printf("Bail out! %s: %s\n", err.msg, out->data);
	return e;
}

int main(void)
{
	const char *asked = getenv("HAWSER_WALK");
	unsigned long long steps = 60, refusals = 0, bad = 0;
	struct pool *all = pool_new(NULL);
	struct google_map_parts at;
	struct str lines;
	char *sent;

	if (asked)
		(void)!str_to_u64(asked, &steps);
	pool = pool_new(all);
	str_init(&lines, all, 100000);
	for (unsigned long long i = 0; i < steps; i++) {
		struct event *e = next_event(&lines);
		struct google_map_changes changes;
		struct err err = { 0 };
		const char *why;

		if (i % 20 == 0) {
			pool_reset(pool);
			e = next_event(&lines);
			why = kit_insert(pool, e, &at, &sent);
		} else {
			why = kit_patch(pool, &at, e, &sent);
		}
		if (why && sent) {
			bad++;
			printf("# step %llu: %s\n%s\n# sent:\n%s\n", i, why,
			    lines.data, sent);
		} else if (why) {
			refusals++;
			printf("# step %llu refused: %s\n", i, why);
		}
		if (why || i % 20 == 0)
			continue;
		if (google_map_patch(pool, &kit_berlin, &at, e, &changes, &err))
			at = kit_apply(pool, &at, &changes);
	}
	is_int(bad, 0, "every step is what is read after it");
	is_int(refusals, 0, "and none is refused");
	pool_free(all);
	return done();
}
