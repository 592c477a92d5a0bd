/* One connection: state, history, what was set aside; sync, pause, disconnect. */
#include "acts/acts_collection.h"
#include "acts/acts_connection.h"
#include "acts/acts_oauth.h"
#include "acts/acts_run.h"
#include "store/store_watch.h"
#include "views/tpl_connection.h"
#include "views/tpl_remove.h"
#include "web/card.h"
#include "web/page.h"
#include "web/runs.h"
#include "web/words.h"
#include "util/banned.h"

#define RUNS_MOST 20

static char *
path_of(struct web *web, uint64_t id)
{
	return pool_printf(web->pool, "/settings/connections/%llu",
	    (unsigned long long)id);
}

static const char *
direction_words(int direction)
{
	switch ((enum binding_direction)direction) {
	case BINDING_BOTH: return "both ways";
	case BINDING_PULL: return "arrives here only";
	case BINDING_PUSH: return "goes there only";
	}
	return "";
}

/* One that is left alone until a person answers: what became of it, and what to
 * press. */
static const char *
calendar_note(const struct collection_row *row)
{
	if (!row->paused)
		return "";
	return row->missing_since != WHEN_NONE ? "It is no longer at the server "
	    "and is not synced. Its events stay here. When it is there again, "
	    "it can be synced again; or take it off the list." :
	    "It was gone at the server and is there again. It is not synced "
	    "until you say so: press Sync it again.";
}

/* How changes there come here: where the provider tells of them, or could. */
static const char *
watch_words(const struct watch_told *told, size_t count, uint64_t id)
{
	for (size_t i = 0; i < count; i++) {
		if (told[i].collection_id != id)
			continue;
		if (told[i].live)
			return "; changes there arrive by themselves";
		return told[i].reason == WATCH_NOT_OFFERED ? "; looked at now and "
		    "then, for nobody is told of its changes" : "";
	}
	return "";
}

static struct tpl_connection_calendar
make_calendar(struct web *web, const struct collection_row *row,
    const char *watched)
{
	bool listed = row->listed_at != WHEN_NONE;

	return (struct tpl_connection_calendar){
		.id = (int64_t)row->calendar_id, .name = row->name,
		.color = row->color ? row->color : "#888888",
		.about = pool_printf(web->pool, "%s%s%s%s",
		    direction_words(row->direction), listed ?
		    "; compared in full " : "", listed ? words_ago(web->pool,
		    when_now(), row->listed_at, card_zone(web)) : "", watched),
		.note = calendar_note(row),
		.again = row->paused && row->missing_since == WHEN_NONE ?
		    pool_printf(web->pool, "%s/calendars/%llu/again",
		    path_of(web, row->connection_id),
		    (unsigned long long)row->id) : "",
	};
}

static bool
fill_calendars(struct web *web, uint64_t id, struct tpl_connection *view,
    struct err *err)
{
	struct tpl_connection_calendar *out;
	struct collection_row *rows;
	struct watch_told *told;
	size_t n, told_count, k = 0;

	if (!acts_collection_list(&web->act, id, &rows, &n, err) ||
	    !store_watch_list_told(web->db, web->pool, web->act.org_id, id,
	    &told, &told_count, err))
		return false;
	out = pool_array(web->pool, n, sizeof(*out));
	for (size_t i = 0; i < n; i++)
		if (rows[i].binding_id)
			out[k++] = make_calendar(web, &rows[i],
			    watch_words(told, told_count, rows[i].id));
	view->calendars = out;
	view->calendars_count = k;
	return true;
}

static bool
fill_asides(struct web *web, uint64_t id, struct tpl_connection *view,
    struct err *err)
{
	struct tpl_connection_aside *out;
	struct dead_row *rows;
	size_t n;

	if (!acts_run_set_aside(&web->act, id, &rows, &n, err))
		return false;
	out = pool_array(web->pool, n, sizeof(*out));
	for (size_t i = 0; i < n; i++)
		out[i] = (struct tpl_connection_aside){
			.id = (int64_t)rows[i].id,
			.title = *rows[i].title ? rows[i].title : "(no title)",
			.reason = rows[i].reason,
			.tries = words_count(web->pool, (uint64_t)rows[i].tries,
			    "try", "tries"),
			.since = words_clock(web->pool, when_now(),
			    rows[i].created_at, card_zone(web)),
		};
	view->asides = out;
	view->asides_count = n;
	return true;
}

static bool
get(struct web *web, struct connection_card *out, struct err *err)
{
	uint64_t id;

	return request_id_segment(web->req, "id", &id, err) &&
	    acts_connection_get(&web->act, id, out, err);
}

static const char *
about(struct web *web, const struct connection_card *c, const char *label)
{
	struct wall w = zone_from_utc(card_zone(web), c->row.created_at);

	return pool_printf(web->pool, "%s \xc2\xb7 %s \xc2\xb7 connected by %s "
	    "on %d %s", label, c->row.account, c->row.owner_name, w.day,
	    words_month(w.month));
}

