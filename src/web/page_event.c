/* One event or one date of a series: shown, deleted, restored. Its form is
 * page_event_form.c. */
#include "acts/acts_event.h"
#include "model/event_series.h"
#include "model/event_words.h"
#include "util/str.h"
#include "views/tpl_event.h"
#include "views/tpl_event_delete.h"
#include "views/tpl_event_deleted.h"
#include "web/page.h"
#include "web/page_event_p.h"
#include "web/words.h"
#include "util/banned.h"

#define CHANGED_MOST 50

bool
page_event_open(struct web *web, const char *date, struct page_event *out,
    struct err *err)
{
	struct event_series_date known;
	const struct event *e;

	*out = (struct page_event){ .date = NULL };
	if (!request_id_segment(web->req, "id", &out->id, err) ||
	    !acts_event_show(&web->act, out->id, &out->view, err))
		return false;
	e = out->view.stored.event;
	out->part = e->master;
	if (date && *date && event_series_is(e)) {
		out->date = date;
		return acts_event_find_date(&web->act, &out->view.stored, date,
		    &known, err) && event_series_peek(web->pool, e, &known,
		    &out->part, err);
	}
	if (!e->has_master && e->override_count > 0) {
		out->part = e->overrides[0];
		out->date = e->overrides[0].recurrence_id;
	}
	return true;
}

const char *
page_event_title(const struct event_part *part)
{
	return part->summary && *part->summary ? part->summary :
	    "Event without a title";
}

const char *
page_event_href(struct web *web, uint64_t id, const char *date)
{
	struct str out;

	str_init(&out, web->pool, 200);
	str_addf(&out, "/settings/events/%llu", (unsigned long long)id);
	if (date) {
		str_add(&out, "?date=");
		str_urlarg(&out, date);
	}
	return out.data;
}

static const char *
month_href(struct web *web, const struct event_words_span *span)
{
	return pool_printf(web->pool, "/settings/agenda?month=%04d-%02d",
	    span->start.year, span->start.month);
}

static const char *
exact_words(struct web *web, const struct page_event *p)
{
	const struct event *e = p->view.stored.event;
	struct event_words_span own = event_words_span(web->pool, e, &p->part,
	    NULL);
	const char *zone = p->part.tzid ? p->part.tzid : "UTC";

	if (p->part.all_day)
		return event_words_when(web->pool, &own, true);
	if (p->part.zone_kind == EVENT_ZONE_FLOATING)
		zone = "wherever you are";
	return pool_printf(web->pool, "%s, %s", event_words_when(web->pool,
	    &own, false), zone);
}

static const char *
status_words(const char *status)
{
	if (str_eq(status, "TENTATIVE"))
		return "Tentative";
	if (str_eq(status, "CANCELLED"))
		return "Cancelled";
	return "";
}

static struct tpl_badge
state_badge(const struct acts_event_view *v)
{
	static const char *const kinds[] = { "off", "ok", "work", "wait",
	    "bad", "wait" };

	return (struct tpl_badge){ v->sync_state >= 0 && v->sync_state < 6 ?
	    kinds[v->sync_state] : "off", v->sync_words };
}

static void
fill_changed(struct web *web, const struct page_event *p,
    struct tpl_event *view)
{
	const struct event *e = p->view.stored.event;
	const struct zone *zone = words_zone(web->time_zone);
	const char **out = pool_array(web->pool, CHANGED_MOST + 1,
	    sizeof(*out));
	size_t i;

	for (i = 0; !p->date && i < e->override_count && i < CHANGED_MOST; i++) {
		struct event_words_span span = event_words_span(web->pool, e,
		    &e->overrides[i], zone);

		out[i] = pool_printf(web->pool, "%s: %s",
		    event_words_when(web->pool, &span, e->overrides[i].all_day),
		    page_event_title(&e->overrides[i]));
	}
	view->changed = out;
	view->changed_count = i;
}

