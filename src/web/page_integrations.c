/* The list of connections and of what can be connected. */
#include "acts/acts_provider.h"
#include "util/str.h"
#include "views/tpl_integrations.h"
#include "web/card.h"
#include "web/page.h"
#include "util/banned.h"

static void
fill_card(struct web *web, const struct connection_card *c,
    struct tpl_integrations_card *out)
{
	struct tpl_progress *progress;
	struct card card;

	card_make(web, c, &card);
	out->id = (int64_t)c->row.id;
	out->mark = card.mark;
	out->title = c->row.name;
	out->account = str_eq(c->row.name, c->row.account) ? card.label :
	    c->row.account;
	out->account_title = c->row.base_url;
	out->badge = POOL_NEW(web->pool, struct tpl_badge);
	*(struct tpl_badge *)out->badge = card.badge;
	out->message = card.message;
	out->can_sync = card.can_sync;
	out->can_resume = card.state == CARD_OFF;
	out->main_label = card.main_label;
	out->main_href = card.main_href;
	out->facts = card_facts(web, c);
	out->has_facts = out->facts != NULL;
	out->version = card.version;
	progress = POOL_NEW(web->pool, struct tpl_progress);
	out->progress = progress;
	out->busy = card_progress(&card, progress);
}

/* What a run that is held asks, as one sentence. */
static void
fill_held(struct web *web, const struct connection_card *c,
    struct tpl_integrations_held *out)
{
	out->run_id = (int64_t)c->counts.held_run_id;
	out->sentence = pool_printf(web->pool,
	    "A sync would delete %d of %d events of \xe2\x80\x9c%s\xe2\x80\x9d. "
	    "It is held until you look.", c->held_run.guard_count,
	    c->held_run.guard_known, c->row.name);
}

static bool
fill_offers(struct web *web, struct tpl_integrations *view, struct err *err)
{
	struct tpl_integrations_offer *offers;
	struct provider_offer *list;
	size_t n;

	if (!acts_provider_list(&web->act, &list, &n, err))
		return false;
	offers = pool_array(web->pool, n, sizeof(*offers));
	view->offers = offers;
	for (size_t i = 0; i < n; i++)
		if (!list[i].off && list[i].lacks == NULL)
			offers[view->offers_count++] =
			    (struct tpl_integrations_offer){
				.name = list[i].name, .label = list[i].label,
				.about = list[i].about,
				.sign_in = list[i].sign_in,
				.mark = card_mark(list[i].name) };
	return true;
}

bool
page_integrations_show(struct web *web, struct err *err)
{
	struct tpl_page page = web_page(web, "Integrations",
	    WEB_NAV_INTEGRATIONS);
	struct tpl_integrations view = { .page = &page };
	struct tpl_integrations_card *cards;
	struct tpl_integrations_held *helds;
	struct connection_card *list;
	size_t n;

	if (!acts_connection_cards(&web->act, &list, &n, err))
		return false;
	cards = pool_array(web->pool, n, sizeof(*cards));
	helds = pool_array(web->pool, n, sizeof(*helds));
	for (size_t i = 0; i < n; i++) {
		fill_card(web, &list[i], &cards[i]);
		if (list[i].counts.held_run_id && card_is_mine(web, &list[i]))
			fill_held(web, &list[i], &helds[view.helds_count++]);
	}
	view.cards = cards;
	view.cards_count = n;
	view.helds = helds;
	if (!fill_offers(web, &view, err))
		return false;
	tpl_integrations(&web->reply->body, &view);
	return true;
}
