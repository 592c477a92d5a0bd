/* Google's events read: hostile ones first, then what each member becomes, and
 * what is kept of them. */
#include "t/google_kit.h"

static struct pool *pool;

#define WHEN "'start':{'dateTime':'2026-01-05T09:30:00+01:00','timeZone':" \
    "'Europe/Berlin'},'end':{'dateTime':'2026-01-05T10:30:00+01:00'," \
    "'timeZone':'Europe/Berlin'}"
#define ITEM(more) "{'id':'x1','iCalUID':'u1'," more WHEN "}"
#define LATER(more) "{'id':'x1_2','recurringEventId':'x1'," more WHEN "}"

static const char *refusal(const char *master, const char *exceptions)
{
	struct google_map_parts parts = kit_parts(pool, master, exceptions);
	struct err err = { .scope = ERR_RUN };
	struct event *e;

	if (google_map_read(pool, &kit_berlin, &parts, &e, &err))
		return NULL;
	if (err.scope != ERR_ITEM || (err.kind != ERR_INPUT &&
	    err.kind != ERR_GONE))
		return "of the wrong kind";
	return pool_strdup(pool, err.msg);
}

static const struct hostile { const char *master, *exceptions, *why; } bad[] = {
	{ "[]", "", "Google's event cannot be read." },
	{ "{}", "", "Google's event has no readable \"start\"." },
	{ "{'start':null}", "", "Google's event has no readable \"start\"." },
	{ "{'start':'2026'}", "", "Google's event has no readable \"start\"." },
	{ "{'start':{'date':20260105}}", "", "Google's event is unreadable: "
	    "\"date\" is no text." },
	{ "{'start':{'date':'2026-02-30'}}", "", "The \"start\" of Google's "
	    "event, \"2026-02-30\", cannot be read." },
	{ "{'start':{'date':'2026-01-05T00'}}", "", "The \"start\" of Google's "
	    "event, \"2026-01-05T00\", cannot be read." },
	{ "{'start':{'dateTime':'tomorrow'}}", "", "The \"start\" of Google's "
	    "event, \"tomorrow\", cannot be read." },
	{ "{'start':{'date':'2026-01-05','dateTime':'2026-01-05T00:00:00Z'}}",
	    "", "The \"start\" of Google's event, \"2026-01-05\", cannot be "
	    "read." },
	{ "{'start':{'date':'2026-01-05'},'end':{'dateTime':"
	    "'2026-01-05T10:00:00Z'}}", "", "Google's event begins with a date "
	    "and ends with a time, or the other way round." },
	{ "{'start':{'date':'2026-01-05'},'end':{'date':'2026-01-04'}}", "",
	    "Google's event ends before it starts." },
	{ "{'id':'x','start':{'date':'0001-01-05'}}", "", "The start is not a "
	    "date between 1900 and 2200." },
	{ "{'start':{'date':'2026-01-05'}}", "", "The event has no UID." },
	{ ITEM("'summary':['S'],"), "", "Google's event is unreadable: "
	    "\"summary\" is no text." },
	{ ITEM("'description':1e300,"), "", "Google's event is unreadable: "
	    "\"description\" is no text." },
	{ ITEM("'recurrence':'RRULE:FREQ=DAILY',"), "", "Google's repetition "
	    "cannot be read: no list, or too long." },
	{ ITEM("'recurrence':[7],"), "", "Google's repetition holds what is no "
	    "text." },
	{ ITEM("'recurrence':['DTSTART:20260105T093000Z'],"), "", "Google's "
	    "repetition \"DTSTART:20260105T093000Z\" cannot be read." },
	{ ITEM("'recurrence':['RRULE:FREQ=DAILY\\nSUMMARY:X'],"), "", "Google's "
	    "repetition \"RRULE:FREQ=DAILY\nSUMMARY:X\" cannot be read." },
	{ ITEM("'extendedProperties':{'private':{'hawserX0':'BEGIN:VALARM'}},"),
	    "", "Further properties: The calendar data is cut off: a component "
	    "has no END." },
	{ ITEM(""), "[]", "A changed date of Google's series cannot be read." },
	{ ITEM(""), LATER(""), "A changed date of the series: Google's event "
	    "has no readable \"originalStartTime\"." },
	{ ITEM(""), LATER("'originalStartTime':{'date':'2026-01-12'},"
	    "'location':{},"), "Changed date 20260112T093000: Google's event is "
	    "unreadable: \"location\" is no text." },
	{ "{'id':'x1','status':'cancelled'}", "", "The event was deleted at "
	    "Google." },
};

