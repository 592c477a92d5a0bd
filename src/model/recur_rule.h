#ifndef HAWSER_MODEL_RECUR_RULE_H
#define HAWSER_MODEL_RECUR_RULE_H
/* An RRULE taken apart (RFC 5545 3.3.10), for checking and for words. */
#include "model/event_time.h"

enum recur_freq { RECUR_MINUTELY, RECUR_HOURLY, RECUR_DAILY, RECUR_WEEKLY,
	RECUR_MONTHLY, RECUR_YEARLY };
enum recur_by { RECUR_BYSECOND, RECUR_BYMINUTE, RECUR_BYHOUR, RECUR_BYMONTHDAY,
	RECUR_BYYEARDAY, RECUR_BYWEEKNO, RECUR_BYMONTH, RECUR_BYSETPOS,
	RECUR_BY_COUNT };
#define RECUR_LIST_MAX 62

struct recur_rule {
	enum recur_freq freq;
	int interval;			/* 1.. */
	int count;			/* 0 = not said */
	bool has_until;
	struct event_stamp until;
	int by[RECUR_BY_COUNT][RECUR_LIST_MAX];
	int by_count[RECUR_BY_COUNT];
	struct { int nth, weekday; } days[RECUR_LIST_MAX];	/* 0 = Monday */
	int day_count;
	int wkst;
};

ERR_CHECKED bool recur_rule_parse(const char *text, struct recur_rule *out,
    struct err *err);
/* Text for libical: UNTIL and COUNT left out (the caller counts), order fixed. */
void recur_rule_format(struct str *out, const struct recur_rule *rule);
#endif
