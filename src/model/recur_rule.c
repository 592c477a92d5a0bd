/* Rules, checked before anybody expands them. Must not know libical. */
#include "model/recur_rule.h"
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "model/recur.h"
#include "util/banned.h"

static const char *const freq_names[] = { "MINUTELY", "HOURLY", "DAILY",
	"WEEKLY", "MONTHLY", "YEARLY" };
static const char *const day_names[] = { "MO", "TU", "WE", "TH", "FR", "SA",
	"SU" };
static const struct by { const char *name; int min, max; bool negative; }
by_table[RECUR_BY_COUNT] = {
	[RECUR_BYSECOND] = { "BYSECOND", 0, 60, false },
	[RECUR_BYMINUTE] = { "BYMINUTE", 0, 59, false },
	[RECUR_BYHOUR] = { "BYHOUR", 0, 23, false },
	[RECUR_BYMONTHDAY] = { "BYMONTHDAY", 1, 31, true },
	[RECUR_BYYEARDAY] = { "BYYEARDAY", 1, 366, true },
	[RECUR_BYWEEKNO] = { "BYWEEKNO", 1, 53, true },
	[RECUR_BYMONTH] = { "BYMONTH", 1, 12, false },
	[RECUR_BYSETPOS] = { "BYSETPOS", 1, 366, true },
};

static bool refuse(struct err *err, const char *what, const char *text,
    size_t len)
{
	return err_set_scope(err, ERR_INPUT, ERR_ITEM,
	    "The repetition rule cannot be used: %s (\"%.*s\").", what,
	    (int)(len < 60 ? len : 60), text);
}

static bool is_word(const char *s, size_t len, const char *word)
{
	return strlen(word) == len && strncasecmp(s, word, len) == 0;
}

static int find_word(const char *s, size_t len, const char *const *words,
    int count)
{
	for (int i = 0; i < count; i++)
		if (is_word(s, len, words[i]))
			return i;
	return -1;
}

/* A whole number with an optional sign, at most six digits. */
static bool number(const char *s, size_t len, int *out)
{
	size_t i = 0;
	int n = 0;

	if (i < len && (s[i] == '-' || s[i] == '+'))
		i++;
	if (i == len || len - i > 6)
		return false;
	for (; i < len; i++) {
		if (s[i] < '0' || s[i] > '9')
			return false;
		n = n * 10 + (s[i] - '0');
	}
	*out = s[0] == '-' ? -n : n;
	return true;
}

static bool take_day(struct recur_rule *r, const char *s, size_t len)
{
	int nth = 0, day;

	if (len < 2 || r->day_count == RECUR_LIST_MAX)
		return false;
	day = find_word(s + len - 2, 2, day_names, 7);
	if (day < 0)
		return false;
	if (len > 2 && (!number(s, len - 2, &nth) || nth == 0 || nth > 53 ||
	    nth < -53))
		return false;
	r->days[r->day_count].nth = nth;
	r->days[r->day_count++].weekday = day;
	return true;
}

static bool take_number(struct recur_rule *r, int by, const char *s, size_t len)
{
	const struct by *t = &by_table[by];
	int n;

	if (r->by_count[by] == RECUR_LIST_MAX || !number(s, len, &n))
		return false;
	if (n < 0 && !t->negative)
		return false;
	if (abs(n) < t->min || abs(n) > t->max)
		return false;
	r->by[by][r->by_count[by]++] = n;
	return true;
}

static bool take_list(struct recur_rule *r, int by, const char *s, size_t len)
{
	for (size_t at = 0; at <= len; ) {
		const char *comma = memchr(s + at, ',', len - at);
		size_t n = comma ? (size_t)(comma - s) - at : len - at;
		bool fine = by < 0 ? take_day(r, s + at, n) :
		    take_number(r, by, s + at, n);

		if (!fine)
			return false;
		at += n + 1;
	}
	return true;
}

static bool take_value(struct recur_rule *r, const char *name, size_t name_len,
    const char *v, size_t len)
{
	int n;

	if (is_word(name, name_len, "FREQ")) {
		n = find_word(v, len, freq_names, 6);
		r->freq = n < 0 ? RECUR_DAILY : (enum recur_freq)n;
		return n >= 0;
	}
	if (is_word(name, name_len, "INTERVAL"))
		return number(v, len, &r->interval) && r->interval > 0 &&
		    r->interval <= 10000;
	if (is_word(name, name_len, "COUNT"))
		return number(v, len, &r->count) && r->count > 0;
	if (is_word(name, name_len, "UNTIL"))
		return r->has_until = event_stamp_parse(v, len, &r->until);
	if (is_word(name, name_len, "WKST"))
		return (r->wkst = find_word(v, len, day_names, 7)) >= 0;
	if (is_word(name, name_len, "BYDAY"))
		return take_list(r, -1, v, len);
	for (int by = 0; by < RECUR_BY_COUNT; by++)
		if (is_word(name, name_len, by_table[by].name))
			return take_list(r, by, v, len);
	/* parts of other RFCs that change nothing */
	if (is_word(name, name_len, "SKIP"))
		return is_word(v, len, "OMIT");
	if (is_word(name, name_len, "RSCALE"))
		return is_word(v, len, "GREGORIAN");
	return name_len > 2 && strncasecmp(name, "X-", 2) == 0;
}

