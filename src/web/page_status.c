/* The connections' state as JSON, for the script that keeps pages live. */
#include <string.h>
#include "acts/acts_connection.h"
#include "util/digest.h"
#include "util/str.h"
#include "web/card.h"
#include "web/page.h"
#include "web/words.h"
#include "util/banned.h"

static void
put_name(struct str *s, const char *name)
{
	str_add(s, ",\"");
	str_add(s, name);
	str_add(s, "\":");
}

static void
put_text(struct str *s, const char *name, const char *value)
{
	put_name(s, name);
	str_json(s, value);
}

static void
put_number(struct str *s, const char *name, uint64_t value)
{
	put_name(s, name);
	str_addu(s, value);
}

static void
put_id(struct str *s, const char *name, uint64_t id)
{
	put_name(s, name);
	if (!id) {
		str_add(s, "null");
		return;
	}
	str_addc(s, '"');
	str_addu(s, id);
	str_addc(s, '"');
}

static void
put_time(struct web *web, struct str *s, const char *name, when_t t)
{
	put_text(s, name, t == WHEN_NONE ? NULL : when_format(web->pool, t));
}

static void
put_facts(struct web *web, struct str *s, const struct connection_card *c)
{
	const struct tpl_facts *facts = card_facts(web, c);

	put_time(web, s, "last_sync", c->row.last_ok_at);
	put_text(s, "last_sync_words", facts ? facts->last : NULL);
	put_text(s, "last_sync_exact", facts ? facts->last_title : NULL);
	put_time(web, s, "next_sync", facts && facts->next ? c->row.next_due :
	    WHEN_NONE);
	put_text(s, "next_sync_words", facts ? facts->next : NULL);
	put_text(s, "next_sync_exact", facts ? facts->next_title : NULL);
}

static void
put_progress(struct str *s, const struct card *card)
{
	struct tpl_progress bar;

	if (!card_progress(card, &bar)) {
		str_add(s, ",\"progress\":null");
		return;
	}
	str_addf(s, ",\"progress\":{\"done\":%lld,\"total\":%lld,\"words\":\"%lld of "
	    "%lld\"}", (long long)bar.done, (long long)bar.total,
	    (long long)bar.done, (long long)bar.total);
}

static void
put_card(struct web *web, struct str *s, const struct connection_card *c)
{
	struct card card;

	card_make(web, c, &card);
	str_add(s, "{\"id\":\"");
	str_addu(s, c->row.id);
	str_addc(s, '"');
	put_text(s, "name", c->row.name);
	put_text(s, "state", card_state_name(card.state));
	put_text(s, "badge", card.badge.kind);
	put_text(s, "words", card.badge.text);
	put_text(s, "message", card.message);
	put_text(s, "error", card_has_failed(card.state) ? card.message : NULL);
	put_time(web, s, "paused_until", card.state == CARD_PARKED ?
	    c->row.wait_until : WHEN_NONE);
	put_facts(web, s, c);
	put_progress(s, &card);
	put_number(s, "calendars", c->counts.bindings);
	put_number(s, "events", c->counts.events);
	put_number(s, "waiting", c->counts.waiting);
	put_number(s, "set_aside", c->counts.set_aside);
	put_id(s, "held_run_id", card_is_mine(web, c) ?
	    c->counts.held_run_id : 0);
	put_text(s, "version", card.version);
	put_name(s, "look_again_secs");
	str_add(s, card.look_again_secs);
	str_addc(s, '}');
}

/* "abc" or W/"abc" in a list, as browsers send it back. */
static bool
has_tag(const char *sent, const char *tag)
{
	return sent && strstr(sent, tag) != NULL;
}

bool
page_status_show(struct web *web, struct err *err)
{
	struct str *body = &web->reply->body;
	struct connection_card *cards;
	struct digest digest;
	const char *tag;
	size_t n;

	if (!acts_connection_cards(&web->act, &cards, &n, err))
		return false;
	str_add(body, "{\"connections\":[");
	for (size_t i = 0; i < n; i++) {
		str_add(body, i ? "," : "");
		put_card(web, body, &cards[i]);
	}
	str_add(body, "]}\n");
	digest = digest_sha256(body->data, body->len);
	tag = pool_printf(web->pool, "\"%s\"", digest_base64url(web->pool,
	    digest.bytes, 16));
	web->reply->type = "application/json";
	web->reply->cache = "private, no-cache";
	reply_header(web->reply, "ETag", tag);
	if (has_tag(web->req->if_none_match, tag)) {
		web->reply->status = 304;
		str_clear(body);
	}
	return true;
}
