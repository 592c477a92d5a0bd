/* The state of a connection, as words and colour; knows no page. */
#include <string.h>
#include "util/digest.h"
#include "util/str.h"
#include "web/card.h"
#include "web/words.h"
#include "util/banned.h"

#define CLOSE_WATCH (15 * WHEN_SEC)

static const struct {
	const char *name, *label, *mark;
	bool signs_in;			/* there, not here */
} providers[] = {
	{ "caldav", "CalDAV", "D", false },
	{ "icloud", "iCloud Calendar", "iC", false },
	{ "google", "Google Calendar", "G", true },
};

bool
card_signs_in(const char *provider)
{
	for (size_t i = 0; i < sizeof(providers) / sizeof(providers[0]); i++)
		if (str_eq(providers[i].name, provider))
			return providers[i].signs_in;
	return false;
}

static const char *
card_label(const char *provider)
{
	for (size_t i = 0; i < sizeof(providers) / sizeof(providers[0]); i++)
		if (str_eq(providers[i].name, provider))
			return providers[i].label;
	return provider;
}

const char *
card_mark(const char *provider)
{
	for (size_t i = 0; i < sizeof(providers) / sizeof(providers[0]); i++)
		if (str_eq(providers[i].name, provider))
			return providers[i].mark;
	return "?";
}

const struct zone *
card_zone(const struct web *web)
{
	return words_zone(web->time_zone);
}

static bool
under_way(const struct run_row *run)
{
	return run->id && run->finished_at == WHEN_NONE &&
	    (run->state == RUN_LISTING || run->state == RUN_APPLYING);
}

static enum card_state
state_of(const struct connection_card *c, const struct run_row *run)
{
	switch ((enum connection_state)c->row.state) {
	case CONNECTION_REMOVING:
		return CARD_REMOVING;
	case CONNECTION_RECONNECT:
		return CARD_RECONNECT;
	case CONNECTION_PAUSED:
		return CARD_OFF;
	case CONNECTION_ACTIVE:
		break;
	}
	if (c->switched_off)
		return CARD_SWITCHED_OFF;
	if (c->counts.held_run_id)
		return CARD_WAITING;
	if (!c->counts.bindings)
		return CARD_CHOOSE;
	if (c->row.wait_until != WHEN_NONE && c->row.wait_until > when_now())
		return CARD_PARKED;
	if (run->id && run->state == RUN_FAILED)
		return CARD_UNFINISHED;
	if (under_way(run) || c->row.last_ok_at == WHEN_NONE)
		return CARD_SYNCING;
	return CARD_UP_TO_DATE;
}

bool
card_is_mine(const struct web *web, const struct connection_card *c)
{
	return c->row.user_id == web->act.user_id;
}

static const char *
message_of(struct web *web, const struct connection_card *c,
    const struct card *out)
{
	uint64_t waits = c->counts.waiting;

	switch (out->state) {
	case CARD_RECONNECT:
		return pool_printf(web->pool, "%s%sNothing is lost%s%s.%s",
		    c->row.state_reason, *c->row.state_reason ? " " : "",
		    waits ? ": " : "", waits ? words_count(web->pool, waits,
		    "change waits here", "changes wait here") : "",
		    card_is_mine(web, c) ? "" : card_signs_in(c->row.provider) ?
		    " Whoever connected it can sign in there again." :
		    " Whoever connected it can give a new password.");
	case CARD_PARKED:
		return pool_printf(web->pool, "%s%sIt goes on by itself.",
		    c->row.state_reason, *c->row.state_reason ? " " : "");
	case CARD_UNFINISHED:
		return pool_printf(web->pool, "%s It is tried again by itself.",
		    out->run.message);
	case CARD_WAITING:
		return card_is_mine(web, c) ?
		    "A sync would delete many events. It is held until you look." :
		    "A sync would delete many events. It is held until whoever "
		    "connected the account answers.";
	case CARD_CHOOSE:
		return card_is_mine(web, c) ?
		    "The account is connected. Choose which calendars to sync." :
		    "The account is connected. Whoever connected it has not "
		    "chosen a calendar yet.";
	case CARD_SWITCHED_OFF:
		return pool_printf(web->pool, "%s is switched off here by the "
		    "operator of this service. Nothing is lost%s%s.",
		    card_label(c->row.provider), waits ? ": " : "", waits ?
		    words_count(web->pool, waits, "change waits here",
		    "changes wait here") : "");
	case CARD_OFF:
		return waits ? pool_printf(web->pool, "Paused by hand: nothing is "
		    "sent or taken up. Nothing is lost: %s.", words_count(web->pool,
		    waits, "change waits here", "changes wait here")) :
		    "Paused by hand: nothing is sent or taken up.";
	case CARD_REMOVING:
		return "Its access and its links are being removed.";
	case CARD_SYNCING:
	case CARD_UP_TO_DATE:
		break;
	}
	if (c->counts.set_aside)
		return pool_printf(web->pool, "%s; %s.", words_count(web->pool,
		    c->counts.set_aside, "item was set aside",
		    "items were set aside"), card_is_mine(web, c) ?
		    "the connection’s page says why" : "its owner sees why");
	return NULL;
}

