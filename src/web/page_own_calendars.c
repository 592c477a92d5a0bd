/* The calendars here: added, shared with the organisation, private again. */
#include "acts/acts_calendar.h"
#include "util/str.h"
#include "views/tpl_own_calendars.h"
#include "web/page.h"
#include "web/words.h"
#include "util/banned.h"

struct own_form { const char *name; bool shared; };

static const struct form_field own_fields[] = {
	FORM_FIELD(struct own_form, name, FORM_TEXT, "Name", .max = 240),
	FORM_FIELD(struct own_form, shared, FORM_BOOL, "Shared"),
};
static const struct form own_form = FORM(own_fields);

static const char *
about(struct web *web, const struct calendar_row *c)
{
	const char *events = words_count(web->pool, c->events, "event",
	    "events");

	if (!c->mine)
		return pool_printf(web->pool, "of %s · %s", c->owner_name,
		    events);
	return c->bindings ? pool_printf(web->pool, "%s · kept the same with %s",
	    events, words_count(web->pool, c->bindings, "remote calendar",
	    "remote calendars")) : pool_printf(web->pool, "%s · only here",
	    events);
}

static bool
render(struct web *web, const char *name, const char *message, struct err *err)
{
	struct tpl_page page = web_page(web, "Calendars", WEB_NAV_AGENDA);
	struct tpl_own_calendars view = { .page = &page, .message = message,
	    .name = name, .org = web->org_name };
	struct tpl_own_calendars_row *out;
	struct calendar_row *rows;
	size_t n;

	if (!acts_calendar_list(&web->act, &rows, &n, err))
		return false;
	out = pool_array(web->pool, n + 1, sizeof(*out));
	for (size_t i = 0; i < n; i++)
		out[i] = (struct tpl_own_calendars_row){
			.id = (int64_t)rows[i].id, .name = rows[i].name,
			.color = rows[i].color, .about = about(web, &rows[i]),
			.mine = rows[i].mine, .shared = rows[i].shared,
		};
	view.rows = out;
	view.rows_count = n;
	tpl_own_calendars(&web->reply->body, &view);
	return true;
}

bool
page_own_calendars_show(struct web *web, struct err *err)
{
	return render(web, "", NULL, err);
}

static bool
read_form(struct web *web, struct own_form *out, struct err *err)
{
	struct form_state *state;

	return form_read(web->req, &own_form, out, &state) || err_set(err,
	    ERR_INPUT, "This form is not as we made it. Open the page again.");
}

bool
page_own_calendars_add(struct web *web, struct err *err)
{
	struct calendar_form form = { 0 };
	struct own_form in;
	uint64_t id;

	if (!read_form(web, &in, err))
		return false;
	form.name = in.name;
	form.shared = in.shared;
	if (!acts_calendar_add(&web->act, &form, &id, err)) {
		if (err->kind != ERR_INPUT)
			return false;
		web_refused(web, NULL);
		return render(web, in.name, pool_strdup(web->pool, err->msg),
		    err);
	}
	return web_redirect(web, "/settings/agenda/calendars", "saved");
}

bool
page_own_calendars_share(struct web *web, struct err *err)
{
	struct calendar_form form = { 0 };
	struct own_form in;
	uint64_t id;

	if (!read_form(web, &in, err) ||
	    !request_id_segment(web->req, "id", &id, err))
		return false;
	form.shared = in.shared;
	return acts_calendar_edit(&web->act, id, &form, err) &&
	    web_redirect(web, "/settings/agenda/calendars", "saved");
}
