/* A run with its plan, the question when deletes are held, and Activity. */
#include <stdlib.h>
#include "acts/acts_connection.h"
#include "acts/acts_run.h"
#include "sync/delta.h"
#include "views/tpl_activity.h"
#include "views/tpl_run.h"
#include "web/card.h"
#include "web/page.h"
#include "web/runs.h"
#include "web/words.h"
#include "util/banned.h"

#define RUNS_MOST 50
#define ACTIONS_MOST 200

struct entry { struct run_row run; const char *name; };

static int
newest_first(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return (x->run.id < y->run.id) - (x->run.id > y->run.id);
}

/* Everybody's own: the runs of the connections one sees. */
static bool
collect(struct web *web, struct entry **out, size_t *count_out,
    struct err *err)
{
	struct connection_card *cards;
	struct entry *entries = NULL;
	struct run_row *runs;
	size_t n, m, total = 0;

	if (!acts_connection_cards(&web->act, &cards, &n, err))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!acts_run_list(&web->act, cards[i].row.id, RUNS_MOST, &runs,
		    &m, err))
			return false;
		entries = pool_grow(web->pool, entries, total, total + m,
		    sizeof(*entries));
		for (size_t k = 0; k < m; k++)
			entries[total++] = (struct entry){ runs[k],
			    cards[i].row.name };
	}
	if (total)
		qsort(entries, total, sizeof(*entries), newest_first);
	*out = entries;
	*count_out = total < RUNS_MOST ? total : RUNS_MOST;
	return true;
}

bool
page_activity_show(struct web *web, struct err *err)
{
	struct tpl_page page = web_page(web, "Activity", WEB_NAV_ACTIVITY);
	struct tpl_activity view = { .page = &page };
	struct tpl_runs table;
	struct entry *entries;
	struct run_row *runs;
	const char **names;
	size_t n;

	if (!collect(web, &entries, &n, err))
		return false;
	runs = pool_array(web->pool, n, sizeof(*runs));
	names = pool_array(web->pool, n, sizeof(*names));
	for (size_t i = 0; i < n; i++) {
		runs[i] = entries[i].run;
		names[i] = entries[i].name;
	}
	table = runs_table(web, runs, names, n);
	view.runs = &table;
	view.any = n > 0;
	tpl_activity(&web->reply->body, &view);
	return true;
}

static struct tpl_badge
phase_badge(int phase)
{
	switch ((enum sync_phase)phase) {
	case PHASE_PLANNED: return (struct tpl_badge){ "off", "Planned" };
	case PHASE_SENT: return (struct tpl_badge){ "work", "Being sent" };
	case PHASE_DONE: return (struct tpl_badge){ "ok", "Done" };
	case PHASE_FAILED: return (struct tpl_badge){ "bad", "Set aside" };
	case PHASE_HELD: return (struct tpl_badge){ "wait", "Held" };
	case PHASE_REFUSED: return (struct tpl_badge){ "off", "Kept" };
	case PHASE_SKIPPED: return (struct tpl_badge){ "off", "Skipped" };
	}
	return (struct tpl_badge){ "off", "" };
}

static struct tpl_run_action
make_action(struct web *web, const struct action_row *row)
{
	struct tpl_badge *badge = POOL_NEW(web->pool, struct tpl_badge);

	*badge = phase_badge(row->phase);
	return (struct tpl_run_action){
		.what = runs_kind_words(row->kind),
		.title = row->title && *row->title ? row->title : "(no title)",
		.event_id = (int64_t)row->event_id, .reason = row->reason,
		.message = row->message, .badge = badge,
	};
}

/* What can still be done about a row: offers are in its order. */
static void
add_offer(struct web *web, const struct run_row *run,
    const struct offer_row *offer, struct tpl_run_action *out)
{
	if (offer->event_id) {
		out->event_id = 0;	/* deleted: no page to lead to */
		out->restore = pool_printf(web->pool,
		    "/settings/events/%llu/restore?run=%llu",
		    (unsigned long long)offer->event_id,
		    (unsigned long long)run->id);
	}
	if (offer->dead_id)
		out->retry = pool_printf(web->pool,
		    "/settings/asides/%llu/retry?run=%llu",
		    (unsigned long long)offer->dead_id,
		    (unsigned long long)run->id);
}

/* Held rows stand in the question above. */
static bool
fill_plan(struct web *web, const struct run_row *run, struct tpl_run *view,
    struct err *err)
{
	struct action_filter filter = { .run_id = run->id,
		.most = ACTIONS_MOST };
	const char *from = request_query(web->req, "after");
	struct tpl_run_action *out;
	unsigned long long after = 0;
	struct offer_row *offers;
	struct action_row *rows;
	size_t n, offered, at = 0, k = 0;

