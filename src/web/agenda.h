#ifndef HAWSER_WEB_AGENDA_H
#define HAWSER_WEB_AGENDA_H
/*
 * What the views of the agenda share: which days the URL asks for, where an
 * occurrence lies by the reader's clock, and its chip. The URL holds the view
 * and one day of it: /settings/agenda?view=week&day=2026-11-16
 */
#include "store/store_calendar.h"
#include "store/store_event.h"
#include "views/tpl_agenda_chip.h"
#include "views/tpl_agenda_week.h"
#include "web/web.h"

enum agenda_view { AGENDA_MONTH, AGENDA_WEEK, AGENDA_DAY, AGENDA_LIST };

struct agenda {
	struct web *web;
	const struct zone *zone;	/* the reader's */
	enum agenda_view view;
	struct wall day;		/* the one that every view shows */
	struct wall today;
	struct wall first;		/* the first of days */
	int days;
	struct calendar_row *calendars;
	size_t calendar_count;
};

/* Reads view and day (or month); what is no date is today. */
void agenda_open(struct web *web, struct agenda *out);
const char *agenda_href(const struct agenda *a, enum agenda_view view,
    const struct wall *day);
/* Whether the reader may change any of the calendars. */
bool agenda_writable(const struct agenda *a);
/* The form for a new event; NULL when there is no calendar to put it in. */
const char *agenda_new_href(const struct agenda *a, const struct wall *day);
/* The day that the next or (step -1) previous press leads to. */
struct wall agenda_step(const struct agenda *a, int step);

int agenda_days_between(const struct wall *from, const struct wall *to);
/* Start and end by the reader's clock; all-day: the last day itself. */
struct agenda_place { struct wall start, end; };
struct agenda_place agenda_place(const struct agenda *a,
    const struct agenda_row *row);
/* One that ends at midnight is not there on the next day. */
struct wall agenda_last_day(const struct agenda_row *row,
    const struct agenda_place *p);
struct tpl_agenda_chip agenda_chip(const struct agenda *a,
    const struct agenda_row *row, const struct agenda_place *p);

/* agenda_week.c: one day or seven, with hours. */
struct tpl_agenda_week agenda_week(const struct agenda *a,
    const struct agenda_row *rows, size_t count);
#endif
