/* When a run must ask, and which things count as the same at first sight. */
#include "sync/guard.h"
#include "sync/match.h"
#include "t/tap.h"
#include "util/str.h"
#include "util/banned.h"

static const struct {
	size_t known, here, there, listed;
	bool listing;
	enum guard_verdict verdict;
} ROWS[] = {
	{ 100, 20, 0, 80, true, GUARD_LETS },
	{ 100, 21, 0, 79, true, GUARD_TOO_MANY },
	{ 100, 10, 11, 90, true, GUARD_TOO_MANY },
	{ 100, 0, 21, 100, true, GUARD_TOO_MANY },
	{ 30, 10, 0, 20, false, GUARD_LETS },
	{ 30, 11, 0, 19, false, GUARD_TOO_MANY },
	{ 1000, 200, 0, 800, true, GUARD_LETS },
	{ 1000, 201, 0, 799, true, GUARD_TOO_MANY },
	{ 5, 5, 0, 0, false, GUARD_EMPTIED },
	{ 4, 4, 0, 0, false, GUARD_LETS },
	{ 4, 4, 0, 0, true, GUARD_EMPTIED },
	{ 4, 4, 0, 1, true, GUARD_LETS },
	{ 1, 1, 0, 0, true, GUARD_LETS },
	{ 5, 4, 0, 1, true, GUARD_LETS },
	{ 5, 0, 5, 5, true, GUARD_LETS },
	{ 0, 0, 0, 0, true, GUARD_LETS },
};

static void judge(void)
{
	struct pool *pool = pool_new(NULL);

	for (size_t i = 0; i < sizeof(ROWS) / sizeof(*ROWS); i++) {
		struct guard_in in = { ROWS[i].known, ROWS[i].here,
		    ROWS[i].there, ROWS[i].listing, ROWS[i].listed, 10, 20 };
		enum guard_verdict v = guard_judge(&in);

		ok(v == ROWS[i].verdict, "%zu known, %zu here, %zu there: %s",
		    in.known, in.deletes_here, in.deletes_there,
		    guard_words(pool, &in, v, "Work"));
	}
	for (size_t before = 0; before < 4; before++) {
		struct guard_in in = { .known = 100, .deletes_here = 50 };
		struct str name;
		char *words;

		str_init(&name, pool, 1000);
		str_addn(&name, "abc", before);
		for (int i = 0; i < 100; i++)
			str_add(&name, "\xf0\x9f\x8e\x89");
		words = guard_words(pool, &in, GUARD_TOO_MANY, name.data);
		ok(str_utf8_valid(words, strlen(words)),
		    "a long name is cut at a character, %zu before", before);
	}
	pool_free(pool);
}

static void similar(void)
{
	ok(match_similarity("Team lunch", "team  LUNCH!") == 1.0,
	    "case and signs do not count");
	ok(match_similarity("Team lunch", "Dentist") < 0.3, "different words");
	ok(match_similarity("Quarterly planning meeting",
	    "Quarterly planing meeting") > MATCH_LEAST, "a slip of the pen");
	ok(match_similarity("", "Lunch") == 0.0, "nothing is like nothing else");
	ok(match_similarity("a", "b") == 0.0, "one letter");
	ok(match_similarity(NULL, NULL) == 1.0, "both without");
}

static struct event make(const char *uid, const char *title, int hour)
{
	return (struct event){ .uid = uid, .kind = "event", .zones = "",
	    .has_master = true, .master = { .summary = title, .extra = "",
	    .start = { 2026, 11, 20, hour, 0, 0 },
	    .zone_kind = EVENT_ZONE_UTC } };
}

static void match(void)
{
	struct pool *pool = pool_new(NULL);
	struct event w = make("u1", "Team lunch", 12);
	struct event a = make("u2", "Team lunch", 13);	/* another hour */
	struct event b = make("u3", "Team lunch", 12);
	struct event c = make("u1", "Something else", 9);
	struct event d = make("u4", NULL, 12);
	const struct event *all[] = { &a, &b, &c, &d };
	bool taken[4] = { false };

	is_int(match_best(pool, &w, all, taken, 4), 2, "the UID decides");
	taken[2] = true;
	is_int(match_best(pool, &w, all, taken, 4), 1, "else start and title");
	taken[1] = true;
	is_int(match_best(pool, &w, all, taken, 4), -1, "else nothing");
	b.master.all_day = true;
	ok(match_score(pool, &w, &b) == 0.0, "all-day is another thing");
	b.master.all_day = false;
	b.master.recurrence = "RRULE:FREQ=DAILY";
	ok(match_score(pool, &w, &b) == 0.0, "so is a series");
	pool_free(pool);
}

int main(void)
{
	judge();
	similar();
	match();
	return done();
}
