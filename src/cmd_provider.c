/* hawser provider: what can be connected, and for whom. */
#include "acts/acts_provider.h"
#include "cmd_nouns.h"
#include "cmd_value.h"
#include "store/store_org.h"
#include "util/str.h"
#include "util/banned.h"

static const char *const modes[] = { [PROVIDER_ON] = "on",
    [PROVIDER_OFF] = "off", [PROVIDER_ONLY] = "only" };

/* "on", "off", "only for A, B" */
static bool
describe(struct cmd *cmd, const char *provider, enum provider_mode *mode_out,
    json_t *names, struct str *words, struct err *err)
{
	struct provider_org *orgs;
	size_t count, i;

	if (!store_provider_find_mode(cmd->db, cmd->pool, provider, mode_out,
	    err) || !store_provider_list_orgs(cmd->db, cmd->pool, provider,
	    &orgs, &count, err))
		return false;
	str_add(words, modes[*mode_out]);
	for (i = 0; *mode_out == PROVIDER_ONLY && i < count; i++) {
		str_addf(words, "%s%s", i > 0 ? ", " : " for ", orgs[i].name);
		json_array_append_new(names, json_string(orgs[i].name));
	}
	return true;
}

static bool
put_offer(struct cmd *cmd, const struct provider_offer *offer, json_t *list,
    struct err *err)
{
	json_t *orgs = json_array();
	enum provider_mode mode;
	struct str words;

	str_init(&words, cmd->pool, 64 * 1024);
	if (!describe(cmd, offer->name, &mode, orgs, &words, err)) {
		json_decref(orgs);
		return false;
	}
	json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:o, s:s, s:o, s:o}",
	    "name", offer->name, "label", offer->label, "about", offer->about,
	    "url", cmd_json_text(offer->preset_url), "switch", modes[mode],
	    "lacks", cmd_json_text(offer->lacks), "orgs", orgs));
	if (!cmd->json)
		cmd_say(cmd, "%-8s %-16s %s: %s%s%s", offer->name, words.data,
		    offer->label, offer->about, offer->lacks ? ". " : "",
		    offer->lacks ? offer->lacks : "");
	return true;
}

static bool
provider_list_all(struct cmd *cmd, struct err *err)
{
	struct act act = { .pool = cmd->pool, .config = cmd->config,
	    .role = ROLE_OWNER };
	struct provider_offer *offers;
	json_t *list;
	size_t count, i;

	if (!acts_provider_list(&act, &offers, &count, err))
		return false;
	list = json_array();
	for (i = 0; i < count; i++)
		if (!put_offer(cmd, &offers[i], list, err)) {
			json_decref(list);
			return false;
		}
	cmd_put_list(cmd, list);
	return true;
}

static bool
switch_to(struct cmd *cmd, enum provider_mode mode, const uint64_t *orgs,
    size_t count, struct err *err)
{
	struct act act = { .db = cmd->db, .pool = cmd->pool,
	    .config = cmd->config, .role = ROLE_OWNER, .via = "command" };
	const struct provider_switching to = { cmd->args[0], mode, orgs, count };
	json_t *names;
	struct str words;

	if (!acts_provider_switch(&act, &to, err))
		return false;
	names = json_array();
	str_init(&words, cmd->pool, 64 * 1024);
	if (!describe(cmd, to.provider, &mode, names, &words, err)) {
		json_decref(names);
		return false;
	}
	if (cmd->json) {
		cmd_put_json(cmd, json_pack("{s:s, s:s, s:o}", "name",
		    to.provider, "switch", modes[mode], "orgs", names));
		return true;
	}
	json_decref(names);
	cmd_say(cmd, "%s is %s.", to.provider, words.data);
	return true;
}

static bool
provider_turn_on(struct cmd *cmd, struct err *err)
{
	return switch_to(cmd, PROVIDER_ON, NULL, 0, err);
}

static bool
provider_turn_off(struct cmd *cmd, struct err *err)
{
	return switch_to(cmd, PROVIDER_OFF, NULL, 0, err);
}

static bool
provider_keep_only(struct cmd *cmd, struct err *err)
{
	size_t count = (size_t)cmd->arg_count - 1;
	uint64_t *orgs = pool_array(cmd->pool, count, sizeof(*orgs));
	struct act act;

	for (size_t i = 0; i < count; i++) {
		if (!cmd_act(cmd, cmd->args[i + 1], &act, err))
			return false;
		orgs[i] = act.org_id;
	}
	return switch_to(cmd, PROVIDER_ONLY, orgs, count, err);
}

const struct cmd_verb cmd_provider_verbs[] = {
	{ "provider", "list", "", 0, 0, NULL, CMD_DB_ADMIN, provider_list_all,
	    "Lists what can be connected, and for whom it is on." },
	{ "provider", "on", "PROVIDER", 1, 1, NULL, CMD_DB_ADMIN,
	    provider_turn_on, "Switches a provider on for all." },
	{ "provider", "off", "PROVIDER", 1, 1, NULL, CMD_DB_ADMIN,
	    provider_turn_off, "Switches a provider off for all; nothing is "
	    "lost, and what waits goes on when it is on again." },
	{ "provider", "only", "PROVIDER ORG...", 2, 16, NULL, CMD_DB_ADMIN,
	    provider_keep_only, "Switches a provider on for these "
	    "organisations and off for all others." },
	{ NULL }
};
