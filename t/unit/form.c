/* Forms: each type's good and bad values, and what no page of ours sends. */
#include "t/tap.h"
#include "serve/form.h"
#include "util/pool.h"
#include "util/str.h"

static const char *const colours[] = { "red", "green", NULL };

struct sample {
	const char *name, *notes, *email, *password, *url, *zone;
	int64_t count;
	uint64_t calendar;
	struct form_ids picks;
	bool agree;
	int colour;
	struct wall day;
	int at;
};

static const struct form_field fields[] = {
	FORM_FIELD(struct sample, name, FORM_TEXT, "Name", .required = true, .max = 10),
	FORM_FIELD(struct sample, notes, FORM_LINES, "Notes"),
	FORM_FIELD(struct sample, email, FORM_EMAIL, "E-mail"),
	FORM_FIELD(struct sample, password, FORM_PASSWORD, "Password"),
	FORM_FIELD(struct sample, url, FORM_URL, "Address"),
	FORM_FIELD(struct sample, zone, FORM_ZONE, "Time zone"),
	FORM_FIELD(struct sample, count, FORM_INT, "Count", .min = -5, .max = 99),
	FORM_FIELD(struct sample, calendar, FORM_ID, "Calendar"),
	FORM_FIELD(struct sample, picks, FORM_IDS, "Picks"),
	FORM_FIELD(struct sample, agree, FORM_BOOL, "Agreement"),
	FORM_FIELD(struct sample, colour, FORM_CHOICE, "Colour", .choices = colours),
	FORM_FIELD(struct sample, day, FORM_DATE, "Day"),
	FORM_FIELD(struct sample, at, FORM_TIME, "Time"),
};
static const struct form form = FORM(fields);

static struct pool *pool;
static struct sample got;
static struct form_state *state;

static bool
read_body(const char *body)
{
	struct request req = { .pool = pool };
	struct err err;

	if (!request_parse_pairs(pool, body, &req.form, &err))
		return false;
	memset(&got, 0x55, sizeof(got));
	return form_read(&req, &form, &got, &state);
}

static void
test_good(void)
{
	ok(read_body("csrf=x&name=+Ann+&notes=a%0d%0ab&email=a%40b.c&password=+p+&"
	    "url=https%3A%2F%2Fx.example%2Fdav&zone=Europe%2FBerlin&count=-3&"
	    "calendar=7&picks=1&picks=22&agree=1&colour=green&day=2024-02-29&"
	    "at=09%3A30"), "all good");
	is_text(got.name, "Ann", "trimmed");
	is_text(got.notes, "a\nb", "one kind of line break");
	is_text(got.password, " p ", "a password as typed");
	is_int(got.count, -3, "a number");
	is_int(got.calendar, 7, "an id");
	ok(got.picks.count == 2 && got.picks.items[1] == 22, "repeated ids");
	ok(got.agree && got.colour == 1, "box and choice");
	ok(got.day.month == 2 && got.day.day == 29 && got.at == 570, "day and time");
	is_text(form_value(state, "name"), " Ann ", "given back as typed");
	is_text(form_value(state, "password"), "", "but never a password");
	ok(read_body("name=x"), "the rest is optional");
	ok(got.colour == -1 && got.at == -1 && got.day.year == 0 && !got.agree &&
	    got.picks.count == 0 && got.calendar == 0 && *got.notes == '\0',
	    "and has its word for none");
	ok(read_body("name=%C3%A4%C3%A4%C3%A4%C3%A4%C3%A4%C3%A4%C3%A4%C3%A4%C3%A4%C3%A4"),
	    "characters are counted, not bytes");
}

/* field, value as sent */
static const char *const bad[][2] = {
	{ "name", "" }, { "name", "%20%20" }, { "name", "12345678901" },
	{ "name", "a%0ab" }, { "email", "a" }, { "email", "a%40" },
	{ "email", "%40b" }, { "email", "a%40b%40c" }, { "email", "a+b%40c" },
	{ "url", "x.example" }, { "url", "ftp%3A%2F%2Fx" }, { "url", "https%3A%2F%2F" },
	{ "url", "javascript%3Aalert(1)" }, { "url", "https%3A%2F%2Fu%3Ap%40h%2F" },
	{ "url", "https%3A%2F%2Fa%5Cb" }, { "zone", "Mars%2FBase" },
	{ "zone", "..%2F..%2Fetc%2Fpasswd" }, { "count", "x" }, { "count", "1.5" },
	{ "count", "100" }, { "count", "-6" }, { "count", "99999999999999999999" },
	{ "calendar", "0" }, { "calendar", "x" }, { "calendar", "-1" },
	{ "picks", "0" }, { "picks", "x" }, { "agree", "yes" },
	{ "colour", "blue" }, { "day", "2023-02-29" }, { "day", "29.2.2024" },
	{ "day", "2024-2-9" }, { "day", "2024-02-29x" }, { "at", "24%3A00" },
	{ "at", "9%3A30" }, { "at", "09%3A60" }, { "at", "09%3A30x" },
};

static void
test_bad(void)
{
	const char *body;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		body = pool_printf(pool, "%s%s=%s", str_eq(bad[i][0], "name") ? "" :
		    "name=x&", bad[i][0], bad[i][1]);
		ok(!read_body(body), "refused: %s", body);
		ok(form_error(state, bad[i][0]) && !state->message,
		    "beside its field: %s", form_error(state, bad[i][0]));
	}
	ok(!read_body(""), "nothing at all");
	is_text(form_error(state, "name"), "Name: please fill this in.",
	    "names the field and the remedy");
	ok(!read_body("name=x&name=y") && state->message, "doubled");
	ok(!read_body("name=x&role=3") && state->message, "foreign");
	ok(!read_body("name=x&csrf=a&csrf=b") && state->message, "doubled token");
}

int
main(void)
{
	pool = pool_new(NULL);
	test_good();
	test_bad();
	form_complain(state, "url", "No.");
	is_text(form_error(state, "url"), "No.", "a sentence by hand");
	pool_free(pool);
	return done();
}
