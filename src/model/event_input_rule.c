/*
 * The repetition a form can show, as an RRULE and back. Whatever a form cannot
 * show is EVENT_REPEAT_OTHER and stays as it is.
 */
#include "model/event_input_p.h"
#include <string.h>
#include "model/contentline.h"
#include "model/event_time.h"
#include "model/recur.h"
#include "util/str.h"
#include "util/banned.h"

#define RECURRENCE_MAX (256 * 1024)
#define INTERVAL_MOST 999
#define COUNT_MOST 9999

static const char *const FREQS[] = {
	[EVENT_REPEAT_NONE] = "", [EVENT_REPEAT_DAILY] = "DAILY",
	[EVENT_REPEAT_WEEKLY] = "WEEKLY", [EVENT_REPEAT_MONTHLY] = "MONTHLY",
	[EVENT_REPEAT_YEARLY] = "YEARLY",
};
static const char DAYS[7][3] = { "MO", "TU", "WE", "TH", "FR", "SA", "SU" };
static const char *const DAY_NAMES[] = { "Monday", "Tuesday", "Wednesday",
	"Thursday", "Friday", "Saturday", "Sunday" };

static bool is_rule(const char *entry, size_t len)
{
	return len > 6 && strncmp(entry, "RRULE", 5) == 0 &&
	    (entry[5] == ':' || entry[5] == ';');
}

static const struct zone *zone_of(struct pool *pool, const struct event *e)
{
	return e->master.all_day ? NULL :
	    event_part_zone(pool, e, &e->master);
}

/* The day of the series' own zone on which UNTIL falls. */
static bool read_until(struct pool *pool, const struct event *e,
    const char *value, struct wall *out)
{
	const struct zone *zone = zone_of(pool, e);
	struct event_stamp s;

	if (!event_stamp_parse(value, strlen(value), &s))
		return false;
	if (s.is_utc && zone)
		s.wall = zone_from_utc(zone, wall_to_utc(&s.wall));
	*out = s.wall;
	out->hour = out->minute = out->second = 0;
	return true;
}

static bool read_days(const char *value, unsigned *out)
{
	const char *at = value;
	int i;

	while (*at) {
		for (i = 0; i < 7; i++)
			if (strncmp(at, DAYS[i], 2) == 0)
				break;
		if (i == 7)
			return false;
		*out |= 1u << i;
		at += 2;
		if (*at == ',')
			at++;
		else if (*at)
			return false;
	}
	return *out != 0;
}

static bool read_number(const char *value, int most, int *out)
{
	unsigned long long n;

	if (!str_to_u64(value, &n) || n < 1 || n > (unsigned long long)most)
		return false;
	*out = (int)n;
	return true;
}

static bool read_freq(const char *value, struct event_input *out)
{
	int i;

	for (i = EVENT_REPEAT_DAILY; i <= EVENT_REPEAT_YEARLY; i++)
		if (str_eq(value, FREQS[i])) {
			out->repeat = (enum event_repeat)i;
			return true;
		}
	return false;
}

static bool read_rule_part(struct pool *pool, const struct event *e,
    const char *name, const char *value, struct event_input *out)
{
	if (str_eq(name, "FREQ"))
		return read_freq(value, out);
	if (str_eq(name, "INTERVAL"))
		return read_number(value, INTERVAL_MOST, &out->interval);
	if (str_eq(name, "COUNT"))
		return read_number(value, COUNT_MOST, &out->count);
	if (str_eq(name, "UNTIL"))
		return read_until(pool, e, value, &out->until);
	if (str_eq(name, "BYDAY"))
		return read_days(value, &out->weekdays);
	return str_eq(name, "WKST");
}

/* One RRULE value; false: no form can show it. */
static bool read_rule(struct pool *pool, const struct event *e, char *text,
    struct event_input *out)
{
	char *part = text, *next, *value;

	for (; part && *part; part = next) {
		next = strchr(part, ';');
		if (next)
			*next++ = '\0';
		value = strchr(part, '=');
		if (!value)
			return false;
		*value++ = '\0';
		if (!read_rule_part(pool, e, part, value, out))
			return false;
	}
	return out->repeat != EVENT_REPEAT_NONE &&
	    (out->weekdays == 0 || out->repeat == EVENT_REPEAT_WEEKLY);
}

static void as_other(struct event_input *out)
{
	out->repeat = EVENT_REPEAT_OTHER;
	out->interval = 1;
	out->weekdays = 0;
	out->count = 0;
	out->until = (struct wall){ 0 };
}

void event_input_rule_read(struct pool *pool, const struct event *e,
    struct event_input *out)
{
	const char *next = e->master.recurrence, *entry, *colon;
	size_t len;
	int rules = 0;
	bool fine = true, added = false;

	out->repeat = EVENT_REPEAT_NONE;
	out->interval = 1;
	while (next && contentline_next_entry(&next, &entry, &len)) {
		if (len > 5 && strncmp(entry, "RDATE", 5) == 0)
			added = true;
		if (!is_rule(entry, len))
			continue;
		colon = memchr(entry, ':', len);
		fine = fine && ++rules == 1 && colon && read_rule(pool, e,
		    pool_strndup(pool, colon + 1,
		    len - (size_t)(colon + 1 - entry)), out);
	}
	if (!fine || (rules == 0 && added) || (out->until.year && out->count))
		as_other(out);
}

