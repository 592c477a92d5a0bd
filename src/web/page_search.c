/* "Why is it missing?": one search over events, deleted ones, and what was set
 * aside without ever becoming an event. */
#include <string.h>
#include "acts/acts_deleted.h"
#include "model/event_words.h"
#include "store/store_event_history.h"
#include "util/str.h"
#include "views/tpl_found.h"
#include "web/agenda.h"
#include "web/page.h"
#include "web/words.h"
#include "util/banned.h"

#define FOUND_MOST 100

const char *
page_search_text(struct web *web)
{
	const char *text = request_query(web->req, "q");

	if (!text || strlen(text) > 800 || !str_utf8_valid(text, strlen(text)))
		return "";
	return str_trim(web->pool, text);
}

static const char *
retry_action(struct web *web, uint64_t dead_id)
{
	return dead_id ? pool_printf(web->pool, "/settings/asides/%llu/retry",
	    (unsigned long long)dead_id) : "";
}

/* When it begins, by the reader's clock. */
static const char *
when_words(struct web *web, const struct event_found *f)
{
	const struct event_part part = { .start = f->start_wall,
	    .all_day = f->all_day, .tzid = f->tzid,
	    .zone_kind = (enum event_zone_kind)f->zone_kind };
	const struct event e = { .zones = f->zones };
	struct event_words_span span;

	if (!f->start_wall.year)
		return "";
	span = event_words_span(web->pool, &e, &part,
	    words_zone(web->time_zone));
	return event_words_moment(web->pool, &span.start, f->all_day);
}

static struct tpl_found_row
alive_row(struct web *web, const struct event_found *f)
{
	struct tpl_badge *badge = NULL;

	if (*f->dead_reason) {
		badge = POOL_NEW(web->pool, struct tpl_badge);
		*badge = (struct tpl_badge){ "bad", "Set aside" };
	}
	return (struct tpl_found_row){
		.href = f->event_id ? pool_printf(web->pool,
		    "/settings/events/%llu", (unsigned long long)f->event_id) :
		    "",
		.title = *f->title ? f->title : "(no title)",
		.color = f->color, .calendar = f->calendar,
		.when_words = when_words(web, f),
		.reason = !badge ? "" : f->event_id ? f->dead_reason :
		    pool_printf(web->pool, "It is not here because: %s",
		    f->dead_reason),
		.badge = badge, .retry = retry_action(web, f->dead_id),
	};
}

static struct tpl_found_row
deleted_row(struct web *web, const struct deleted_row *d)
{
	struct tpl_badge *badge = POOL_NEW(web->pool, struct tpl_badge);

	*badge = (struct tpl_badge){ "off", d->removal_id ?
	    "One date deleted" : "Deleted" };
	return (struct tpl_found_row){
		.title = *d->title ? d->title : "(no title)",
		.color = d->color, .calendar = d->calendar,
		.reason = pool_printf(web->pool, "Deleted %s by %s.",
		    words_ago(web->pool, when_now(), d->deleted_at,
		    words_zone(web->time_zone)), page_deleted_who(web, d)),
		.badge = badge, .restore = page_deleted_action(web, d),
	};
}

bool
page_search_show(struct web *web, struct err *err)
{
	struct tpl_page page = web_page(web, "Search", WEB_NAV_AGENDA);
	struct tpl_found view = { .page = &page,
	    .search = page_search_text(web),
	    .back_href = "/settings/agenda?view=list" };
	struct tpl_found_row *out;
	struct event_found *alive;
	struct deleted_row *gone;
	size_t alive_n, gone_n, n = 0;

	if (!store_event_search(web->db, web->pool, web->act.org_id,
	    web->act.user_id, view.search, &alive, &alive_n, err) ||
	    !acts_deleted_list(&web->act, view.search, REMOVAL_BY_ANY, &gone,
	    &gone_n, err))
		return false;
	out = pool_array(web->pool, alive_n + gone_n + 1, sizeof(*out));
	for (size_t i = 0; i < alive_n; i++)
		out[n++] = alive_row(web, &alive[i]);
	for (size_t i = 0; i < gone_n; i++)
		out[n++] = deleted_row(web, &gone[i]);
	view.cut = alive_n >= FOUND_MOST || gone_n >= ACTS_DELETED_MOST;
	view.rows = out;
	view.rows_count = n;
	tpl_found(&web->reply->body, &view);
	return true;
}
