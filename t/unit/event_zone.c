/* Names of time zones, and VTIMEZONEs made from the rules. */
#include "model/recur.h"
#include "t/model_kit.h"

static struct pool *pool;

static void names(void)
{
	static const struct { const char *tzid, *iana; } table[] = {
		{ "Europe/Berlin", "Europe/Berlin" },
		{ "/freeassociation.sourceforge.net/Europe/Paris", "Europe/Paris" },
		{ "/freeassociation.sourceforge.net/Tzfile/America/New_York",
		  "America/New_York" },
		{ "/citadel.org/20260414_1/Europe/Dublin", "Europe/Dublin" },
		{ "/mozilla.org/20050126_1/Europe/Lisbon", "Europe/Lisbon" },
		{ "/softwarestudio.org/Olson_20011030_5/America/Indiana/Knox",
		  "America/Indiana/Knox" },
		{ "posix/Europe/Vaduz", "Europe/Vaduz" },
		{ "W. Europe Standard Time", "Europe/Berlin" },
		{ "Pacific Standard Time", "America/Los_Angeles" },
		{ "Pacific Standard Time (Mexico)", "America/Tijuana" },
		{ "Central Standard Time", "America/Chicago" },
		{ "Eastern Standard Time", "America/New_York" },
		{ "Romance Standard Time", "Europe/Paris" },
		{ "AUS Central Standard Time", "Australia/Darwin" },
		{ "Yukon Standard Time", "America/Whitehorse" },
		{ "UTC+11", NULL }, { "Customized Time Zone 1", NULL },
		{ "tzone://Microsoft/Custom", NULL }, { "", NULL },
		{ "../../etc/passwd", NULL }, { "/etc/localtime", NULL },
		{ "Europe", NULL }, { "W. Europe", NULL },
	};
	struct event none = { .zones = "" };

	for (int round = 0; round < 2; round++)	/* the second from memory */
		for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
			is_text(event_zone_iana(pool, &none, table[i].tzid),
			    table[i].iana, table[i].tzid);
	is_text(event_zone_iana(pool, &none, NULL), NULL, "no name");
}

static void by_location(void)
{
	struct event e = { .zones = "BEGIN:VTIMEZONE\nTZID:A\nX-LIC-LOCATION:"
	    "Europe/Rome\nEND:VTIMEZONE\nBEGIN:VTIMEZONE\nTZID:B\n"
	    "END:VTIMEZONE" };

	is_text(event_zone_iana(pool, &e, "A"), "Europe/Rome", "X-LIC-LOCATION");
	is_text(event_zone_iana(pool, &e, "B"), NULL, "a custom zone");
}

/* A made VTIMEZONE, read as a custom zone by libical, gives the same instants
 * as tzdata. */
static void made_zone(const char *tzid, int year)
{
	struct err err;
	char *out, *again, *p;
	size_t len, n, bad = 0, seen = 0;
	struct recur_instance *a, *b;
	struct recur_window w = { 0, wall_to_utc(&(struct wall){ year + 3, 1, 1 }) };
	struct event *e = kit_event(pool, pool_printf(pool,
	    "DTSTART;TZID=%s:%d0105T033000\nRRULE:FREQ=DAILY;COUNT=700\n",
	    tzid, year)), *custom;

	if (!ical_write(pool, e, NULL, 0, w.until, &out, &len, &err)) {
		ok(false, "written: %s", err.msg);
		return;
	}
	again = pool_strndup(pool, out, len);
	while ((p = strstr(again, tzid)) != NULL)	/* a name nobody knows */
		memset(p, 'q', strlen(tzid));
	custom = kit_try(pool, again, &err);
	ok(custom && strstr(custom->zones, "BEGIN:VTIMEZONE"),
	    "%s %d: VTIMEZONE is there", tzid, year);
	if (!custom || !recur_expand(pool, e, &w, &a, &seen, &err) ||
	    !recur_expand(pool, custom, &w, &b, &n, &err)) {
		ok(false, "expands: %s", err.msg);
		return;
	}
	is_int(n, seen, "as many");
	for (size_t i = 0; i < n && i < seen; i++) {
		bad += a[i].starts != b[i].starts;
		if (a[i].starts != b[i].starts && bad == 1)
			note("%s here %s there %s", a[i].recurrence_id,
			    when_format(pool, a[i].starts),
			    when_format(pool, b[i].starts));
	}
	ok(n > 600 && bad == 0, "%s %d: all instants agree", tzid, year);
}

int main(void)
{
	static const char *const zones[] = { "Europe/Berlin", "Europe/Dublin",
	    "America/New_York", "Australia/Lord_Howe", "America/Santiago",
	    "Asia/Kolkata", "Asia/Jerusalem", "Pacific/Auckland",
	    "America/Sao_Paulo", "Asia/Tokyo" };

	pool = pool_new(NULL);
	names();
	by_location();
	for (size_t i = 0; i < sizeof(zones) / sizeof(*zones); i++) {
		made_zone(zones[i], 2026);
		made_zone(zones[i], 2006);
	}
	pool_free(pool);
	return done();
}
