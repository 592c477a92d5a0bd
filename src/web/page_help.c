/* Help: how to connect, what people ask, what a message means. The table is the
 * index; each topic's text is a part of templates/help_topic.html. */
#include "util/str.h"
#include "views/tpl_help.h"
#include "views/tpl_help_topic.h"
#include "web/page.h"
#include "util/banned.h"

static const struct tpl_help_entry topics[] = {
	{ "google", "Connect Google Calendar", "You sign in at Google, in a "
	    "window of its own. No password is typed here." },
	{ "icloud", "Connect iCloud", "You need a password that Apple makes for "
	    "this one use. Two minutes." },
	{ "nextcloud", "Connect Nextcloud", "You need the address of your "
	    "Nextcloud and an app password." },
	{ "fastmail", "Connect Fastmail", "You need an app password for "
	    "calendars." },
	{ "caldav", "Connect any other server", "Radicale, Posteo, mailbox.org, "
	    "Synology, Zimbra and whatever else speaks CalDAV." },
	{ "faq", "Questions people ask", "What syncs, how often, who sees it, "
	    "what happens when both sides change." },
	{ "messages", "What a message means", "Find the sentence you see. In none "
	    "of these cases is anything lost: what could not be sent waits." },
};
enum { TOPICS = sizeof(topics) / sizeof(topics[0]) };

bool
page_help_list(struct web *web, struct err *err)
{
	struct tpl_page page = web_page(web, "Help", WEB_NAV_HELP);
	struct tpl_help view = { .page = &page, .topics = topics,
	    .topics_count = TOPICS };

	(void)err;
	tpl_help(&web->reply->body, &view);
	return true;
}

bool
page_help_show(struct web *web, struct err *err)
{
	const char *name = request_segment(web->req, "topic");

	for (size_t i = 0; i < TOPICS; i++)
		if (str_eq(topics[i].name, name)) {
			struct tpl_page page = web_page(web, topics[i].title,
			    WEB_NAV_HELP);
			struct tpl_help_topic view = { .page = &page,
			    .topic = name, .title = topics[i].title,
			    .lead = topics[i].about };

			tpl_help_topic(&web->reply->body, &view);
			return true;
		}
	return err_set(err, ERR_NOT_FOUND, "There is no such help page.");
}
