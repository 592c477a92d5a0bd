/* A repetition in words. Must not expand anything. */
#include <string.h>
#include "model/recur.h"
#include "model/recur_rule.h"
#include "util/banned.h"

static const char *const days[] = { "Monday", "Tuesday", "Wednesday",
	"Thursday", "Friday", "Saturday", "Sunday" };
static const char *const months[] = { "January", "February", "March", "April",
	"May", "June", "July", "August", "September", "October", "November",
	"December" };
static const char *const units[] = { "minute", "hour", "day", "week", "month",
	"year" };

/* Between the items of a list: ", " and at the end " and ". */
static const char *comma(int i, int count)
{
	return i == 0 ? "" : i == count - 1 ? " and " : ", ";
}

static void add_nth(struct str *out, int n)
{
	static const char *const words[] = { "first", "second", "third",
	    "fourth", "fifth" };

	if (n == -1)
		str_add(out, "last ");
	else if (n == -2)
		str_add(out, "last but one ");
	else if (n < 0)
		str_addf(out, "%dth from the end ", -n);
	else if (n >= 1 && n <= 5)
		str_addf(out, "%s ", words[n - 1]);
	else
		str_addf(out, "%dth ", n);
}

static void add_days(struct str *out, const struct recur_rule *r)
{
	static const int weekdays[] = { 0, 1, 2, 3, 4 };
	bool plain = r->day_count == 5;

	for (int i = 0; i < r->day_count && plain; i++)
		plain = r->days[i].nth == 0 && r->days[i].weekday == weekdays[i];
	if (plain) {
		str_add(out, r->by_count[RECUR_BYSETPOS] ? " weekday" :
		    " on weekdays");
		return;
	}
	str_add(out, r->by_count[RECUR_BYSETPOS] ? " " : " on ");
	for (int i = 0; i < r->day_count; i++) {
		str_add(out, comma(i, r->day_count));
		if (r->days[i].nth) {
			str_add(out, "the ");
			add_nth(out, r->days[i].nth);
		}
		str_add(out, days[r->days[i].weekday]);
	}
}

static void add_month_days(struct str *out, const struct recur_rule *r)
{
	int count = r->by_count[RECUR_BYMONTHDAY];

	str_add(out, " on ");
	for (int i = 0; i < count; i++) {
		int n = r->by[RECUR_BYMONTHDAY][i];

		str_add(out, comma(i, count));
		if (n == -1)
			str_add(out, "the last day");
		else if (n < 0)
			str_addf(out, "day %d from the end", -n);
		else
			str_addf(out, "day %d", n);
	}
}

static void add_months(struct str *out, const struct recur_rule *r)
{
	int count = r->by_count[RECUR_BYMONTH];

	str_add(out, " in ");
	for (int i = 0; i < count; i++) {
		str_add(out, comma(i, count));
		str_add(out, months[r->by[RECUR_BYMONTH][i] - 1]);
	}
}

static void add_numbers(struct str *out, const struct recur_rule *r,
    enum recur_by by, const char *word)
{
	int count = r->by_count[by];

	if (!count)
		return;
	str_add(out, word);
	for (int i = 0; i < count; i++)
		str_addf(out, "%s%d", comma(i, count), r->by[by][i]);
}

static void add_end(struct str *out, const struct recur_rule *r)
{
	if (r->count)
		str_addf(out, ", %d %s", r->count, r->count == 1 ? "time" :
		    "times");
	else if (r->has_until)
		str_addf(out, ", until %04d-%02d-%02d", r->until.wall.year,
		    r->until.wall.month, r->until.wall.day);
}

static void add_rule(struct str *out, const struct recur_rule *r)
{
	if (r->interval == 1)
		str_addf(out, "Every %s", units[r->freq]);
	else
		str_addf(out, "Every %d %ss", r->interval, units[r->freq]);
	if (r->by_count[RECUR_BYSETPOS]) {
		str_add(out, " on the ");
		for (int i = 0; i < r->by_count[RECUR_BYSETPOS]; i++) {
			str_add(out, comma(i, r->by_count[RECUR_BYSETPOS]));
			add_nth(out, r->by[RECUR_BYSETPOS][i]);
		}
		if (out->len && out->data[out->len - 1] == ' ')
			out->data[--out->len] = '\0';
	}
	if (r->day_count)
		add_days(out, r);
	if (r->by_count[RECUR_BYMONTHDAY])
		add_month_days(out, r);
	if (r->by_count[RECUR_BYMONTH])
		add_months(out, r);
	add_numbers(out, r, RECUR_BYWEEKNO, " in week ");
	add_numbers(out, r, RECUR_BYYEARDAY, " on day of the year ");
	add_numbers(out, r, RECUR_BYHOUR, " at hour ");
	add_numbers(out, r, RECUR_BYMINUTE, " at minute ");
	add_end(out, r);
}

char *recur_words(struct pool *pool, const struct event *e)
{
	const char *at = e->master.recurrence ? e->master.recurrence : "";
	const char *entry;
	size_t len;
	struct str out;
	bool dates = false;

	str_init(&out, pool, 4096);
	while (contentline_next_entry(&at, &entry, &len)) {
		struct contentline line;
		struct recur_rule rule;
		struct err err;
		size_t n;

		if (!contentline_split(entry, len, &line))
			continue;
		dates = dates || contentline_is(&line, "RDATE");
		if (!contentline_is(&line, "RRULE"))
			continue;
		if (out.len)
			str_add(&out, "; ");
		const char *v = contentline_value(&line, &n);

		if (recur_rule_parse(pool_strndup(pool, v, n), &rule, &err))
			add_rule(&out, &rule);
		else
			str_add(&out, "By a rule of its own");
	}
	if (dates)
		str_add(&out, out.len ? ", and on single dates" :
		    "On single dates");
	return out.len ? out.data : NULL;
}
