#ifndef HAWSER_WEB_PAGE_EVENT_P_H
#define HAWSER_WEB_PAGE_EVENT_P_H
/* Shared by page_event.c and page_event_form.c: what the URL means. */
#include "acts/acts_event.h"
#include "views/tpl_event.h"
#include "web/web.h"

struct page_event {
	uint64_t id;
	const char *date;		/* this date of the series; NULL = all */
	const char *from;		/* the date that led here, of a rule; or NULL */
	bool following;			/* and all behind it */
	struct event_part part;		/* what is shown: of the date, or all */
	struct acts_event_view view;
};

/* {id} of the path, and a date's key or NULL. */
ERR_CHECKED bool page_event_open(struct web *web, const char *date,
    struct page_event *out, struct err *err);
const char *page_event_title(const struct event_part *part);
const char *page_event_href(struct web *web, uint64_t id, const char *date);

/* event_history.c: which calendars it is in, what runs did with it, clashes. */
ERR_CHECKED bool event_history_fill(struct web *web, const struct page_event *p,
    struct tpl_event *view, struct err *err);
#endif
