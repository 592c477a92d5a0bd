/* What was sent -> a typed struct, or a sentence per field; knows no page. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "serve/form.h"
#include "util/str.h"
#include "util/banned.h"

#define DEFAULT_MAX_CHARS 200

struct reading {
	struct pool *pool;
	const struct form_field *field;
	const char *text;		/* as sent; NULL = absent */
	void *out;			/* the member */
	const char *error;
};

static bool
wrong(struct reading *r, const char *remedy)
{
	r->error = pool_printf(r->pool, "%s: %s", r->field->label, remedy);
	return false;
}

/* Characters, not bytes. */
static size_t
char_count(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

static bool
length_fits(struct reading *r, const char *text)
{
	size_t n = char_count(text), max = r->field->max ? (size_t)r->field->max :
	    DEFAULT_MAX_CHARS;

	if (n > max)
		return wrong(r, pool_printf(r->pool, "at most %zu characters, these "
		    "are %zu.", max, n));
	if (n < (size_t)r->field->min && n > 0)
		return wrong(r, pool_printf(r->pool, "at least %" PRId64
		    " characters.", r->field->min));
	return true;
}

static bool
read_text(struct reading *r)
{
	const char *text = str_trim(r->pool, r->text);

	*(const char **)r->out = text;
	if (strpbrk(text, "\r\n"))
		return wrong(r, "one line, please, without line breaks.");
	return length_fits(r, text);
}

static bool
read_lines(struct reading *r)
{
	char *text = pool_strdup(r->pool, r->text), *to = text;
	const char *from;

	for (from = text; *from; from++) {
		if (*from == '\r' && from[1] == '\n')
			continue;
		*to++ = *from == '\r' ? '\n' : *from;
	}
	*to = '\0';
	*(const char **)r->out = text;
	return length_fits(r, text);
}

static bool
read_email(struct reading *r)
{
	const char *text, *at;

	if (!read_text(r))
		return false;
	text = *(const char **)r->out;
	at = strchr(text, '@');
	if (!at || at == text || !at[1] || strchr(at + 1, '@') ||
	    strpbrk(text, " \t,;<>"))
		return wrong(r, "write it like name@example.com.");
	return true;
}

static bool
read_url(struct reading *r)
{
	const char *text, *host;

	if (!read_text(r))
		return false;
	text = *(const char **)r->out;
	host = strncasecmp(text, "https://", 8) == 0 ? text + 8 :
	    strncasecmp(text, "http://", 7) == 0 ? text + 7 : NULL;
	if (!host || strcspn(host, "/?#") == 0 || strpbrk(text, " \t\\<>\""))
		return wrong(r, "write the whole address, like "
		    "https://cloud.example.com.");
	if (memchr(host, '@', strcspn(host, "/?#")))
		return wrong(r, "without a name or password in it; they have "
		    "fields of their own.");
	return true;
}

static bool
read_zone(struct reading *r)
{
	if (!read_text(r))
		return false;
	if (!zone_find(*(const char **)r->out))
		return wrong(r, "choose a time zone from the list.");
	return true;
}

static bool
to_i64(const char *text, int64_t *out)
{
	unsigned long long n;
	bool minus = text[0] == '-';

	if (!str_to_u64(text + minus, &n) || n > INT64_MAX)
		return false;
	*out = minus ? -(int64_t)n : (int64_t)n;
	return true;
}

static bool
read_int(struct reading *r)
{
	int64_t n;

	if (!to_i64(str_trim(r->pool, r->text), &n))
		return wrong(r, "write a whole number.");
	if ((r->field->min || r->field->max) &&
	    (n < r->field->min || n > r->field->max))
		return wrong(r, pool_printf(r->pool, "a number from %" PRId64 " to %"
		    PRId64 ".", r->field->min, r->field->max));
	*(int64_t *)r->out = n;
	return true;
}

static bool
to_id(const char *text, uint64_t *out)
{
	unsigned long long n;

	if (!str_to_u64(text, &n) || n == 0 || text[0] == '0')
		return false;
	*out = n;
	return true;
}

static bool
read_id(struct reading *r)
{
	return to_id(r->text, r->out) || wrong(r, "choose one from the list.");
}

static bool
read_bool(struct reading *r)
{
	*(bool *)r->out = str_eq(r->text, "1");
	return *(bool *)r->out || wrong(r, "tick the box or leave it.");
}

static bool
read_choice(struct reading *r)
{
	int i;

	for (i = 0; r->field->choices[i]; i++)
		if (str_eq(r->field->choices[i], r->text)) {
			*(int *)r->out = i;
			return true;
		}
	return wrong(r, "choose one from the list.");
}

/* Exactly n digits. */
static bool
digits(const char **p, int n, int *out)
{
	for (*out = 0; n > 0; n--, (*p)++) {
		if (**p < '0' || **p > '9')
			return false;
		*out = *out * 10 + (**p - '0');
	}
	return true;
}

static bool
read_date(struct reading *r)
{
	const char *p = r->text;
	struct wall w = { 0 };

	if (!digits(&p, 4, &w.year) || *p++ != '-' || !digits(&p, 2, &w.month) ||
	    *p++ != '-' || !digits(&p, 2, &w.day) || *p || !wall_valid(&w))
		return wrong(r, "write a day that exists, like 2026-11-20.");
	*(struct wall *)r->out = w;
	return true;
}

static bool
read_time(struct reading *r)
{
	const char *p = r->text;
	int hour, minute, second = 0;

	if (!digits(&p, 2, &hour) || *p++ != ':' || !digits(&p, 2, &minute) ||
	    (*p == ':' && (p++, !digits(&p, 2, &second))) || *p || hour > 23 ||
	    minute > 59 || second > 59)
		return wrong(r, "write a time like 09:30.");
	*(int *)r->out = hour * 60 + minute;
	return true;
}

static bool
read_password(struct reading *r)
{
	*(const char **)r->out = r->text;
	return length_fits(r, r->text);
}

static bool (*const readers[])(struct reading *) = {
	[FORM_TEXT] = read_text, [FORM_LINES] = read_lines,
	[FORM_EMAIL] = read_email, [FORM_PASSWORD] = read_password,
	[FORM_URL] = read_url, [FORM_ZONE] = read_zone, [FORM_INT] = read_int,
	[FORM_ID] = read_id, [FORM_BOOL] = read_bool, [FORM_CHOICE] = read_choice,
	[FORM_DATE] = read_date, [FORM_TIME] = read_time,
};

static void
set_absent(const struct form_field *field, void *out)
{
	switch (field->type) {
	case FORM_CHOICE:
	case FORM_TIME:
		*(int *)out = -1;
		break;
	case FORM_INT: *(int64_t *)out = 0; break;
	case FORM_ID: *(uint64_t *)out = 0; break;
	case FORM_IDS: *(struct form_ids *)out = (struct form_ids){ 0 }; break;
	case FORM_BOOL: *(bool *)out = false; break;
	case FORM_DATE: *(struct wall *)out = (struct wall){ 0 }; break;
	default: *(const char **)out = "";
	}
}

static bool
read_ids(struct reading *r, const struct request *req)
{
	struct form_ids *ids = r->out;
	uint64_t *items = pool_array(r->pool, req->form.count + 1, sizeof(*items));
	size_t i;

	for (i = 0; i < req->form.count; i++)
		if (str_eq(req->form.items[i].name, r->field->name) &&
		    !to_id(req->form.items[i].value, &items[ids->count++]))
			return wrong(r, "choose from the list.");
	ids->items = items;
	return ids->count > 0 || !r->field->required ||
	    wrong(r, "choose at least one.");
}

static bool
read_field(struct reading *r)
{
	bool blank = !r->text || !*r->text || (r->field->type != FORM_PASSWORD &&
	    !*str_trim(r->pool, r->text));

	if (!blank)
		return readers[r->field->type](r);
	if (!r->field->required)
		return true;
	return wrong(r, r->field->type == FORM_CHOICE || r->field->type == FORM_ID ||
	    r->field->type == FORM_ZONE ? "choose one from the list." :
	    r->field->type == FORM_BOOL ? "tick the box." : "please fill this in.");
}

static const struct form_field *
find_field(const struct form *form, const char *name)
{
	size_t i;

	for (i = 0; i < form->count; i++)
		if (str_eq(form->fields[i].name, name))
			return &form->fields[i];
	return NULL;
}

/* Fields nobody asked for, and fields sent twice, come from no page of ours. */
static const char *
find_strange(const struct request *req, const struct form *form)
{
	const struct form_field *field;
	const char *name;
	size_t i, j;

	for (i = 0; i < req->form.count; i++) {
		name = req->form.items[i].name;
		field = find_field(form, name);
		if (!field && !str_eq(name, "csrf"))
			return "The form was sent with a field that it does not "
			    "have. Load the page again.";
		for (j = 0; j < i; j++)
			if (str_eq(req->form.items[j].name, name) &&
			    (!field || field->type != FORM_IDS))
				return "The form was sent with a field twice. Load the "
				    "page again.";
	}
	return NULL;
}

bool
form_read(const struct request *req, const struct form *form, void *out,
    struct form_state **state_out)
{
	struct form_state *state = form_new(req->pool, form);
	bool good = true;
	size_t i;

	state->sent = true;
	state->message = find_strange(req, form);
	for (i = 0; i < form->count; i++) {
		struct reading r = { req->pool, &form->fields[i],
		    request_form(req, form->fields[i].name),
		    (char *)out + form->fields[i].offset, NULL };

		set_absent(r.field, r.out);
		if (r.field->type == FORM_IDS ? !read_ids(&r, req) : !read_field(&r))
			good = false;
		if (!good && r.error)
			state->errors[i] = r.error;
		if (r.text && r.field->type != FORM_PASSWORD)
			state->values[i] = r.text;
	}
	*state_out = state;
	return good && !state->message;
}
