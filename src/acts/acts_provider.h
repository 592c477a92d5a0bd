#ifndef HAWSER_ACTS_ACTS_PROVIDER_H
#define HAWSER_ACTS_ACTS_PROVIDER_H
/*
 * What can be connected, and the operator's switch: a provider is on for all,
 * off, or on for chosen organisations only. Switched off, it is not offered, its
 * connections rest (a run under way can commit nothing more) and nothing is
 * lost; switched on again, they go on by themselves.
 */
#include "acts/act.h"
#include "store/store_connection.h"
#include "store/store_provider.h"

/* A provider as the pages offer it. */
struct provider_offer {
	const char *name, *label, *about;
	const char *preset_url;		/* NULL = the person gives an address */
	bool off;			/* for act's organisation */
	bool sign_in;			/* the person signs in there */
	const char *lacks;		/* what the operator has to set up; NULL = nothing */
};
/* All there are, those that are off too; without act->db none is. */
ERR_CHECKED bool acts_provider_list(const struct act *act,
    struct provider_offer **out, size_t *count_out, struct err *err);
/* ERR_CONFLICT in words: the provider is switched off here. */
ERR_CHECKED bool acts_provider_check_on(const struct act *act,
    const char *provider, struct err *err);
/* Says of each card whether its provider is switched off. */
ERR_CHECKED bool acts_provider_mark(const struct act *act,
    struct connection_card *cards, size_t count, struct err *err);

/* The operator's, as DB_ADMIN; orgs with PROVIDER_ONLY, at least one. Audited
 * in each organisation that has connections there and where it changes. */
struct provider_switching {
	const char *provider;
	enum provider_mode mode;
	const uint64_t *orgs;
	size_t count;
};
ERR_CHECKED bool acts_provider_switch(const struct act *act,
    const struct provider_switching *s, struct err *err);
#endif
