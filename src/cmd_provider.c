/* hawser provider: what can be connected. */
#include "acts/acts_connection.h"
#include "cmd_nouns.h"
#include "cmd_value.h"
#include "util/banned.h"

static bool
provider_list_all(struct cmd *cmd, struct err *err)
{
	struct act act = { .pool = cmd->pool, .role = ROLE_OWNER };
	struct provider_offer *offers;
	json_t *list;
	size_t count, i;

	if (!acts_provider_list(&act, &offers, &count, err))
		return false;
	list = json_array();
	for (i = 0; i < count; i++) {
		json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:o}",
		    "name", offers[i].name, "label", offers[i].label,
		    "about", offers[i].about,
		    "url", cmd_json_text(offers[i].preset_url)));
		if (!cmd->json)
			cmd_say(cmd, "%-8s %s: %s", offers[i].name,
			    offers[i].label, offers[i].about);
	}
	cmd_put_list(cmd, list);
	return true;
}

const struct cmd_verb cmd_provider_verbs[] = {
	{ "provider", "list", "", 0, 0, NULL, CMD_NOTHING, provider_list_all,
	    "Lists what can be connected." },
	{ NULL }
};
