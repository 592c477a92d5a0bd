/* Which calendars of an account are kept the same here, and which way. */
#include <string.h>
#include "acts/acts_collection.h"
#include "acts/acts_connection.h"
#include "util/str.h"
#include "views/tpl_calendars.h"
#include "web/page.h"
#include "util/banned.h"

struct wish { bool chosen; enum binding_direction direction; };

static bool
load(struct web *web, struct connection_card *card,
    struct collection_row **rows_out, size_t *count_out, struct err *err)
{
	uint64_t id;

	return request_id_segment(web->req, "id", &id, err) &&
	    acts_connection_get_own(&web->act, id, card, err) &&
	    acts_collection_list(&web->act, id, rows_out, count_out, err);
}

/* Left alone since it was gone, and there again: chosen, it goes on. */
static bool
came_back(const struct collection_row *row)
{
	return row->paused && row->missing_since == WHEN_NONE;
}

bool
page_calendars_show(struct web *web, struct err *err)
{
	struct connection_card card;
	struct collection_row *rows;
	struct tpl_calendars_choice *choices;
	size_t n;

	if (!load(web, &card, &rows, &n, err))
		return false;
	struct tpl_page page = web_page(web, "Choose calendars",
	    WEB_NAV_INTEGRATIONS);
	struct tpl_calendars view = {
		.page = &page, .connection_id = (int64_t)card.row.id,
		.connection = card.row.name, .first = !card.counts.bindings,
	};
	choices = pool_array(web->pool, n, sizeof(*choices));
	for (size_t i = 0; i < n; i++)
		choices[i] = (struct tpl_calendars_choice){
			.id = (int64_t)rows[i].id, .name = rows[i].name,
			.color = rows[i].color ? rows[i].color : "#888888",
			.read_only = rows[i].read_only,
			.missing = rows[i].missing_since != WHEN_NONE,
			.back = came_back(&rows[i]),
			.removing = rows[i].removing != REMOVAL_NONE,
			.chosen = (rows[i].binding_id && !rows[i].removing) ||
			    (n == 1 && view.first),
			.both = rows[i].direction == BINDING_BOTH,
			.pull = rows[i].direction == BINDING_PULL,
			.push = rows[i].direction == BINDING_PUSH,
		};
	view.choices = choices;
	view.choices_count = n;
	tpl_calendars(&web->reply->body, &view);
	return true;
}

static int
row_by_id(const struct collection_row *rows, size_t n, const char *text)
{
	unsigned long long id;

	if (!str_to_u64(text, &id))
		return -1;
	for (size_t i = 0; i < n; i++)
		if (rows[i].id == id)
			return (int)i;
	return -1;
}

static bool
read_direction(const char *value, enum binding_direction *out)
{
	static const char *const names[] = { "both", "pull", "push" };

	for (int i = 0; i < 3; i++)
		if (str_eq(names[i], value)) {
			*out = (enum binding_direction)(i + 1);
			return true;
		}
	return false;
}

/* The fields are named after the rows: "collection" = ID, "direction_ID". */
static bool
read_wishes(struct web *web, const struct collection_row *rows, size_t n,
    struct wish *wishes, struct err *err)
{
	const struct request_pairs *form = &web->req->form;

	for (size_t i = 0; i < form->count; i++) {
		const char *name = form->items[i].name;
		const char *value = form->items[i].value;
		bool good = str_eq(name, "csrf");
		int at;

		if (str_eq(name, "collection") &&
		    (at = row_by_id(rows, n, value)) >= 0 && !wishes[at].chosen)
			good = wishes[at].chosen = true;
		else if (str_starts(name, "direction_") &&
		    (at = row_by_id(rows, n, name + strlen("direction_"))) >= 0 &&
		    !wishes[at].direction)
			good = read_direction(value, &wishes[at].direction);
		if (!good)
			return err_set(err, ERR_INPUT, "The form holds a field or "
			    "value that is not of this page. Open the page again "
			    "and choose once more.");
	}
	return true;
}

static bool
carry_out(struct web *web, const struct collection_row *row,
    const struct wish *wish, bool *changed, struct err *err)
{
	struct collection_choice choice = { .direction = wish->direction };
	uint64_t calendar_id;

	if (row->removing)
		return true;
	if (!wish->chosen) {
		if (!row->binding_id)
			return true;
		*changed = true;
		return acts_collection_unselect(&web->act, row->id, REMOVAL_KEEP,
		    err);
	}
	if (row->binding_id && !came_back(row) && (!wish->direction ||
	    wish->direction == (enum binding_direction)row->direction))
		return true;
	if (row->binding_id)
		choice.policy = (enum binding_policy)row->policy;
	*changed = true;
	return acts_collection_select(&web->act, row->id, &choice, &calendar_id,
	    err);
}

bool
page_calendars_save(struct web *web, struct err *err)
{
	struct connection_card card;
	struct collection_row *rows;
	struct wish *wishes;
	bool changed = false;
	size_t n;

	if (!load(web, &card, &rows, &n, err))
		return false;
	wishes = pool_array(web->pool, n, sizeof(*wishes));
	if (!read_wishes(web, rows, n, wishes, err))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!carry_out(web, &rows[i], &wishes[i], &changed, err))
			return false;
	return web_redirect(web, pool_printf(web->pool,
	    "/settings/connections/%llu", (unsigned long long)card.row.id),
	    changed ? "saved" : "no-change");
}

bool
page_calendars_again(struct web *web, struct err *err)
{
	struct connection_card card;
	struct collection_row *rows;
	uint64_t id, calendar_id;
	size_t n, i = 0;

	if (!request_id_segment(web->req, "collection", &id, err) ||
	    !load(web, &card, &rows, &n, err))
		return false;
	while (i < n && rows[i].id != id)
		i++;
	if (i == n || !rows[i].binding_id || rows[i].removing)
		return err_set(err, ERR_NOT_FOUND, "There is no such calendar "
		    "of this connection.");
	if (!came_back(&rows[i]))
		return err_set(err, ERR_CONFLICT, "This calendar is %s.",
		    rows[i].paused ? "not at the server, so there is nothing to "
		    "sync it with" : "synced already");
	struct collection_choice choice = {
		.direction = (enum binding_direction)rows[i].direction,
		.policy = (enum binding_policy)rows[i].policy,
	};
	return acts_collection_select(&web->act, id, &choice, &calendar_id,
	    err) && web_redirect(web, pool_printf(web->pool,
	    "/settings/connections/%llu", (unsigned long long)card.row.id),
	    "sync-started");
}