bool
page_connection_show(struct web *web, struct err *err)
{
	struct connection_card c;
	struct run_row *runs;
	struct card card;
	struct tpl_progress bar;
	struct tpl_runs table;
	size_t n;

	if (!get(web, &c, err) ||
	    !acts_run_list(&web->act, c.row.id, RUNS_MOST, &runs, &n, err))
		return false;
	struct tpl_page page = web_page(web, c.row.name, WEB_NAV_INTEGRATIONS);
	card_make(web, &c, &card);
	table = runs_table(web, runs, NULL, n);
	struct tpl_connection view = {
		.page = &page, .id = (int64_t)c.row.id, .mark = card.mark,
		.title = c.row.name, .about = about(web, &c, card.label),
		.about_title = c.row.base_url, .badge = &card.badge,
		.message = card.message, .runs = &table, .version = card.version,
		.mine = card_is_mine(web, &c),
		.main_label = card.main_label, .main_href = card.main_href,
		.can_sync = card.can_sync, .can_pause = card.can_sync ||
		    card.state == CARD_SYNCING || card.state == CARD_WAITING,
		.can_resume = card.state == CARD_OFF,
		.removing = card.state == CARD_REMOVING,
	};
	view.facts = card_facts(web, &c);
	view.has_facts = view.facts != NULL;
	view.progress = &bar;
	view.busy = card_progress(&card, &bar);
	view.provider = card_signs_in(c.row.provider) ? c.row.provider : NULL;
	if (view.mine && view.provider && !acts_oauth_lacks(&web->act,
	    c.row.id, &view.lacks, err))
		return false;
	if (view.mine && (!fill_calendars(web, c.row.id, &view, err) ||
	    !fill_asides(web, c.row.id, &view, err)))
		return false;
	tpl_connection(&web->reply->body, &view);
	return true;
}

static bool
press(struct web *web, bool (*act)(const struct act *, uint64_t, struct err *),
    const char *notice, struct err *err)
{
	uint64_t id;

	if (!request_id_segment(web->req, "id", &id, err) ||
	    !act(&web->act, id, err))
		return false;
	return web_redirect(web, path_of(web, id), notice);
}

bool
page_connection_sync(struct web *web, struct err *err)
{
	struct connection_card c;
	uint64_t id;

	if (!request_id_segment(web->req, "id", &id, err) ||
	    !acts_connection_sync(&web->act, id, err) || !get(web, &c, err))
		return false;
	/* One that waits still was told to by its server. */
	return web_redirect(web, path_of(web, id), c.row.wait_until ==
	    WHEN_NONE ? "sync-started" : "sync-queued");
}

bool
page_connection_pause(struct web *web, struct err *err)
{
	return press(web, acts_connection_pause, "paused", err);
}

bool
page_connection_resume(struct web *web, struct err *err)
{
	return press(web, acts_connection_resume, "resumed", err);
}

bool
page_connection_rescan(struct web *web, struct err *err)
{
	uint64_t id;

	if (!request_id_segment(web->req, "id", &id, err) ||
	    !acts_connection_rescan(&web->act, id, err))
		return false;
	return web_redirect(web, pool_printf(web->pool, "%s/calendars",
	    path_of(web, id)), "looked");
}

bool
page_remove_show(struct web *web, struct err *err)
{
	struct connection_card c;

	if (!get(web, &c, err))
		return false;
	struct tpl_page page = web_page(web, "Disconnect", WEB_NAV_INTEGRATIONS);
	struct tpl_remove view = {
		.page = &page, .id = (int64_t)c.row.id, .title = c.row.name,
		.lost = words_count(web->pool, c.counts.events, "event",
		    "events"),
	};
	if (c.counts.waiting)
		view.waiting = pool_printf(web->pool, "%s not been sent yet and "
		    "will not reach the server.", words_count(web->pool,
		    c.counts.waiting, "change has", "changes have"));
	tpl_remove(&web->reply->body, &view);
	return true;
}

bool
page_remove_save(struct web *web, struct err *err)
{
	static const char *const choices[] = { "keep", "delete", NULL };
	struct remove_in { int events; } in = { 0 };
	const struct form_field fields[] = {
		FORM_FIELD(struct remove_in, events, FORM_CHOICE,
		    "What becomes of the events", .required = true,
		    .choices = choices),
	};
	const struct form form = FORM(fields);
	struct form_state *state;
	uint64_t id;

	if (!request_id_segment(web->req, "id", &id, err))
		return false;
	if (!form_read(web->req, &form, &in, &state))
		return err_set(err, ERR_INPUT, "%s", state->errors[0] ?
		    state->errors[0] : state->message);
	if (!acts_connection_remove(&web->act, id, in.events ? REMOVAL_DELETE :
	    REMOVAL_KEEP, err))
		return false;
	return web_redirect(web, "/settings/integrations", "disconnecting");
}

bool
page_aside_retry(struct web *web, struct err *err)
{
	const char *to = "/settings/integrations";
	unsigned long long back;	/* whose page asked: an event, a run */
	uint64_t id;

	if (!request_id_segment(web->req, "id", &id, err) ||
	    !acts_run_retry(&web->act, id, err))
		return false;
	if (str_to_u64(request_query(web->req, "back"), &back))
		to = pool_printf(web->pool, "/settings/events/%llu", back);
	else if (str_to_u64(request_query(web->req, "run"), &back))
		to = pool_printf(web->pool, "/settings/runs/%llu", back);
	else if (str_to_u64(request_query(web->req, "connection"), &back))
		to = path_of(web, back);
	return web_redirect(web, to, "retrying");
}
