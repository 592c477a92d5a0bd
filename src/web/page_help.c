/* Help: how to connect, what people ask, what a message means. Plain pages, one
 * template each; the table is the index. */
#include "util/str.h"
#include "views/tpl_help.h"
#include "views/tpl_help_caldav.h"
#include "views/tpl_help_faq.h"
#include "views/tpl_help_fastmail.h"
#include "views/tpl_help_icloud.h"
#include "views/tpl_help_messages.h"
#include "views/tpl_help_nextcloud.h"
#include "web/page.h"
#include "util/banned.h"

/* Each topic's template has its own type; all hold the page alone. */
#define TOPIC(name_) static void \
topic_##name_(struct str *out, const struct tpl_page *page) \
{ \
	struct tpl_help_##name_ view = { .page = page }; \
	tpl_help_##name_(out, &view); \
}
TOPIC(icloud)
TOPIC(nextcloud)
TOPIC(fastmail)
TOPIC(caldav)
TOPIC(faq)
TOPIC(messages)

static const struct {
	const char *name, *title, *about;
	void (*render)(struct str *out, const struct tpl_page *page);
} topics[] = {
	{ "icloud", "Connect iCloud", "With an app-specific password from Apple.",
	    topic_icloud },
	{ "nextcloud", "Connect Nextcloud", "Where the address is, and an app "
	    "password.", topic_nextcloud },
	{ "fastmail", "Connect Fastmail", "With an app password.",
	    topic_fastmail },
	{ "caldav", "Connect any other server", "Radicale, Posteo, mailbox.org, "
	    "Synology, Zimbra and whatever else speaks CalDAV.", topic_caldav },
	{ "faq", "Questions people ask", "What syncs, how often, who sees it, "
	    "what happens when both sides change.", topic_faq },
	{ "messages", "What a message means", "The sentences you may see, and what "
	    "to do.", topic_messages },
};
enum { TOPICS = sizeof(topics) / sizeof(topics[0]) };

bool
page_help_list(struct web *web, struct err *err)
{
	struct tpl_page page = web_page(web, "Help", WEB_NAV_HELP);
	struct tpl_help_topic rows[TOPICS];
	struct tpl_help view = { .page = &page, .topics = rows,
	    .topics_count = TOPICS };

	(void)err;
	for (size_t i = 0; i < TOPICS; i++)
		rows[i] = (struct tpl_help_topic){ topics[i].name,
		    topics[i].title, topics[i].about };
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

			topics[i].render(&web->reply->body, &page);
			return true;
		}
	return err_set(err, ERR_NOT_FOUND, "There is no such help page.");
}