	if (from && str_to_u64(from, &after) && after < INT32_MAX)
		filter.after_seq = (int)after;
	if (!acts_run_actions(&web->act, &filter, &rows, &n, err) ||
	    !acts_run_offers(&web->act, &filter, &offers, &offered, err))
		return false;
	out = pool_array(web->pool, n, sizeof(*out));
	for (size_t i = 0; i < n; i++) {
		if (view->held && rows[i].phase == PHASE_HELD)
			continue;
		out[k] = make_action(web, &rows[i]);
		while (at < offered && offers[at].seq < rows[i].seq)
			at++;
		if (at < offered && offers[at].seq == rows[i].seq)
			add_offer(web, run, &offers[at], &out[k]);
		k++;
	}
	view->actions = out;
	view->actions_count = k;
	view->offers = offered > 0;
	if (n == ACTIONS_MOST)
		view->more_href = pool_printf(web->pool,
		    "/settings/runs/%llu?after=%d", (unsigned long long)run->id,
		    rows[n - 1].seq);
	return true;
}

static bool
list_held(struct web *web, const struct run_row *run, enum action_part part,
    struct tpl_run_action **out, size_t *count_out, struct err *err)
{
	const struct action_filter filter = { .run_id = run->id,
		.phase = PHASE_HELD, .part = part, .most = ACTIONS_MOST };
	struct action_row *rows;

	if (!acts_run_actions(&web->act, &filter, &rows, count_out, err))
		return false;
	*out = pool_array(web->pool, *count_out, sizeof(**out));
	for (size_t i = 0; i < *count_out; i++)
		(*out)[i] = make_action(web, &rows[i]);
	return true;
}

static bool
fill_question(struct web *web, const struct run_row *run,
    struct tpl_run *view, struct err *err)
{
	struct tpl_run_action *here, *there;

	if (run->guard != GUARD_HELD)
		return true;
	if (!list_held(web, run, ACTION_HERE, &here, &view->here_count, err) ||
	    !list_held(web, run, ACTION_THERE, &there, &view->there_count, err))
		return false;
	view->held = true;
	view->here = here;
	view->there = there;
	view->question = pool_printf(web->pool,
	    "This sync would delete %d of %d events. Is that what you want?",
	    run->guard_count, run->guard_known);
	return true;
}

/* Why no line of a plan stands there. */
static const char *
nothing_words(const struct run_row *run)
{
	switch ((enum run_state)run->state) {
	case RUN_LISTING:
	case RUN_APPLYING:
		return "Nothing is planned yet: it is still looking at both sides.";
	case RUN_FAILED:
		return "It ended before anything was planned.";
	case RUN_DONE:
	case RUN_DRY:
		break;
	}
	return "Nothing had changed on either side.";
}

static const char *
summary(struct web *web, const struct run_row *run)
{
	char *took = words_took(web->pool, run->started_at, run->finished_at);

	return pool_printf(web->pool, "%d in, %d out, %s%s%s",
	    run->count_in, run->count_out, words_count(web->pool,
	    (uint64_t)run->count_conflicts, "conflict", "conflicts"),
	    *took ? ", took " : "", took);
}

/* The last run ended early: the same can be asked for again. */
static bool
can_sync(struct web *web, const struct connection_card *c,
    const struct run_row *run)
{
	struct card card;

	card_make(web, c, &card);
	return c->open_run.id == run->id && (card.state == CARD_UNFINISHED ||
	    card.state == CARD_PARKED);
}

bool
page_run_show(struct web *web, struct err *err)
{
	struct tpl_page page = web_page(web, "Run", WEB_NAV_ACTIVITY);
	const struct zone *zone = card_zone(web);
	struct connection_card connection;
	struct tpl_badge badge;
	struct run_row run;
	uint64_t id;

	if (!request_id_segment(web->req, "id", &id, err) ||
	    !acts_run_get(&web->act, id, &run, err) ||
	    !acts_connection_get(&web->act, run.connection_id, &connection, err))
		return false;
	badge = runs_badge(web, &run);
	struct tpl_run view = {
		.page = &page, .id = (int64_t)id,
		.connection_id = (int64_t)run.connection_id,
		.connection = connection.row.name, .badge = &badge,
		.title = pool_printf(web->pool, "Run of %s", words_clock(web->pool,
		    when_now(), run.started_at, zone)),
		.title_exact = words_exact(web->pool, run.started_at, zone,
		    web->time_zone),
		.summary = summary(web, &run), .message = run.message,
		.nothing = nothing_words(&run),
		.can_retry = run.state == RUN_FAILED && can_sync(web,
		    &connection, &run),
	};
	if (!card_is_mine(web, &connection))
		view.nothing = "Only whoever connected the account sees what a "
		    "sync does with single events.";
	else if (!fill_question(web, &run, &view, err) ||
	    !fill_plan(web, &run, &view, err))
		return false;
	if (view.held)
		view.nothing = "Nothing else was planned.";
	tpl_run(&web->reply->body, &view);
	return true;
}

static bool
answer(struct web *web, bool approve, struct err *err)
{
	uint64_t id;

	if (!request_id_segment(web->req, "id", &id, err))
		return false;
	if (!(approve ? acts_run_approve : acts_run_refuse)(&web->act, id, err))
		return false;
	return web_redirect(web, pool_printf(web->pool, "/settings/runs/%llu",
	    (unsigned long long)id), approve ? "approved" : "refused");
}

bool
page_run_approve(struct web *web, struct err *err)
{
	return answer(web, true, err);
}

bool
page_run_refuse(struct web *web, struct err *err)
{
	return answer(web, false, err);
}
