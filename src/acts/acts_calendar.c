/*
 * What is done with local calendars: list, add, change, remove. Ties to remote
 * ones are in acts_collection.c.
 */
#include <string.h>

#include "acts/acts_calendar.h"
#include "util/colour.h"
#include "util/str.h"
#include "util/banned.h"

#define CALENDAR_NAME_CHARS 240

/* Told apart in light and dark, and by people who see few colours. */
static const char *const PALETTE[] = {
	"#2f6fde", "#c2571a", "#2e8b57", "#8a4fc7", "#b8860b", "#c0396b",
	"#1f8a9e", "#6b7280",
};
#define PALETTE_COUNT (sizeof(PALETTE) / sizeof(PALETTE[0]))

struct calendar_change {
	const struct act *act;
	uint64_t id, user_id;
	const char *name, *color;
	int shared;
};

bool
acts_calendar_list(const struct act *act, struct calendar_row **out,
    size_t *count_out, struct err *err)
{
	return store_calendar_list(act->db, act->pool, act->org_id,
	    act->user_id, out, count_out, err);
}

bool
acts_calendar_get(const struct act *act, uint64_t id, struct calendar_row *out,
    struct err *err)
{
	int n = store_calendar_find(act->db, act->pool, act->org_id,
	    act->user_id, id, out, err);

	if (n == 0)
		return err_set(err, ERR_NOT_FOUND, "There is no such calendar.");
	return n > 0;
}

static bool
calendar_own(const struct act *act, uint64_t id, struct calendar_row *out,
    struct err *err)
{
	if (!acts_calendar_get(act, id, out, err))
		return false;
	if (act->user_id != 0 && !out->mine)
		return err_set(err, ERR_FORBIDDEN,
		    "Only the owner of this calendar may change it.");
	return true;
}

const char *
acts_calendar_color(const struct act *act, const char *wish, size_t number)
{
	char *color;

	if (wish == NULL || !colour_is(wish))
		return PALETTE[number % PALETTE_COUNT];
	color = pool_strdup(act->pool, wish);
	str_lower(color);
	return color;
}

static bool
calendar_check(const struct act *act, const struct calendar_form *form,
    struct calendar_change *c, struct err *err)
{
	if (form->name != NULL && !act_text(act, "The calendar's name",
	    form->name, CALENDAR_NAME_CHARS, &c->name, err))
		return false;
	if (form->color != NULL && !colour_is(form->color))
		return err_set(err, ERR_INPUT,
		    "A colour is written like #2f6fde.");
	if (form->shared < -1 || form->shared > 1)
		return err_set(err, ERR_INPUT,
		    "Say yes or no to sharing the calendar.");
	c->color = form->color;
	c->shared = form->shared;
	return true;
}

static bool
add_body(struct db *db, void *arg, struct err *err)
{
	struct calendar_change *c = arg;
	const struct act *act = c->act;
	struct calendar_row *rows;
	size_t count;

	if (!store_calendar_list(db, act->pool, act->org_id, c->user_id, &rows,
	    &count, err))
		return false;
	return store_calendar_add(db, act->org_id, c->user_id, c->name,
	    acts_calendar_color(act, c->color, count), c->shared == 1, &c->id,
	    err) &&
	    act_audit(act, "calendar.add", "calendar", c->id, NULL, err);
}

bool
acts_calendar_add(const struct act *act, const struct calendar_form *form,
    uint64_t *id_out, struct err *err)
{
	struct calendar_change c = { .act = act };

	c.user_id = act->user_id != 0 ? act->user_id : form->user_id;
	if (!calendar_check(act, form, &c, err))
		return false;
	if (c.name == NULL)
		return err_set(err, ERR_INPUT,
		    "The calendar's name is missing.");
	if (!db_tx(act->db, add_body, &c, NULL, err))
		return false;
	*id_out = c.id;
	return true;
}

static bool
edit_body(struct db *db, void *arg, struct err *err)
{
	const struct calendar_change *c = arg;
	const struct act *act = c->act;
	struct calendar_row row;
	bool shared;

	if (!calendar_own(act, c->id, &row, err))
		return false;
	shared = c->shared < 0 ? row.shared : c->shared == 1;
	return store_calendar_put(db, act->org_id, c->id,
	    c->name != NULL ? c->name : row.name,
	    acts_calendar_color(act, c->color != NULL ? c->color : row.color,
	    0), shared, err) &&
	    act_audit(act, "calendar.edit", "calendar", c->id,
	    shared == row.shared ? NULL : shared ? "Shared now." :
	    "Private now.", err);
}

bool
acts_calendar_edit(const struct act *act, uint64_t id,
    const struct calendar_form *form, struct err *err)
{
	struct calendar_change c = { .act = act, .id = id };

	return calendar_check(act, form, &c, err) &&
	    db_tx(act->db, edit_body, &c, NULL, err);
}

static bool
remove_body(struct db *db, void *arg, struct err *err)
{
	const struct calendar_change *c = arg;
	const struct act *act = c->act;
	struct calendar_row row;

	return calendar_own(act, c->id, &row, err) &&
	    store_calendar_remove(db, act->org_id, c->id, err) &&
	    act_audit(act, "calendar.remove", "calendar", c->id, NULL, err);
}

bool
acts_calendar_remove(const struct act *act, uint64_t id, struct err *err)
{
	struct calendar_change c = { .act = act, .id = id };

	return db_tx(act->db, remove_body, &c, NULL, err);
}
