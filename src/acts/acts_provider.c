/* The list of providers and the operator's switch. */
#include <string.h>
#include "acts/acts_provider.h"
#include "jobs/wake.h"
#include "providers/provider.h"
#include "util/str.h"
#include "util/banned.h"

static bool
is_listed(const struct provider_off *off, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq(off[i].provider, name))
			return true;
	return false;
}

/* As the request found it, or asked now. */
static bool
list_off(const struct act *act, struct provider_off **out, size_t *count_out,
    struct err *err)
{
	const char *at = act->providers_off;
	size_t len;

	*out = NULL;
	*count_out = 0;
	if (!at)
		return act->db == NULL || store_provider_list_off(act->db,
		    act->pool, act->org_id, out, count_out, err);
	if (*at)
		*out = pool_array(act->pool, strlen(at), sizeof(**out));
	for (; *at; at += len + (at[len] == ',')) {
		len = strcspn(at, ",");
		(*out)[(*count_out)++].provider = pool_strndup(act->pool, at, len);
	}
	return true;
}

static const char *
lacks(const struct act *act, const struct provider *p)
{
	struct provider_app app;
	struct err why = { 0 };

	return !(p->flags & PROVIDER_OAUTH) || p->app(act->pool, act->config,
	    &app, &why) ? NULL : pool_strdup(act->pool, why.msg);
}

bool
acts_provider_list(const struct act *act, struct provider_offer **out,
    size_t *count_out, struct err *err)
{
	size_t count, off_count;
	const struct provider *const *all = provider_list(&count);
	struct provider_off *off;
	struct provider_offer *offers;

	if (!list_off(act, &off, &off_count, err))
		return false;
	offers = pool_array(act->pool, count, sizeof(*offers));
	for (size_t i = 0; i < count; i++)
		offers[i] = (struct provider_offer){ all[i]->name,
		    all[i]->label, all[i]->about, all[i]->preset_url,
		    is_listed(off, off_count, all[i]->name),
		    (all[i]->flags & PROVIDER_OAUTH) != 0,
		    lacks(act, all[i]) };
	*out = offers;
	*count_out = count;
	return true;
}

bool
acts_provider_mark(const struct act *act, struct connection_card *cards,
    size_t count, struct err *err)
{
	struct provider_off *off;
	size_t off_count;

	if (!list_off(act, &off, &off_count, err))
		return false;
	for (size_t i = 0; i < count; i++)
		cards[i].switched_off = is_listed(off, off_count,
		    cards[i].row.provider);
	return true;
}

bool
acts_provider_check_on(const struct act *act, const char *name,
    struct err *err)
{
	const struct provider *provider = provider_find(name);
	int off = store_provider_is_off(act->db, act->org_id, name, err);

	if (off > 0 && act->user_id == 0)
		return err_set(err, ERR_CONFLICT, "%s is switched off for this "
		    "organisation. hawser provider on %s switches it on for all.",
		    provider != NULL ? provider->label : name, name);
	if (off > 0)
		return err_set(err, ERR_CONFLICT, "%s is switched off here by "
		    "the operator of this service. Nothing is lost; ask them to "
		    "switch it on.", provider != NULL ? provider->label : name);
	return off == 0;
}

/* ---- the switch ---- */

struct switching {
	const struct act *act;
	const struct provider_switching *to;
};

/* One organisation for which it is different now. */
static bool
tell_org(const struct act *act, const struct provider_switching *to,
    const struct provider_user *user, struct err *err)
{
	struct act there = *act;

	there.org_id = user->org_id;
	if (!act_audit(&there, user->off ? "provider.off" : "provider.on",
	    "provider", 0, to->provider, err))
		return false;
	return user->off ?
	    store_provider_raise_fences(act->db, user->org_id, to->provider, err) :
	    store_provider_want(act->db, user->org_id, to->provider, err);
}

static bool
was_off(const struct provider_user *before, size_t count, uint64_t org)
{
	for (size_t i = 0; i < count; i++)
		if (before[i].org_id == org)
			return before[i].off;
	return false;
}

static bool
switch_body(struct db *db, void *arg, struct err *err)
{
	const struct switching *s = arg;
	const struct provider_switching *to = s->to;
	struct provider_user *before, *after;
	size_t had, have;

	if (!store_provider_list_users(db, s->act->pool, to->provider, &before,
	    &had, err) || !store_provider_set(db, to->provider, to->mode,
	    to->orgs, to->count, err) || !store_provider_list_users(db,
	    s->act->pool, to->provider, &after, &have, err))
		return false;
	for (size_t i = 0; i < have; i++)
		if (after[i].off != was_off(before, had, after[i].org_id) &&
		    !tell_org(s->act, to, &after[i], err))
			return false;
	return true;
}

bool
acts_provider_switch(const struct act *act, const struct provider_switching *to,
    struct err *err)
{
	struct switching s = { act, to };

	if (act->user_id != 0)
		return err_set(err, ERR_FORBIDDEN,
		    "Only the operator may do that, with the hawser command.");
	if (provider_find(to->provider) == NULL)
		return err_set(err, ERR_INPUT, "There is no provider \"%s\"; "
		    "hawser provider list names them.", to->provider);
	if ((to->mode == PROVIDER_ONLY) != (to->count > 0))
		return err_set(err, ERR_INPUT,
		    "Name at least one organisation that keeps it.");
	if (!db_tx(act->db, switch_body, &s, NULL, err))
		return false;
	wake_send(act->config);
	return true;
}