static int longest_month(int month)
{
	return month == 2 ? 29 : wall_days_in_month(2024, month);
}

/* Some listed day exists in some listed month. */
static bool has_possible_day(const struct recur_rule *r)
{
	int days = r->by_count[RECUR_BYMONTHDAY];
	int months = r->by_count[RECUR_BYMONTH];

	if (!days || !months)
		return true;
	for (int d = 0; d < days; d++)
		for (int m = 0; m < months; m++)
			if (abs(r->by[RECUR_BYMONTHDAY][d]) <=
			    longest_month(r->by[RECUR_BYMONTH][m]))
				return true;
	return false;
}

/* "2MO" needs a month or a year; BYSETPOS needs a set to choose from. */
static bool agrees(const struct recur_rule *r)
{
	bool nth = false;

	for (int i = 0; i < r->day_count; i++)
		nth = nth || r->days[i].nth != 0;
	if (nth && r->freq != RECUR_MONTHLY && r->freq != RECUR_YEARLY)
		return false;
	if (r->by_count[RECUR_BYSETPOS] && !r->day_count) {
		int others = 0;

		for (int by = 0; by < RECUR_BYSETPOS; by++)
			others += r->by_count[by];
		return others > 0;
	}
	return true;
}

static bool check_whole(const struct recur_rule *r, const char *text,
    bool has_freq, struct err *err)
{
	size_t len = strlen(text);

	if (!has_freq)
		return refuse(err, "it does not say how often (FREQ)", text, len);
	if (r->by_count[RECUR_BYWEEKNO] && r->freq != RECUR_YEARLY)
		return refuse(err, "BYWEEKNO goes with FREQ=YEARLY only", text,
		    len);
	if (r->by_count[RECUR_BYYEARDAY] && r->freq != RECUR_YEARLY &&
	    r->freq > RECUR_HOURLY)
		return refuse(err, "BYYEARDAY goes with FREQ=YEARLY only", text,
		    len);
	if (!agrees(r))
		return refuse(err, "its parts contradict each other", text, len);
	if (!has_possible_day(r))
		return refuse(err, "no such day exists in any year", text, len);
	return true;
}

bool recur_rule_parse(const char *text, struct recur_rule *out, struct err *err)
{
	struct recur_rule r = { .interval = 1 };
	unsigned seen_freq = 0;

	if (strlen(text) > 1000)
		return refuse(err, "it is longer than 1,000 bytes", text, 40);
	for (const char *p = text; *p; ) {
		size_t n = strcspn(p, ";");
		const char *eq = memchr(p, '=', n);

		if (n && !eq)
			return refuse(err, "a part has no value", p, n);
		if (n && is_word(p, (size_t)(eq - p), "FREQ")) {
			if (is_word(eq + 1, n - 5, "SECONDLY"))
				return refuse(err, "events every second are "
				    "not supported", p, n);
			if (seen_freq++)
				return refuse(err, "FREQ stands twice", p, n);
		}
		if (n && !take_value(&r, p, (size_t)(eq - p), eq + 1,
		    n - (size_t)(eq - p) - 1))
			return refuse(err, "this part is not valid", p, n);
		p += n + (p[n] != '\0');
	}
	if (!check_whole(&r, text, seen_freq != 0, err))
		return false;
	*out = r;
	return true;
}

bool recur_check_rule(const char *rrule, struct err *err)
{
	struct recur_rule r;

	return recur_rule_parse(rrule, &r, err);
}

void recur_rule_format(struct str *out, const struct recur_rule *r)
{
	str_addf(out, "FREQ=%s;INTERVAL=%d", freq_names[r->freq], r->interval);
	for (int by = 0; by < RECUR_BY_COUNT; by++)
		for (int i = 0; i < r->by_count[by]; i++)
			str_addf(out, "%s%s%s%d", i ? "," : ";",
			    i ? "" : by_table[by].name, i ? "" : "=",
			    r->by[by][i]);
	for (int i = 0; i < r->day_count; i++) {
		str_add(out, i ? "," : ";BYDAY=");
		if (r->days[i].nth)
			str_addf(out, "%d", r->days[i].nth);
		str_add(out, day_names[r->days[i].weekday]);
	}
	str_addf(out, ";WKST=%s", day_names[r->wkst]);
}
