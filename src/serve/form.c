/* What a form shows: values as typed and sentences beside fields. */
#include <string.h>
#include "serve/form.h"
#include "util/str.h"
#include "util/banned.h"

struct form_state *
form_new(struct pool *pool, const struct form *form)
{
	struct form_state *state = POOL_NEW(pool, struct form_state);
	size_t i;

	state->form = form;
	state->values = pool_array(pool, form->count, sizeof(*state->values));
	state->errors = pool_array(pool, form->count, sizeof(*state->errors));
	for (i = 0; i < form->count; i++)
		state->values[i] = "";
	return state;
}

static size_t
field_index(const struct form_state *state, const char *name)
{
	size_t i;

	for (i = 0; i < state->form->count; i++)
		if (str_eq(state->form->fields[i].name, name))
			return i;
	die("form has no field '%s'", name);
}

void
form_put(struct form_state *state, const char *name, const char *value)
{
	state->values[field_index(state, name)] = value ? value : "";
}

void
form_complain(struct form_state *state, const char *name, const char *sentence)
{
	if (name)
		state->errors[field_index(state, name)] = sentence;
	else
		state->message = sentence;
}

const char *
form_value(const struct form_state *state, const char *name)
{
	return state->values[field_index(state, name)];
}

const char *
form_error(const struct form_state *state, const char *name)
{
	return state->errors[field_index(state, name)];
}