/* What only its owner may do is offered to nobody else. */
static void
fill_main(struct web *web, const struct connection_card *c, struct card *out)
{
	if (!card_is_mine(web, c))
		return;
	if (out->state == CARD_WAITING) {
		out->main_label = "Review";
		out->main_href = pool_printf(web->pool, "/settings/runs/%llu",
		    (unsigned long long)c->counts.held_run_id);
	} else if (out->state == CARD_RECONNECT || out->state == CARD_CHOOSE) {
		out->main_label = out->state == CARD_RECONNECT ? "Reconnect" :
		    "Choose calendars";
		out->main_href = pool_printf(web->pool,
		    "/settings/connections/%llu%s",
		    (unsigned long long)c->row.id, out->state == CARD_RECONNECT ?
		    "/reconnect" : "/calendars");
	}
}

static struct tpl_badge
badge_of(struct web *web, const struct connection_card *c,
    enum card_state state)
{
	static const struct tpl_badge words[] = {
		[CARD_UP_TO_DATE] = { "ok", "Up to date" },
		[CARD_SYNCING] = { "work", "Syncing" },
		[CARD_CHOOSE] = { "wait", "Waiting for you" },
		[CARD_WAITING] = { "wait", "Waiting for you" },
		[CARD_PARKED] = { "wait", "Paused" },
		[CARD_RECONNECT] = { "bad", "Reconnect" },
		[CARD_OFF] = { "off", "Off" },
		[CARD_SWITCHED_OFF] = { "off", "Off" },
		[CARD_REMOVING] = { "work", "Removing" },
		[CARD_UNFINISHED] = { "bad", "Not finished" },
	};
	struct tpl_badge badge = words[state];

	if (state == CARD_PARKED)
		badge.text = pool_printf(web->pool, "Paused until %s",
		    words_clock(web->pool, when_now(), c->row.wait_until,
		    card_zone(web)));
	if ((state == CARD_CHOOSE || state == CARD_WAITING) &&
	    !card_is_mine(web, c))
		badge.text = "Waiting for the owner";
	return badge;
}

const char *
card_state_name(enum card_state state)
{
	static const char *const names[] = {
		[CARD_UP_TO_DATE] = "up_to_date", [CARD_SYNCING] = "syncing",
		[CARD_CHOOSE] = "choose_calendars",
		[CARD_WAITING] = "waiting_for_you", [CARD_PARKED] = "paused",
		[CARD_RECONNECT] = "reconnect", [CARD_OFF] = "off",
		[CARD_REMOVING] = "removing", [CARD_UNFINISHED] = "not_finished",
		[CARD_SWITCHED_OFF] = "switched_off",
	};

	return names[state];
}

bool
card_has_failed(enum card_state state)
{
	return state == CARD_RECONNECT || state == CARD_PARKED ||
	    state == CARD_UNFINISHED;
}

