/* The registry entry of Google Calendar, and what its operator registered. */
#include "providers/google.h"
#include "providers/google_p.h"
#include "util/banned.h"

/* Answers name these two otherwise than they were asked for. */
static const char *const spellings[] = {
	"email", "https://www.googleapis.com/auth/userinfo.email",
	"profile", "https://www.googleapis.com/auth/userinfo.profile",
	NULL,
};

static bool google_app(struct pool *pool, const struct config *config,
    struct provider_app *out, struct err *err)
{
	const struct config_provider *c = &config->google;

	(void)pool;
	if (*c->client_id == '\0')
		return err_set_scope(err, ERR_UNSUPPORTED, ERR_CONNECTION,
		    "Google is not set up here. The operator has to give "
		    "client_id and client_secret_file in [google].");
	*out = (struct provider_app){
		.server = {
			.who = "Google", .authorize_url = c->auth_url,
			.token_url = c->token_url, .revoke_url = c->revoke_url,
			.issuer = *c->issuer ? c->issuer : NULL,
			.extra_query = "access_type=offline",
			.scope_spellings = spellings,
		},
		.client_id = c->client_id,
		.secret_file = c->client_secret_file,
		.sign_in_scopes = "openid email",
		.needed = "https://www.googleapis.com/auth/calendar.events",
		.scopes = "https://www.googleapis.com/auth/calendar.events "
		    "https://www.googleapis.com/auth/"
		    "calendar.calendarlist.readonly",
		.api_url = c->api_url,
	};
	return true;
}

const struct provider google_provider = {
	.name = "google",
	.label = "Google Calendar",
	.about = "The calendars of a Google account, by signing in there",
	.flags = PROVIDER_DELTA | PROVIDER_CONDITIONAL | PROVIDER_CLIENT_IDS |
	    PROVIDER_OAUTH | PROVIDER_WATCH,
	.app = google_app,
	.discover = google_discover,
	.list_collections = google_list_collections,
	.changes = google_changes,
	.fetch = google_fetch,
	.push = google_push,
	.watch = google_watch,
	.unwatch = google_unwatch,
};
