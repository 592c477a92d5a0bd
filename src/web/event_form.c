/* An event's form: its fields, filled from an event and read back. */
#include "model/event_words.h"
#include "util/str.h"
#include "web/event_form.h"
#include "util/banned.h"

#define HOUR 3600

const char *const event_form_repeats[] = { "none", "daily", "weekly", "monthly",
	"yearly", "other", NULL };
const char *const event_form_days[7] = { "mo", "tu", "we", "th", "fr", "sa",
	"su" };
static const struct form_field event_fields[] = {
	FORM_FIELD(struct event_form, summary, FORM_TEXT, "Title", .max = 500),
	FORM_FIELD(struct event_form, location, FORM_TEXT, "Place", .max = 1000),
	FORM_FIELD(struct event_form, description, FORM_LINES, "Notes",
	    .max = EVENT_FORM_NOTES_MOST),
	FORM_FIELD(struct event_form, zone, FORM_TEXT, "Time zone", .max = 255),
	FORM_FIELD(struct event_form, date, FORM_TEXT, "Date", .max = 32),
	FORM_FIELD(struct event_form, once, FORM_TEXT, "Form", .max = 32),
	FORM_FIELD(struct event_form, scope, FORM_TEXT, "Dates", .max = 16),
	FORM_FIELD(struct event_form, calendar, FORM_ID, "Calendar"),
	FORM_FIELD(struct event_form, rev, FORM_ID, "Version"),
	FORM_FIELD(struct event_form, all_day, FORM_BOOL, "All day"),
	FORM_FIELD(struct event_form, start_day, FORM_DATE, "Start",
	    .required = true),
	FORM_FIELD(struct event_form, start_time, FORM_TIME, "Start time"),
	FORM_FIELD(struct event_form, end_day, FORM_DATE, "End"),
	FORM_FIELD(struct event_form, end_time, FORM_TIME, "End time"),
	FORM_FIELD(struct event_form, repeat, FORM_CHOICE, "Repeats",
	    .choices = event_form_repeats),
	FORM_FIELD(struct event_form, interval, FORM_INT, "Repeat every",
	    .min = 1, .max = 999),
	FORM_FIELD(struct event_form, mo, FORM_BOOL, "Monday"),
	FORM_FIELD(struct event_form, tu, FORM_BOOL, "Tuesday"),
	FORM_FIELD(struct event_form, we, FORM_BOOL, "Wednesday"),
	FORM_FIELD(struct event_form, th, FORM_BOOL, "Thursday"),
	FORM_FIELD(struct event_form, fr, FORM_BOOL, "Friday"),
	FORM_FIELD(struct event_form, sa, FORM_BOOL, "Saturday"),
	FORM_FIELD(struct event_form, su, FORM_BOOL, "Sunday"),
	FORM_FIELD(struct event_form, until, FORM_DATE, "Last day"),
	FORM_FIELD(struct event_form, count, FORM_INT, "Number of times",
	    .min = 1, .max = 9999),
};
const struct form event_form = FORM(event_fields);

/* ---- the form from an event ---- */

static void
put_number(struct web *web, struct form_state *state, const char *name,
    uint64_t n)
{
	form_put(state, name, n ? pool_printf(web->pool, "%llu",
	    (unsigned long long)n) : "");
}

static void
put_day(struct web *web, struct form_state *state, const char *name,
    const struct wall *w)
{
	form_put(state, name, w->year ? pool_printf(web->pool,
	    "%04d-%02d-%02d", w->year, w->month, w->day) : "");
}

void
event_form_put(struct web *web, struct form_state *state,
    const struct event_input *in)
{
	form_put(state, "summary", in->summary);
	form_put(state, "location", in->location);
	form_put(state, "description", in->description);
	form_put(state, "zone", in->zone);
	form_put(state, "all_day", in->all_day ? "1" : "");
	put_day(web, state, "start_day", &in->start);
	/* Empty = the day of the start: moving that moves both. */
	if (in->end.year != in->start.year || in->end.month != in->start.month ||
	    in->end.day != in->start.day)
		put_day(web, state, "end_day", &in->end);
	if (!in->all_day) {
		form_put(state, "start_time",
		    event_words_clock(web->pool, &in->start));
		form_put(state, "end_time",
		    event_words_clock(web->pool, &in->end));
	}
	form_put(state, "repeat", event_form_repeats[in->repeat]);
	put_number(web, state, "interval", (uint64_t)in->interval);
	put_number(web, state, "count", (uint64_t)in->count);
	put_day(web, state, "until", &in->until);
	for (int i = 0; i < 7; i++)
		form_put(state, event_form_days[i],
		    in->weekdays & 1u << i ? "1" : "");
}

/* ---- the event from the form ---- */

static struct wall
at_minute(const struct wall *day, int minute)
{
	struct wall w = *day;

	w.hour = minute > 0 ? minute / 60 : 0;
	w.minute = minute > 0 ? minute % 60 : 0;
	w.second = 0;
	return w;
}

static void
take_end(const struct event_form *f, struct event_input *in)
{
	struct wall day = f->end_day.year ? f->end_day : f->start_day;

	if (f->all_day)
		in->end = day;
	else if (f->end_time >= 0)
		in->end = at_minute(&day, f->end_time);
	else if (f->end_day.year)
		in->end = at_minute(&day, f->start_time);
	else
		in->end = wall_add_secs(&in->start, HOUR);
}

bool
event_form_take(const struct event_form *f, struct form_state *state,
    struct event_input *in)
{
	const bool days[] = { f->mo, f->tu, f->we, f->th, f->fr, f->sa, f->su };

	*in = (struct event_input){
		.summary = f->summary, .location = f->location,
		.description = f->description, .zone = f->zone,
		.once = f->once,
		.all_day = f->all_day, .until = f->until,
		.start = at_minute(&f->start_day, f->all_day ? 0 :
		    f->start_time),
		.repeat = f->repeat < 0 ? EVENT_REPEAT_NONE :
		    (enum event_repeat)f->repeat,
		.interval = (int)f->interval, .count = (int)f->count,
	};
	for (int i = 0; i < 7; i++)
		in->weekdays |= days[i] ? 1u << i : 0;
	if (!f->all_day && f->start_time < 0) {
		form_complain(state, "start_time",
		    "Start time is missing: give one, or tick All day.");
		return false;
	}
	take_end(f, in);
	return true;
}

/* Seconds are not in the form: what it shows unchanged stays as it was. */
void
event_form_keep_seconds(const struct event_input *was, struct event_input *in)
{
	if (in->start.hour == was->start.hour &&
	    in->start.minute == was->start.minute)
		in->start.second = was->start.second;
	if (in->end.hour == was->end.hour && in->end.minute == was->end.minute)
		in->end.second = was->end.second;
}

/* An error of the act beside the field that it names. */
void
event_form_complain(struct form_state *state, const struct err *err)
{
	static const struct { const char *begins, *field; } places[] = {
		{ "Start", "start_day" }, { "The start", "start_day" },
		{ "End", "end_day" }, { "The end", "end_day" },
		{ "Time zone", "zone" }, { "The time zone", "zone" },
		{ "Repeat every", "interval" }, { "Days", "repeat" },
		{ "The repetition", "repeat" }, { "Last day", "until" },
		{ "Number of times", "count" }, { "The title", "summary" },
	};

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (err->kind == ERR_INPUT &&
		    str_starts(err->msg, places[i].begins)) {
			form_complain(state, places[i].field, err->msg);
			return;
		}
	form_complain(state, NULL, err->msg);
}