bool
card_progress(const struct card *card, struct tpl_progress *out)
{
	*out = (struct tpl_progress){ .label = "Syncing calendar",
		.done = card->run.done, .total = card->run.planned };
	return card->state == CARD_SYNCING && card->run.planned > 0;
}

/* A bar that moves is watched closely, work that takes long or has been asked
 * for now and then, and the rest so that somebody else's press is seen. */
static const char *
look_again(const struct connection_card *c, const struct card *card)
{
	when_t now = when_now(), due = c->row.next_due;
	when_t began = under_way(&card->run) ? card->run.started_at : due;

	if (card->state == CARD_SYNCING && began != WHEN_NONE &&
	    began > now - CLOSE_WATCH)
		return "0.25";
	if (card->state == CARD_SYNCING || card->state == CARD_REMOVING ||
	    ((card->state == CARD_UP_TO_DATE ||
	    card->state == CARD_UNFINISHED) && due != WHEN_NONE && due <= now))
		return "2";
	return card->state == CARD_UP_TO_DATE || card->state == CARD_PARKED ?
	    "20" : "60";
}

static uint64_t
stir(uint64_t hash, const void *bytes, size_t len)
{
	const unsigned char *p = bytes;

	while (len-- > 0)
		hash = (hash ^ *p++) * 0x100000001b3u;
	return hash;
}

/* What a script cannot keep true by itself: all but times in words and the
 * numbers of a bar that is already there. */
static const char *
version_of(struct web *web, const struct connection_card *c,
    const struct card *card)
{
	const uint64_t facts[] = { card->state, card->run.planned > 0,
	    (uint64_t)c->row.last_ok_at, c->row.open_run_id,
	    c->counts.held_run_id, c->counts.bindings, c->counts.events,
	    c->counts.set_aside };
	uint64_t hash = stir(0xcbf29ce484222325u, facts, sizeof(facts));
	const char *texts[] = { c->row.name, card->badge.text, card->message };

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (texts[i])
			hash = stir(hash, texts[i], strlen(texts[i]));
	return digest_hex(web->pool, &hash, sizeof(hash));
}

void
card_make(struct web *web, const struct connection_card *c, struct card *out)
{
	*out = (struct card){ .run = c->open_run };
	out->state = state_of(c, &out->run);
	out->can_sync = out->state == CARD_UP_TO_DATE ||
	    out->state == CARD_PARKED || out->state == CARD_UNFINISHED;
	fill_main(web, c, out);
	out->badge = badge_of(web, c, out->state);
	out->message = message_of(web, c, out);
	out->look_again_secs = look_again(c, out);
	out->mark = card_mark(c->row.provider);
	out->label = card_label(c->row.provider);
	out->version = version_of(web, c, out);
}

struct tpl_facts *
card_facts(struct web *web, const struct connection_card *c)
{
	const struct zone *zone = card_zone(web);
	struct tpl_facts *out;
	struct str count, label;
	when_t now = when_now();

	if (!c->counts.bindings)
		return NULL;
	out = POOL_NEW(web->pool, struct tpl_facts);
	str_init(&count, web->pool, 30);
	str_addu(&count, c->counts.events);
	out->count = count.data;
	str_init(&label, web->pool, 100);
	str_add(&label, c->counts.events == 1 ? "event in " : "events in ");
	str_add(&label, words_count(web->pool, c->counts.bindings, "calendar",
	    "calendars"));
	out->count_label = label.data;
	out->last = words_ago(web->pool, now, c->row.last_ok_at, zone);
	out->last_title = words_exact(web->pool, c->row.last_ok_at, zone,
	    web->time_zone);
	if (c->row.state != CONNECTION_ACTIVE || c->switched_off ||
	    c->counts.held_run_id ||
	    c->row.next_due == WHEN_NONE)
		return out;
	out->next = words_until(web->pool, now, c->row.next_due, zone);
	out->next_title = words_exact(web->pool, c->row.next_due, zone,
	    web->time_zone);
	return out;
}
