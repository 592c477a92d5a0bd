/* The two registry entries of CalDAV; knows none of the protocol. */
#include "providers/caldav.h"
#include "providers/caldav_p.h"
#include "util/banned.h"

#define CALDAV_FLAGS (PROVIDER_DELTA | PROVIDER_CONDITIONAL \
	| PROVIDER_CLIENT_IDS | PROVIDER_PASSWORD)

const struct provider caldav_provider = {
	.name = "caldav",
	.label = "CalDAV",
	.about = "Nextcloud, Fastmail, Radicale, Posteo and any other "
	    "calendar server",
	.flags = CALDAV_FLAGS,
	.app = provider_unsupported_app,
	.discover = caldav_discover,
	.list_collections = caldav_list_collections,
	.changes = caldav_changes,
	.fetch = caldav_fetch,
	.push = caldav_push,
	.watch = provider_unsupported_watch,
	.unwatch = provider_unsupported_unwatch,
};

const struct provider caldav_icloud_provider = {
	.name = "icloud",
	.label = "iCloud Calendar",
	.about = "The calendars of an Apple account, with an app-specific "
	    "password",
	.preset_url = "https://caldav.icloud.com/",
	.flags = CALDAV_FLAGS,
	.app = provider_unsupported_app,
	.discover = caldav_discover,
	.list_collections = caldav_list_collections,
	.changes = caldav_changes,
	.fetch = caldav_fetch_single,
	.push = caldav_push,
	.watch = provider_unsupported_watch,
	.unwatch = provider_unsupported_unwatch,
};
