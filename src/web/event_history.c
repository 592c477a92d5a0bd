/* The histories of an event for its page: where it is, what runs did, clashes. */
#include "model/event_words.h"
#include "store/store_event_history.h"
#include "store/store_types.h"
#include "web/page_event_p.h"
#include "web/runs.h"
#include "web/words.h"
#include "util/banned.h"

static const char *
place_words(struct web *web, const struct event_place *p)
{
	const struct zone *zone = words_zone(web->time_zone);
	when_t now = when_now();

	if (p->waits_since != WHEN_NONE && p->sends)
		return pool_printf(web->pool, "Waits to be sent since %s.",
		    words_ago(web->pool, now, p->waits_since, zone));
	if (p->waits_since != WHEN_NONE)
		return "Changed here, and not sent because this calendar is "
		    "only read from there.";
	if (p->synced_at == WHEN_NONE)
		return p->sends ? "Not there." : "Not there: nothing is sent to "
		    "this calendar.";
	return pool_printf(web->pool, "The same on both sides, last agreed %s.",
	    words_ago(web->pool, now, p->synced_at, zone));
}

static void
fill_places(struct web *web, const struct event_place *p, size_t n,
    struct tpl_event *view)
{
	struct tpl_event_place *out = pool_array(web->pool, n + 1, sizeof(*out));

	for (size_t i = 0; i < n; i++) {
		out[i] = (struct tpl_event_place){
			.href = pool_printf(web->pool,
			    "/settings/connections/%llu",
			    (unsigned long long)p[i].connection_id),
			.connection = p[i].connection,
			.collection = p[i].collection,
			.words = place_words(web, &p[i]),
		};
		if (p[i].dead_id) {
			view->can_retry = true;
			out[i].words = pool_printf(web->pool, "Set aside: %s",
			    p[i].dead_reason);
			out[i].retry = pool_printf(web->pool,
			    "/settings/asides/%llu/retry?back=%llu",
			    (unsigned long long)p[i].dead_id,
			    (unsigned long long)view->id);
		}
	}
	view->places = out;
	view->places_count = n;
}

/* What stood here before, in a line. */
static const char *
before_words(struct web *web, const struct stmt_blob *body)
{
	struct event_words_span span;
	const struct event_part *part;
	struct err ignored;
	struct event *e;

	if (!body->data || body->len == 0 || !event_parse(web->pool, body->data,
	    body->len, &e, &ignored))
		return "";
	part = !e->has_master && e->override_count > 0 ? e->overrides :
	    &e->master;
	span = event_words_span(web->pool, e, part,
	    words_zone(web->time_zone));
	return pool_printf(web->pool, "Before: %s, %s%s%s",
	    page_event_title(part), event_words_when(web->pool, &span,
	    part->all_day), part->location ? ", " : "",
	    part->location ? part->location : "");
}

static void
fill_happenings(struct web *web, const struct event_happening *h, size_t n,
    struct tpl_event *view)
{
	struct tpl_event_happening *out = pool_array(web->pool, n + 1,
	    sizeof(*out));
	const struct zone *zone = words_zone(web->time_zone);

	for (size_t i = 0; i < n; i++)
		out[i] = (struct tpl_event_happening){
			.href = pool_printf(web->pool, "/settings/runs/%llu",
			    (unsigned long long)h[i].run_id),
			.when_words = words_clock(web->pool, when_now(),
			    h[i].updated_at, zone),
			.exact = words_exact(web->pool, h[i].updated_at, zone,
			    web->time_zone),
			.what = h[i].phase == PHASE_DONE ?
			    runs_kind_words(h[i].kind) :
			    h[i].phase == PHASE_FAILED ? "Not done" :
			    h[i].phase == PHASE_HELD ? "Waits for you" :
			    h[i].phase == PHASE_REFUSED ? "Kept" :
			    h[i].phase == PHASE_SKIPPED ? "Left as it is" :
			    "Planned",
			.connection = h[i].connection, .reason = h[i].reason,
			.message = h[i].message,
			.before = before_words(web, &h[i].before),
		};
	view->happenings = out;
	view->happenings_count = n;
}

static void
fill_clashes(struct web *web, const struct event_clash *c, size_t n,
    struct tpl_event *view)
{
	struct tpl_event_clash *out = pool_array(web->pool, n + 1, sizeof(*out));

	view->conflict_href = "";
	for (size_t i = 0; i < n; i++) {
		bool open = c[i].resolved_at == WHEN_NONE;

		out[i] = (struct tpl_event_clash){
			.href = pool_printf(web->pool, "/settings/conflicts/%llu",
			    (unsigned long long)c[i].id),
			.what = *c[i].fields ? pool_printf(web->pool,
			    "Both changed: %s", c[i].fields) :
			    "Deleted on one side, changed on the other",
			.words = pool_printf(web->pool, "found %s · %s kept%s",
			    words_ago(web->pool, when_now(), c[i].created_at,
			    words_zone(web->time_zone)), c[i].winner == 1 ?
			    "ours was" : "theirs was", open ? "" :
			    ", and answered"),
		};
		if (open && !*view->conflict_href)
			view->conflict_href = out[i].href;
	}
	view->clashes = out;
	view->clashes_count = n;
}

bool
event_history_fill(struct web *web, const struct page_event *p,
    struct tpl_event *view, struct err *err)
{
	struct event_history_of of = { web->act.user_id, p->id,
	    p->view.stored.calendar_id };
	struct event_happening *happenings;
	struct event_place *places;
	struct event_clash *clashes;
	size_t n;

	if (!store_event_list_places(web->db, web->pool, web->act.org_id, &of,
	    &places, &n, err))
		return false;
	fill_places(web, places, n, view);
	if (!store_event_list_history(web->db, web->pool, web->act.org_id, &of,
	    &happenings, &n, err))
		return false;
	fill_happenings(web, happenings, n, view);
	if (!store_event_list_clashes(web->db, web->pool, web->act.org_id,
	    &of, &clashes, &n, err))
		return false;
	fill_clashes(web, clashes, n, view);
	return true;
}