static int at_least_one(int n)
{
	return n > 0 ? n : 1;
}

static bool same_day(const struct wall *a, const struct wall *b)
{
	return a->year == b->year && (a->year == 0 ||
	    (a->month == b->month && a->day == b->day));
}

bool event_input_rule_same(const struct event_input *a,
    const struct event_input *b)
{
	if (a->repeat != b->repeat)
		return false;
	if (a->repeat == EVENT_REPEAT_NONE || a->repeat == EVENT_REPEAT_OTHER)
		return true;
	return at_least_one(a->interval) == at_least_one(b->interval) &&
	    (a->repeat != EVENT_REPEAT_WEEKLY || a->weekdays == b->weekdays) &&
	    same_day(&a->until, &b->until) && a->count == b->count;
}

static bool check_rule(const struct event *e, const struct event_input *in,
    struct err *err)
{
	struct wall day = e->master.start;
	int weekday = wall_weekday(&day);

	day.hour = day.minute = day.second = 0;
	if (in->interval < 0 || in->interval > INTERVAL_MOST)
		return err_set(err, ERR_INPUT,
		    "Repeat every: give a number from 1 to %d.", INTERVAL_MOST);
	if (in->count < 0 || in->count > COUNT_MOST)
		return err_set(err, ERR_INPUT, "Number of times: give a number "
		    "from 1 to %d, or leave it empty.", COUNT_MOST);
	if (in->count && in->until.year)
		return err_set(err, ERR_INPUT, "Last day and number of times "
		    "cannot both end a series: leave one of them empty.");
	if (in->until.year && wall_cmp(&in->until, &day) < 0)
		return err_set(err, ERR_INPUT, "Last day: it lies before the "
		    "first. Choose a later day or leave it empty.");
	if (in->repeat == EVENT_REPEAT_WEEKLY && in->weekdays &&
	    !(in->weekdays & 1u << weekday))
		return err_set(err, ERR_INPUT, "Days: the series starts on a "
		    "%s, which is not among its days. Add it, or choose "
		    "another first day.", DAY_NAMES[weekday]);
	return true;
}

static void add_until(struct pool *pool, struct str *out,
    const struct event *e, const struct wall *day)
{
	const struct zone *zone = zone_of(pool, e);
	struct event_stamp s = { .wall = *day };

	s.wall.hour = s.wall.minute = s.wall.second = 0;
	if (e->master.all_day) {
		s.is_date = true;
	} else {
		s.wall.hour = 23;
		s.wall.minute = s.wall.second = 59;
		s.is_utc = e->master.zone_kind != EVENT_ZONE_FLOATING;
		if (zone)
			s.wall = wall_from_utc(zone_to_utc(zone, &s.wall));
	}
	str_add(out, ";UNTIL=");
	event_stamp_format(out, &s);
}

static char *rule_text(struct pool *pool, const struct event *e,
    const struct event_input *in)
{
	struct str out;
	const char *comma = "";
	int i;

	str_init(&out, pool, 200);
	str_addf(&out, "FREQ=%s", FREQS[in->repeat]);
	if (in->interval > 1)
		str_addf(&out, ";INTERVAL=%d", in->interval);
	if (in->repeat == EVENT_REPEAT_WEEKLY && in->weekdays) {
		str_add(&out, ";BYDAY=");
		for (i = 0; i < 7; i++)
			if (in->weekdays & 1u << i) {
				str_addf(&out, "%s%s", comma, DAYS[i]);
				comma = ",";
			}
	}
	if (in->count)
		str_addf(&out, ";COUNT=%d", in->count);
	if (in->until.year)
		add_until(pool, &out, e, &in->until);
	return out.data;
}

bool event_input_rule_write(struct pool *pool, struct event *e,
    const struct event_input *in, struct err *err)
{
	const char *next = e->master.recurrence, *entry;
	struct str lines;
	char *rule;
	size_t len;

	if (in->repeat == EVENT_REPEAT_OTHER)
		return true;
	if (in->repeat == EVENT_REPEAT_NONE) {
		e->master.recurrence = NULL;
		e->override_count = 0;
		return true;
	}
	if (!check_rule(e, in, err))
		return false;
	rule = rule_text(pool, e, in);
	if (!recur_check_rule(rule, err))
		return false;
	str_init(&lines, pool, RECURRENCE_MAX);
	str_addf(&lines, "RRULE:%s", rule);
	while (next && contentline_next_entry(&next, &entry, &len)) {
		if (is_rule(entry, len))
			continue;
		str_addc(&lines, '\n');
		str_addn(&lines, entry, len);
	}
	if (!str_ok(&lines))
		return err_set(err, ERR_INPUT,
		    "This series has too many cancelled dates.");
	e->master.recurrence = lines.data;
	return true;
}
