/* The one place of the web that consumes an error: kind -> status and page. */
#include <string.h>
#include "util/log.h"
#include "views/tpl_error.h"
#include "views/tpl_page.h"
#include "web/web_p.h"
#include "util/banned.h"

static const struct { enum err_kind kind; int status; } kinds[] = {
	{ ERR_INPUT, 400 }, { ERR_AUTH, 401 }, { ERR_FORBIDDEN, 403 },
	{ ERR_NOT_FOUND, 404 }, { ERR_CONFLICT, 409 }, { ERR_GONE, 410 },
	{ ERR_LIMIT, 429 }, { ERR_TIMEOUT, 503 }, { ERR_UPSTREAM, 502 },
	{ ERR_RECONNECT, 409 }, { ERR_UNCERTAIN, 503 }, { ERR_UNSUPPORTED, 422 },
	{ ERR_INTERNAL, 500 },
};

struct words {
	int status;
	const char *heading, *text, *remedy;
};

static const struct words all_words[] = {
	{ 400, "That could not be read", "The request is not well formed.",
	    "Go back, load the page again and repeat what you did." },
	{ 401, "Please sign in again", "Your session has ended, so nothing was "
	    "done.", NULL },
	{ 403, "You may not do this", "Your role does not allow it.",
	    "Ask an owner of your organisation." },
	{ 404, "Nothing here", "There is no such page, or it does not belong to "
	    "you.", "Check the address, or start from the beginning." },
	{ 405, "Not possible here", "This page does not answer that way of "
	    "asking.", NULL },
	{ 409, "That does not fit any more", "Something has changed in the "
	    "meantime.", "Load the page again and look at it as it is now." },
	{ 410, "No longer here", "This has been removed.", NULL },
	{ 413, "Too much at once", "At most 1 MB can be sent.",
	    "Send less, or in several parts." },
	{ 415, "Unknown kind of content", "This kind of content is not taken "
	    "here.", NULL },
	{ 422, "That is not possible", "This can not be done.", NULL },
	{ 429, "Too many tries", "That was too often in a short time.",
	    "Wait a little and try again." },
	{ 500, "Something went wrong here", "The fault is ours and has been "
	    "written down.", "Try again; if it stays so, tell support the request "
	    "below." },
	{ 502, "The other side did not answer properly", "Nothing is lost.",
	    "Try again in a few minutes." },
	{ 503, "Not available at the moment", "The database can not be reached. "
	    "Nothing is lost.", "It comes back by itself: try again shortly." },
};

static const struct words *
words_of(int status)
{
	size_t i;

	for (i = 0; i < sizeof(all_words) / sizeof(all_words[0]); i++)
		if (all_words[i].status == status)
			return &all_words[i];
	return words_of(500);
}

static int
status_of(const struct err *err)
{
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kinds[i].kind == err->kind)
			return kinds[i].status;
	return 500;
}

/* The fault of our own is told in fixed words: its message is for the log. */
static void
render(struct web *web, int status, const char *sentence)
{
	const struct words *words = words_of(status);
	struct tpl_page page;
	struct tpl_error view;

	reply_reset(web->reply, status);
	page = web_page(web, words->heading, WEB_NAV_NONE);
	page.notice = NULL;
	view = (struct tpl_error){
		.page = &page,
		.heading = words->heading,
		.text = sentence && status != 500 ? sentence : words->text,
		.remedy = sentence && status != 500 ? NULL : words->remedy,
		.href = status == 401 ? "/login" : status == 503 ? NULL : "/",
		.action = status == 401 ? "Sign in" : "To the start",
	};
	tpl_error(&web->reply->body, &view);
}

void
web_error_page(struct web *web, const struct err *err)
{
	int status = status_of(err);

	if (status >= 500)
		log_err("request failed", err);
	else
		log_info("request refused", LOG_INT("status", status),
		    LOG_STR("msg", err->msg), LOG_STR("detail", err->detail));
	render(web, status, err->msg[0] ? err->msg : NULL);
	if (err->retry_after_secs > 0 || status == 503)
		reply_header(web->reply, "Retry-After", pool_printf(web->pool, "%d",
		    err->retry_after_secs > 0 ? err->retry_after_secs : 5));
}

void
web_error_status(struct web *web, int status, const char *sentence)
{
	render(web, status, sentence);
}
