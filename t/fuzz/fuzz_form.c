/*
 * A whole request on any bytes (libFuzzer): the first line is the address with
 * its query, the second the cookies, the rest the body of a form. What gets
 * through is text, within its bounds, and wrong fields have their sentence.
 */
#include <stdint.h>
#include <string.h>
#include "serve/form.h"
#include "util/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const char *const colours[] = { "red", "green", NULL };

struct sample {
	const char *name, *notes, *email, *password, *url, *zone;
	int64_t count;
	uint64_t calendar;
	struct form_ids picks;
	bool agree;
	int colour, at;
	struct wall day;
};

static const struct form_field fields[] = {
	FORM_FIELD(struct sample, name, FORM_TEXT, "Name", .required = true,
	    .max = 10),
	FORM_FIELD(struct sample, notes, FORM_LINES, "Notes"),
	FORM_FIELD(struct sample, email, FORM_EMAIL, "E-mail"),
	FORM_FIELD(struct sample, password, FORM_PASSWORD, "Password"),
	FORM_FIELD(struct sample, url, FORM_URL, "Address"),
	FORM_FIELD(struct sample, zone, FORM_ZONE, "Time zone"),
	FORM_FIELD(struct sample, count, FORM_INT, "Count", .min = -5, .max = 99),
	FORM_FIELD(struct sample, calendar, FORM_ID, "Calendar"),
	FORM_FIELD(struct sample, picks, FORM_IDS, "Picks"),
	FORM_FIELD(struct sample, agree, FORM_BOOL, "Agreement"),
	FORM_FIELD(struct sample, colour, FORM_CHOICE, "Colour",
	    .choices = colours),
	FORM_FIELD(struct sample, at, FORM_TIME, "Time"),
	FORM_FIELD(struct sample, day, FORM_DATE, "Day"),
};
static const struct form form = FORM(fields);

struct text { const char *at; size_t left; };

static size_t read_text(void *arg, char *out, size_t len)
{
	struct text *t = arg;
	size_t n = len < t->left ? len : t->left;

	memcpy(out, t->at, n);
	t->at += n;
	t->left -= n;
	return n;
}

static const char *take_line(struct pool *pool, struct text *t)
{
	const char *lf = memchr(t->at, '\n', t->left);
	size_t n = lf ? (size_t)(lf - t->at) : t->left;
	const char *line = pool_strndup(pool, t->at, n);

	t->at += lf ? n + 1 : n;
	t->left -= lf ? n + 1 : n;
	return line;
}

static void check_text(const char *text, const char *what, bool lines)
{
	if (!str_utf8_valid(text, strlen(text)))
		die("%s is not UTF-8", what);
	for (const unsigned char *p = (const unsigned char *)text; *p; p++)
		if (*p == 127 || (*p < 32 && *p != '\t' &&
		    !(lines && (*p == '\n' || *p == '\r'))))
			die("%s holds the byte %d", what, *p);
}

static void check_pairs(const struct request_pairs *pairs, const char *what,
    bool lines)
{
	for (size_t i = 0; i < pairs->count; i++) {
		check_text(pairs->items[i].name, what, false);
		check_text(pairs->items[i].value, what, lines);
	}
}

static void check_form(const struct request *req)
{
	struct form_state *state;
	struct sample in;
	bool wrong, good;

	memset(&in, 0x55, sizeof(in));
	good = form_read(req, &form, &in, &state);
	wrong = state->message != NULL;
	for (size_t i = 0; i < form.count; i++)
		wrong = wrong || state->errors[i];
	if (wrong == good)
		die("right and wrong at once");
	if (*form_value(state, "password"))
		die("a password is given back");
	if (!good)
		return;
	if (!*in.name || strlen(in.name) > 40 || in.count < -5 ||
	    in.count > 99 || in.colour < -1 || in.colour > 1 || in.at < -1 ||
	    in.at > 1439 || (in.day.year && !wall_valid(&in.day)))
		die("out of bounds");
	check_text(in.name, "name", false);
	check_text(in.url, "url", false);
	check_text(in.notes, "notes", true);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct pool *pool = pool_new(NULL);
	struct text t = { (const char *)data, len };
	const char *uri = take_line(pool, &t), *cookie = take_line(pool, &t);
	char *params[] = {
		(char *)"REQUEST_METHOD=POST",
		pool_printf(pool, "REQUEST_URI=%s", uri),
		pool_printf(pool, "HTTP_COOKIE=%s", cookie),
		(char *)"CONTENT_TYPE=application/x-www-form-urlencoded",
		pool_printf(pool, "CONTENT_LENGTH=%zu", t.left),
		(char *)"REMOTE_ADDR=203.0.113.7", NULL,
	};
	struct request_source source = { params, read_text, &t };
	struct request req;
	struct err err = { 0 };

	if (request_parse(pool, &source, &req, &err) == REQUEST_FINE) {
		check_text(req.path, "the path", false);
		check_pairs(&req.query, "the query", true);
		check_pairs(&req.cookies, "a cookie", false);
		check_pairs(&req.form, "the form", true);
		if (req.form.count > REQUEST_MAX_FIELDS)
			die("%zu fields", req.form.count);
		check_form(&req);
	} else if (!*err.msg) {
		die("refused without a reason");
	}
	pool_free(pool);
	return 0;
}