static void
deleted_page(struct web *web, uint64_t id, const struct stored_event *stored)
{
	struct tpl_page page = web_page(web, "Deleted", WEB_NAV_AGENDA);
	struct tpl_event_deleted view = {
		.page = &page, .id = (int64_t)id,
		.title = page_event_title(&stored->event->master),
		.text = pool_printf(web->pool, "Deleted %s. It is kept for %d "
		    "days and can be restored until then. Activity tells which "
		    "sync deleted it, if one did.", words_ago(web->pool,
		    when_now(), stored->deleted_at,
		    words_zone(web->time_zone)), web->config->keep_days),
	};
	tpl_event_deleted(&web->reply->body, &view);
}

/* A deleted event is not gone yet: its page says so and offers it back. */
static bool
show_deleted(struct web *web, struct err *err)
{
	struct stored_event stored;
	uint64_t id;
	int found;

	if (err->kind != ERR_NOT_FOUND)
		return false;
	struct err other = { 0 };
	if (!request_id_segment(web->req, "id", &id, &other))
		return false;
	found = store_event_find(web->db, web->pool, web->act.org_id,
	    web->act.user_id, id, &stored, &other);
	if (found <= 0 || stored.deleted_at == WHEN_NONE)
		return false;
	*err = (struct err){ 0 };
	web->reply->status = 404;
	deleted_page(web, id, &stored);
	return true;
}

bool
page_event_show(struct web *web, struct err *err)
{
	struct event_words_span span;
	struct page_event p;
	struct tpl_badge badge;

	if (!page_event_open(web, request_query(web->req, "date"), &p, err))
		return show_deleted(web, err);
	struct tpl_page page = web_page(web, page_event_title(&p.part),
	    WEB_NAV_AGENDA);
	span = event_words_span(web->pool, p.view.stored.event, &p.part,
	    words_zone(web->time_zone));
	badge = state_badge(&p.view);
	struct tpl_event view = {
		.page = &page, .id = (int64_t)p.id,
		.title = page_event_title(&p.part),
		.when_words = event_words_when(web->pool, &span,
		    p.part.all_day),
		.exact = exact_words(web, &p),
		.repeats = p.view.recur_words, .place = p.part.location,
		.notes = p.part.description,
		.status = status_words(p.part.status),
		.calendar = p.view.calendar_name,
		.color = p.view.calendar_color, .badge = &badge,
		.set_aside = p.view.sync_state == EVENT_SYNC_STAYS ? NULL :
		    p.view.sync_detail,
		.stays = p.view.sync_state == EVENT_SYNC_STAYS ?
		    p.view.sync_detail : NULL,
		.rule_problem = p.view.rule_problem,
		.renew = p.view.sync_state == EVENT_SYNC_WAITING ? "5" : NULL,
		.locked = p.view.locked_reason, .editable = p.view.editable,
		.series = event_series_is(p.view.stored.event),
		.one_date = p.date != NULL,
		.whole = p.view.stored.event->has_master,
		.date = p.date,
		.back_href = month_href(web, &span),
	};
	fill_changed(web, &p, &view);
	if (!event_history_fill(web, &p, &view, err))
		return false;
	tpl_event(&web->reply->body, &view);
	return true;
}

static const char *
what_is_lost(const struct page_event *p)
{
	bool sent = p->view.sync_state != EVENT_SYNC_LOCAL;

	if (p->date)
		return sent ? "What you delete goes here and, with the next "
		    "sync, on the other side too. You can restore it "
		    "afterwards." : "You can restore it afterwards.";
	return sent ? "It goes here and, with the next sync, on the other side "
	    "too. You can restore it afterwards." :
	    "It goes here. You can restore it afterwards.";
}

