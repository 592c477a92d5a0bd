#ifndef HAWSER_SERVE_FORM_H
#define HAWSER_SERVE_FORM_H
/*
 * Forms as static tables: one row per field, one typed struct as the result.
 * Handlers never see raw strings. Missing, long, doubled and foreign fields are
 * refused with a sentence that names the field and the remedy; what was typed
 * is given back so that the page can show the form again (passwords are not).
 *
 *	struct login { const char *email; const char *password; };
 *	static const struct form_field login_fields[] = {
 *		FORM_FIELD(struct login, email, FORM_EMAIL, "E-mail", .required = true),
 *		FORM_FIELD(struct login, password, FORM_PASSWORD, "Password",
 *		    .required = true, .max = 200),
 *	};
 *	static const struct form login_form = FORM(login_fields);
 *	...
 *	struct login in;
 *	struct form_state *state;
 *	if (!form_read(web->req, &login_form, &in, &state))
 *		return show(web, state);		422, messages beside fields
 *
 * "csrf" is checked by the router before any handler and is no field.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "serve/request.h"
#include "util/when.h"

enum form_type {		/* member in the result struct */
	FORM_TEXT,		/* const char *: one line, trimmed */
	FORM_LINES,		/* const char *: line breaks kept as \n */
	FORM_EMAIL,		/* const char *: trimmed, one @ */
	FORM_PASSWORD,		/* const char *: as typed, never given back */
	FORM_URL,		/* const char *: http or https with a host */
	FORM_ZONE,		/* const char *: IANA name that exists */
	FORM_INT,		/* int64_t within min..max */
	FORM_ID,		/* uint64_t, 0 = none */
	FORM_IDS,		/* struct form_ids: a field that may be repeated */
	FORM_BOOL,		/* bool: a check box, "1" or absent */
	FORM_CHOICE,		/* int: index into choices, -1 = none */
	FORM_DATE,		/* struct wall, 2026-11-20; year 0 = none */
	FORM_TIME,		/* int: minutes after midnight from 09:30, -1 = none */
};

struct form_ids { const uint64_t *items; size_t count; };

struct form_field {
	const char *name;		/* in the page and in messages' data */
	const char *label;		/* in messages: "E-mail is missing: ..." */
	enum form_type type;
	bool required;
	int64_t min, max;		/* characters, or bounds of a number;
					 * max 0 = 200 characters, no bound */
	const char *const *choices;	/* NULL-ended, values as sent */
	size_t offset;
};

struct form { const struct form_field *fields; size_t count; };

#define FORM_FIELD(type_, member_, kind_, label_, ...) { .name = #member_, \
	.label = (label_), .type = (kind_), \
	.offset = offsetof(type_, member_), ##__VA_ARGS__ }
#define FORM(fields_) { (fields_), sizeof(fields_) / sizeof((fields_)[0]) }

struct form_state {
	const struct form *form;
	const char **values;		/* as typed, "" when absent */
	const char **errors;		/* a sentence, or NULL */
	const char *message;		/* about the form as a whole, or NULL */
	bool sent;			/* false: a fresh form */
};

/* False when any field is wrong; *state_out is always filled. */
ERR_CHECKED bool form_read(const struct request *req, const struct form *form,
    void *out, struct form_state **state_out);
/* A fresh form; form_put sets first values. */
struct form_state *form_new(struct pool *pool, const struct form *form);
void form_put(struct form_state *state, const char *name, const char *value);
/* Says something about a field (name) or the whole form (NULL). */
void form_complain(struct form_state *state, const char *name,
    const char *sentence);
const char *form_value(const struct form_state *state, const char *name);
const char *form_error(const struct form_state *state, const char *name);
#endif