static void hostile(void)
{
	struct str s;
	const char *why;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		is_text(refusal(bad[i].master, bad[i].exceptions), bad[i].why,
		    pool_printf(pool, "refused: %.60s", bad[i].master));
	str_init(&s, pool, 4 * 1024 * 1024);
	for (int i = 0; i < 60001; i++)
		str_addc(&s, 'a');
	is_text(refusal(pool_printf(pool, ITEM("'summary':'%s',"), s.data), ""),
	    "The title is longer than 60000 bytes; shorten it.", "endless text");
	str_clear(&s);
	for (int i = 0; i < 2001; i++)
		str_addf(&s, "%s'EXDATE:20260105T083000Z'", i ? "," : "");
	is_text(refusal(pool_printf(pool, ITEM("'recurrence':[%s],"), s.data),
	    ""), "Google's repetition cannot be read: no list, or too long.",
	    "endless lines");
	str_clear(&s);
	for (int i = 0; i < 501; i++)
		str_addf(&s, "%s" LATER("'originalStartTime':{'dateTime':"
		    "'2026-01-05T%02d:%02d:00Z'},"), i ? "," : "", i / 60,
		    i % 60);
	is_text(refusal(ITEM(""), s.data), "The series has more than 500 "
	    "changed occurrences; begin a new series.", "endless dates");
	why = refusal(ITEM("'recurrence':['RRULE:FREQ=SECONDLY'],"), "");
	ok(why && *why, "a bomb: %s", why);
	why = refusal(ITEM("'recurrence':['EXDATE:rubbish','EXDATE'],"), "");
	ok(why && *why, "a line without a value: %s", why);
}

static struct event *one(const char *master)
{
	struct google_map_parts parts = kit_parts(pool, master, "");

	return kit_google(pool, &parts);
}

static void members(void)
{
	struct event *e = one(ITEM("'summary':'S','location':'','description':"
	    "'<p>a</p>','status':'tentative','transparency':'opaque',"
	    "'visibility':'confidential','attendees':[{'email':'a'}],"
	    "'reminders':{'useDefault':false},'colorId':'1','updated':'x',"));

	is_text(e->uid, "u1", "uid");
	is_text(e->kind, "event", "kind");
	is_text(e->master.summary, "S", "title");
	is_text(e->master.location, NULL, "an empty place is none");
	is_text(e->master.description, "<p>a</p>", "HTML as it is");
	is_text(e->master.status, "TENTATIVE", "status");
	is_text(e->master.transp, NULL, "busy is nothing special");
	is_text(e->master.extra, "CLASS:CONFIDENTIAL", "nothing but the privacy");
	is_text(e->master.tzid, "Europe/Berlin", "zone");
	is_text(one(ITEM(""))->master.status, "CONFIRMED", "no status: confirmed");
	is_text(one("{'id':'abc'," WHEN "}")->uid, "abc@google.com",
	    "no UID: as Google makes them");
	e = one(ITEM("'extendedProperties':{'private':{'hawserUid':'u2',"
	    "'hawserKind':'job','hawserStatus':'NONE','hawserTransp':'OPAQUE',"
	    "'hawserX0':'X-A:1\\nX-B:','hawserX1':'2','hawserX3':'no'},"
	    "'shared':{'hawserKind':'task'}},"));
	is_text(e->uid, "u2", "our own uid");
	is_text(e->kind, "job", "our own kind");
	is_text(e->master.status, NULL, "our own status");
	is_text(e->master.transp, "OPAQUE", "our own availability");
	is_text(e->master.extra, "X-A:1\nX-B:2", "pieces up to a gap");
	e = one(ITEM("'extendedProperties':{'private':{'hawserUid':'u2',"
	    "'hawserFor':'x0'}},"));
	is_text(e->uid, "u1", "a copy has an identity of its own");
	e = one(ITEM("'extendedProperties':{'private':{'hawserFloating':"
	    "'Europe/Berlin','hawserTime':'rubbish|'}},'recurrence':["
	    "'RRULE:FREQ=DAILY;UNTIL=20260110T083000Z',"
	    "'EXDATE;TZID=Europe/Berlin:20260106T093000,20260107T093000'],"));
	is_int(e->master.zone_kind, EVENT_ZONE_FLOATING, "floating");
	is_text(e->master.recurrence, "RRULE:FREQ=DAILY;UNTIL=20260110T093000\n"
	    "EXDATE:20260106T093000,20260107T093000", "and its repetition");
	e = one(ITEM("'extendedProperties':{'private':{'hawserFloating':"
	    "'Europe/Paris'}},"));
	is_int(e->master.zone_kind, EVENT_ZONE_NAMED, "pinned by somebody");
	e = one(ITEM("'extendedProperties':{'private':{'hawserTime':"
	    "'20260105T083000Z Europe/Berlin/20260105T093000Z Europe/Berlin|"
	    "20260105T093000|Own|20260105T103000||'}},"));
	is_text(e->master.tzid, "Europe/Berlin", "a zone nobody describes");
}