bool
page_event_ask_delete(struct web *web, struct err *err)
{
	struct event_words_span span;
	struct page_event p;
	const char *when;

	if (!page_event_open(web, request_query(web->req, "date"), &p, err))
		return false;
	if (!p.view.editable)
		return err_set(err, ERR_FORBIDDEN, "%s", p.view.locked_reason);
	struct tpl_page page = web_page(web, "Delete", WEB_NAV_AGENDA);
	span = event_words_span(web->pool, p.view.stored.event, &p.part,
	    words_zone(web->time_zone));
	when = event_words_when(web->pool, &span, p.part.all_day);
	struct tpl_event_delete view = {
		.page = &page, .id = (int64_t)p.id,
		.rev = (int64_t)p.view.stored.rev, .date = p.date,
		.title = page_event_title(&p.part),
		.question = p.date ? pool_printf(web->pool,
		    "Delete “%s” on %s?", page_event_title(&p.part), when) :
		    pool_printf(web->pool, event_series_is(
		    p.view.stored.event) ? "Delete the whole series “%s”?" :
		    "Delete “%s”?", page_event_title(&p.part)),
		.lost = what_is_lost(&p),
		.choices = p.date && p.view.stored.event->has_master,
		.back_href = page_event_href(web, p.id, p.date),
	};
	tpl_event_delete(&web->reply->body, &view);
	return true;
}

struct deletion { uint64_t rev; const char *date, *scope; };

static const struct form_field deletion_fields[] = {
	FORM_FIELD(struct deletion, rev, FORM_ID, "Version", .required = true),
	FORM_FIELD(struct deletion, date, FORM_TEXT, "Date", .max = 32),
	FORM_FIELD(struct deletion, scope, FORM_TEXT, "Dates", .max = 16),
};
static const struct form deletion_form = FORM(deletion_fields);

/* "" of what is no series. */
static bool
is_of_dates(const struct deletion *in)
{
	return str_eq(in->scope, "one") || str_eq(in->scope, "following");
}

bool
page_event_delete(struct web *web, struct err *err)
{
	struct acts_event_target target = { 0 };
	struct form_state *state;
	struct deletion in;

	if (!form_read(web->req, &deletion_form, &in, &state))
		return err_set(err, ERR_INPUT, "This form is not as we made it. "
		    "Open the page again.");
	if (!request_id_segment(web->req, "id", &target.id, err))
		return false;
	if (is_of_dates(&in) ? !*in.date : *in.scope && !str_eq(in.scope, "all"))
		return err_set(err, ERR_INPUT, "It is not said which date is to be "
		    "deleted. Open the page again.");
	target.rev = in.rev;
	target.recurrence_id = *in.date && !str_eq(in.scope, "all") ?
	    in.date : NULL;
	if (!(target.recurrence_id && str_eq(in.scope, "following") ?
	    acts_event_remove_following : acts_event_remove)(&web->act,
	    &target, err))
		return false;
	if (target.recurrence_id)
		return web_redirect(web, "/settings/agenda", "deleted");
	return web_redirect(web, pool_printf(web->pool,
	    "/settings/events/%llu/deleted", (unsigned long long)target.id),
	    NULL);
}

bool
page_event_deleted(struct web *web, struct err *err)
{
	struct stored_event stored;
	uint64_t id;
	int found;

	if (!request_id_segment(web->req, "id", &id, err))
		return false;
	found = store_event_find(web->db, web->pool, web->act.org_id,
	    web->act.user_id, id, &stored, err);
	if (found < 0)
		return false;
	if (!found)
		return err_set(err, ERR_NOT_FOUND, "There is no such event.");
	if (stored.deleted_at == WHEN_NONE)
		return web_redirect(web, page_event_href(web, id, NULL), NULL);
	deleted_page(web, id, &stored);
	return true;
}

bool
page_event_restore(struct web *web, struct err *err)
{
	unsigned long long run;		/* whose page asked */
	bool restored;
	uint64_t id;

	if (!request_id_segment(web->req, "id", &id, err) ||
	    !acts_event_restore(&web->act, id, &restored, err))
		return false;
	return web_redirect(web, str_to_u64(request_query(web->req, "run"),
	    &run) ? pool_printf(web->pool, "/settings/runs/%llu", run) :
	    page_event_href(web, id, NULL), restored ? "restored" :
	    "not-deleted");
}
