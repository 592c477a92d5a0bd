/* What was deleted, by whom, and the way back. */
#include "acts/acts_deleted.h"
#include "acts/acts_event.h"
#include "model/event_series.h"
#include "model/event_words.h"
#include "util/str.h"
#include "views/tpl_deleted.h"
#include "web/page.h"
#include "web/page_event_p.h"
#include "web/words.h"
#include "util/banned.h"

static const char *
date_words(struct web *web, const char *key)
{
	struct wall day;

	return event_series_key_wall(key, &day) ? pool_printf(web->pool,
	    "one date: %s", event_words_day(web->pool, &day)) : "one date";
}

const char *
page_deleted_who(struct web *web, const struct deleted_row *row)
{
	if (row->by_person)
		return *row->user_name ? row->user_name : "the operator";
	if (!row->run_id)
		return "another program, or when its connection was removed";
	return pool_printf(web->pool, "a sync: it was deleted on the other "
	    "side%s", row->run_is_own ? " (see the run)" : "");
}

const char *
page_deleted_action(struct web *web, const struct deleted_row *row)
{
	return row->removal_id ? pool_printf(web->pool,
	    "/settings/agenda/deleted/%llu/restore",
	    (unsigned long long)row->removal_id) : pool_printf(web->pool,
	    "/settings/events/%llu/restore",
	    (unsigned long long)row->event_id);
}

static struct tpl_deleted_row
make_row(struct web *web, const struct deleted_row *row)
{
	const struct zone *zone = words_zone(web->time_zone);

	return (struct tpl_deleted_row){
		.action = page_deleted_action(web, row),
		.title = *row->title ? row->title : "(no title)",
		.color = row->color, .calendar = row->calendar,
		.what = row->removal_id ? date_words(web, row->recurrence_id) :
		    "",
		.who = page_deleted_who(web, row),
		.run_href = row->run_id && row->run_is_own ? pool_printf(
		    web->pool, "/settings/runs/%llu",
		    (unsigned long long)row->run_id) : "",
		.ago = words_ago(web->pool, when_now(), row->deleted_at, zone),
		.exact = words_exact(web->pool, row->deleted_at, zone,
		    web->time_zone),
	};
}

bool
page_deleted_show(struct web *web, struct err *err)
{
	struct tpl_page page = web_page(web, "Deleted", WEB_NAV_AGENDA);
	const char *by = request_query(web->req, "by");
	struct tpl_deleted view = { .page = &page };
	struct tpl_deleted_row *out;
	struct deleted_row *rows;
	size_t n;

	view.search = page_search_text(web);
	view.by_person = str_eq(by, "person");
	view.by_sync = str_eq(by, "sync");
	view.days = words_count(web->pool, (uint64_t)web->config->keep_days,
	    "day", "days");
	if (!acts_deleted_list(&web->act, view.search, view.by_person ?
	    REMOVAL_BY_PERSON : view.by_sync ? REMOVAL_BY_SYNC :
	    REMOVAL_BY_ANY, &rows, &n, err))
		return false;
	out = pool_array(web->pool, n + 1, sizeof(*out));
	for (size_t i = 0; i < n; i++)
		out[i] = make_row(web, &rows[i]);
	view.cut = n == ACTS_DELETED_MOST;
	view.rows = out;
	view.rows_count = n;
	tpl_deleted(&web->reply->body, &view);
	return true;
}

bool
page_deleted_restore_date(struct web *web, struct err *err)
{
	uint64_t id, event_id;

	return request_id_segment(web->req, "id", &id, err) &&
	    acts_deleted_restore_date(&web->act, id, &event_id, err) &&
	    web_redirect(web, page_event_href(web, event_id, NULL), "restored");
}