static void exceptions(void)
{
	struct google_map_parts parts = kit_parts(pool,
	    ITEM("'recurrence':['RRULE:FREQ=WEEKLY'],"),
	    "{'status':'cancelled','originalStartTime':{'dateTime':"
	    "'2026-01-19T08:30:00Z'}},"
	    "{'id':'x1_a','status':'confirmed','start':{'dateTime':"
	    "'2026-01-12T09:30:00+01:00','timeZone':'Europe/Berlin'},'end':{"
	    "'dateTime':'2026-01-12T10:30:00+01:00'},'colorId':'4',"
	    "'originalStartTime':{'date':'2026-01-12'}},"
	    "{'id':'x1_b','start':{'date':'2026-01-27'},'end':{'date':"
	    "'2026-01-28'},'originalStartTime':{'dateTime':"
	    "'2026-01-26T03:30:00-05:00','timeZone':'America/New_York'}},"
	    "{'id':'x1_c','status':'cancelled','originalStartTime':{'dateTime':"
	    "'2026-01-26T08:30:00Z'}},"
	    "{'id':'x1_d','summary':'stray','start':{'date':'2026-01-28'},'end':"
	    "{'date':'2026-01-29'},'originalStartTime':{'dateTime':"
	    "'2026-01-28T08:17:00Z'}}");
	struct event *e = kit_google(pool, &parts);

	is_int(e->override_count, 2, "two overrides");
	is_text(e->overrides[0].recurrence_id, "20260126T093000",
	    "a date in another zone; who lives counts");
	ok(e->overrides[0].all_day, "all-day in a series with times");
	is_text(e->overrides[1].recurrence_id, "20260128T091700",
	    "a date that the rule does not make is kept");
	is_text(e->master.recurrence, "RRULE:FREQ=WEEKLY\n"
	    "EXDATE;TZID=Europe/Berlin:20260119T093000", "a date off");
	parts = kit_parts(pool, ITEM("'recurrence':['RRULE:FREQ=WEEKLY'],"
	    "'extendedProperties':{'private':{'hawserOld0':"
	    "'20260101T000000Z,20260119T083000Z'}},"),
	    "{'status':'cancelled','originalStartTime':{'dateTime':"
	    "'2026-01-19T08:30:00Z'}}");
	is_text(kit_google(pool, &parts)->master.recurrence,
	    "RRULE:FREQ=WEEKLY", "a date given up is nothing");
}

static void uses(void)
{
	static const struct { const char *item; enum google_map_use use; } list[] = {
		{ "{}", GOOGLE_MAP_SYNC }, { "[]", GOOGLE_MAP_SKIP },
		{ "{'eventType':'default'}", GOOGLE_MAP_SYNC },
		{ "{'eventType':7}", GOOGLE_MAP_SKIP },
		{ "{'eventType':'fromGmail'}", GOOGLE_MAP_READ_ONLY },
		{ "{'eventType':'birthday'}", GOOGLE_MAP_READ_ONLY },
		{ "{'eventType':'focusTime'}", GOOGLE_MAP_SKIP },
		{ "{'eventType':'holodeck'}", GOOGLE_MAP_SKIP },
		{ "{'locked':true}", GOOGLE_MAP_READ_ONLY },
		{ "{'organizer':{'self':true}}", GOOGLE_MAP_SYNC },
		{ "{'organizer':{'email':'a'}}", GOOGLE_MAP_READ_ONLY },
		{ "{'organizer':{'self':false},'guestsCanModify':true}",
		    GOOGLE_MAP_SYNC },
	};

	for (size_t i = 0; i < sizeof(list) / sizeof(*list); i++)
		is_int(google_map_use(kit_json(pool, list[i].item)), list[i].use,
		    list[i].item);
	ok(google_map_is_gone(kit_json(pool, "{'status':'cancelled'}")), "gone");
	ok(!google_map_is_gone(kit_json(pool, "{'status':'cancelled',"
	    "'recurringEventId':'x'}")), "a date off is not");
	is_text(google_map_series_of(kit_json(pool,
	    "{'recurringEventId':'x'}")), "x", "its series");
}

