/* The developers' page: every component in every state. Its words are samples,
 * nothing here is anybody's data. */
#include "views/tpl_components.h"
#include "views/tpl_page.h"
#include "web/page.h"
#include "util/banned.h"

#define LONG "Elisabeth-Charlotte von Hohenzollern-Sigmaringen, " \
	"Familie und Verein"
#define LIST(array) (array), .array##_count = sizeof(array) / sizeof((array)[0])

static const struct tpl_badge badges[] = { { "ok", "Up to date" },
    { "work", "Syncing" }, { "wait", "Waiting for you" },
    { "wait", "Paused until 14:05" }, { "bad", "Reconnect" }, { "off", "Off" } };

static const struct tpl_notice notices[] = { { "ok", "Saved." },
    { "work", "The sync has been asked for and starts in a moment." },
    { "wait", "A sync would delete 61 of 120 events in “Family”. It is held "
    "until you look." }, { "bad", "iCloud no longer accepts the password. "
    "Nothing is lost: 4 changes wait here." } };

static const struct tpl_progress progresses[] = { { "Not begun", 0, 120 },
    { "First sync of “Family”", 47, 120 }, { LONG, 120, 120 } };

static const struct tpl_facts facts = { "342", "events in 3 calendars",
    "2 min ago", "Friday 20 November 2026, 10:42", "in 8 min",
    "Friday 20 November 2026, 10:52" };

static const struct tpl_components_card cards[] = {
	{ .id = 1, .mark = "iC", .title = "iCloud Calendar",
	    .account = "family@icloud.example", .badge = &badges[0],
	    .facts = &facts },
	{ .id = 2, .mark = "E", .title = LONG, .account = "elisabeth-charlotte."
	    "von.hohenzollern@verwaltung.example.org", .badge = &badges[1],
	    .progress = &progresses[1] },
	{ .id = 3, .mark = "D", .title = "Nextcloud", .account = "ana",
	    .badge = &badges[4], .message = "The server no longer accepts the "
	    "password. Nothing is lost: 4 changes wait here.",
	    .action = "Reconnect" },
	{ .id = 4, .mark = "D", .title = "Office", .account = "ana@example.com",
	    .badge = &badges[3], .message = "The server asked for a pause. The "
	    "sync goes on by itself at 14:05." },
};

static const struct tpl_field_option options[] = { { "both", "Both ways", true },
    { "pull", "Arrives here only", false } };

static const struct tpl_field fields[] = {
	{ .name = "title", .label = "Title", .type = "text", .value = LONG,
	    .hint = "As it appears in the agenda.", .required = true },
	{ .name = "address", .label = "Address", .type = "url",
	    .value = "dav.example", .error = "It must begin with https://.",
	    .required = true },
	{ .name = "password", .label = "Password", .type = "password",
	    .autocomplete = "off", .required = true },
	{ .name = "direction", .label = "Direction", .type = "select",
	    .options = options, .options_count = 2 },
	{ .name = "notes", .label = "Notes", .type = "textarea",
	    .value = "One line\nand another" },
	{ .name = "all_day", .label = "All day", .type = "checkbox",
	    .checked = true },
};

static const struct tpl_empty empties[] = {
	{ "No conflicts", "When the same event is changed here and there between "
	    "two syncs, both versions appear here, and you choose.", "", "" },
	{ "No calendar yet", "Connect an account and choose its calendars.",
	    "/settings/integrations", "Connect an account" },
};

static const struct tpl_badge done = { "ok", "Done" },
    aside = { "wait", "1 item set aside" }, failed = { "bad", "Failed" };

static const struct tpl_runs_run run_rows[] = {
	{ 1, "today 10:42", "Friday 20 November 2026, 10:42", "Family", "schedule",
	    3, 1, 1, "0.4 s", &done },
	{ 2, "today 10:21", "Friday 20 November 2026, 10:21", LONG, "Ana, by hand",
	    12, 0, 0, "0.9 s", &aside },
	{ 3, "yesterday", "Thursday 19 November 2026, 23:59", "Office",
	    "a change here", 0, 1200, 0, "1 min 4 s", &failed },
};

bool
page_components_show(struct web *web, struct err *err)
{
	struct tpl_page page;
	struct tpl_runs runs = { true, run_rows, 3 }, none = { false, NULL, 0 };
	struct tpl_problem problems[] = {
		{ .key = "1", .name = "Family", .text = "Family was not synced: the "
		    "server does not answer.", .href = "#h-notices",
		    .retry = "/settings/components" },
		{ .key = "2", .name = LONG, .text = LONG " was not synced: the "
		    "server no longer accepts the password.",
		    .href = "#h-notices", .reconnect = "#h-notices" },
	};

	if (!web->config->components)
		return err_set(err, ERR_NOT_FOUND, "There is nothing here.");
	page = web_page(web, "Components", WEB_NAV_NONE);
	problems[0].csrf = page.csrf;
	tpl_components(&web->reply->body, &(const struct tpl_components){
	    .page = &page, .badges = LIST(badges), .notices = LIST(notices),
	    .problems = LIST(problems), .progresses = LIST(progresses), .fields = LIST(fields),
	    .cards = LIST(cards), .empties = LIST(empties), .runs = &runs,
	    .no_runs = &none, .lengthy = LONG });
	return true;
}
