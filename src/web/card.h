#ifndef HAWSER_WEB_CARD_H
#define HAWSER_WEB_CARD_H
/*
 * A connection's state in words: one of Up to date, Syncing, Waiting for you (or
 * for the owner), Paused until TIME, Not finished, Reconnect, Off, Removing; used
 * by the list and the page.
 */
#include "acts/acts_connection.h"
#include "store/store_run.h"
#include "views/tpl_badge.h"
#include "views/tpl_facts.h"
#include "views/tpl_progress.h"
#include "web/web.h"

enum card_state {
	CARD_UP_TO_DATE, CARD_SYNCING, CARD_CHOOSE, CARD_WAITING, CARD_PARKED,
	CARD_RECONNECT, CARD_OFF, CARD_REMOVING, CARD_UNFINISHED,
	CARD_SWITCHED_OFF,		/* by the operator */
};

struct card {
	enum card_state state;
	struct tpl_badge badge;
	const char *message;		/* a sentence, NULL = nothing to say */
	const char *mark;		/* one or two letters */
	const char *label;		/* the provider's */
	const char *look_again_secs;	/* when a page that is open asks again */
	const char *version;		/* another one: more than times has changed */
	const char *main_label, *main_href;	/* for its owner to press, or NULL */
	bool can_sync;			/* it would do something now */
	struct run_row run;		/* not ended well; id 0 = none */
};

void card_make(struct web *web, const struct connection_card *c,
    struct card *out);
/* The reader owns it: only they decide and give passwords. */
bool card_is_mine(const struct web *web, const struct connection_card *c);
/* "up_to_date", "syncing" ...: for scripts and clients. */
const char *card_state_name(enum card_state state);
/* Something went wrong that a person should hear of. */
bool card_has_failed(enum card_state state);
/* How far the run is; false: nothing to count. */
bool card_progress(const struct card *card, struct tpl_progress *out);
/* How much, last and next; NULL while no calendar is chosen. */
struct tpl_facts *card_facts(struct web *web, const struct connection_card *c);
/* Mark of a provider by its stored name. */
/* Does a person sign in at the provider, in place of a password here? */
bool card_signs_in(const char *provider);
const char *card_mark(const char *provider);
/* The reader's zone and the time of this request. */
const struct zone *card_zone(const struct web *web);
#endif