static const char *version(const char *master, const char *exceptions)
{
	struct google_map_parts parts = kit_parts(pool, master, exceptions);

	return google_map_version(pool, &parts);
}

static void kept(void)
{
	struct google_map_parts parts = kit_parts(pool, ITEM("'etag':'\\\"7\\\"',"
	    "'summary':'S','htmlLink':'h','creator':{'email':'c'},'organizer':"
	    "{'email':'o','self':true},'attendees':[1],'recurrence':["
	    "'RRULE:FREQ=WEEKLY'],'extendedProperties':{'shared':{'a':'b'},"
	    "'private':{'theirs':'t','hawserX0':'X-A:1'}},"),
	    "{'id':'b','originalStartTime':{'date':'2026-01-12'},'status':"
	    "'cancelled','etag':'2'},{'id':'a','originalStartTime':{'date':"
	    "'2026-01-19'},'status':'cancelled','updated':'u'}"), back;
	struct err err = { 0 };
	size_t len;
	char *text = google_map_pack(pool, &parts, &len);

	ok(len == strlen(text) && !strstr(text, "htmlLink") &&
	    !strstr(text, "email") && !strstr(text, "theirs"), "kept: %s", text);
	ok(strstr(text, "\"exceptions\":[{\"id\":\"a\"") != NULL, "by id");
	ok(google_map_unpack(pool, text, len, &back, &err) && back.count == 2 &&
	    kit_same(pool, kit_google(pool, &parts), kit_google(pool, &back)),
	    "the same event");
	is_text(google_map_pack(pool, &back, &len), text, "the same text");
	is_text(google_map_version(pool, &back), google_map_version(pool,
	    &parts), "the same version");
	ok(google_map_unpack(pool, "{\"master\":{}}", 13, &back, &err) &&
	    !back.count, "no exceptions");
	ok(!google_map_unpack(pool, "{}", 2, &back, &err), "%s", err.msg);
	ok(!google_map_unpack(pool, "{", 1, &back, &err), "%s", err.msg);
	is_text(version("{'etag':'\\\"31\\\"'}", ""), "\"31\"", "an etag");
	is_text(version("{}", ""), NULL, "none");
	is_text(version("{'etag':7}", ""), NULL, "no text");
	ok(strlen(version("{'id':'a','etag':'1'}", "{'id':'b','etag':'2'}")) ==
	    33, "a series");
	is_text(version("{'id':'a','etag':'1'}", "{'id':'b','etag':'2'},{'id':"
	    "'c'}"), version("{'id':'a','etag':'1'}", "{'id':'c'},{'id':'b',"
	    "'etag':'2'}"), "in any order");
	ok(!str_eq(version("{'id':'a','etag':'1'}", "{'id':'b','etag':'2'}"),
	    version("{'id':'a','etag':'1'}", "{'id':'b','etag':'3'}")),
	    "another date's etag, another version");
}

static void ids(void)
{
	json_t *timed = kit_json(pool, ITEM("")), *day = kit_json(pool,
	    "{'id':'d','start':{'date':'2026-01-05'}}");

	is_text(google_map_instance_id(pool, &kit_berlin, timed,
	    "20260706T093000"), "x1_20260706T073000Z", "in summer");
	is_text(google_map_instance_id(pool, &kit_berlin, day, "20260706"),
	    "d_20260706", "a day");
	is_text(google_map_instance_id(pool, &kit_berlin, day, "never"), NULL,
	    "no key");
	is_text(google_map_id(pool, (const uint8_t[16]){ 0 }),
	    "00000000000000000000000000", "zeroes");
	is_text(google_map_id(pool, (const uint8_t[16]){ 255, 255, 255, 255, 255,
	    255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255 }),
	    "vvvvvvvvvvvvvvvvvvvvvvvvvs", "ones");
}

int main(void)
{
	pool = pool_new(NULL);
	hostile();
	members();
	exceptions();
	uses();
	kept();
	ids();
	pool_free(pool);
	return done();
}
