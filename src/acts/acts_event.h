#ifndef HAWSER_ACTS_ACTS_EVENT_H
#define HAWSER_ACTS_ACTS_EVENT_H
/*
 * Events on somebody's behalf. Who may what:
 *
 *	own calendar			see, change
 *	shared calendar of another	see; admins and owners of the
 *					organisation also change
 *	private calendar of another	nothing: ERR_NOT_FOUND, as if unknown
 *	the operator (user 0)		everything in the organisation
 *
 * What comes from a calendar that may only be read (read-only at the provider,
 * or bound to be pulled only) is refused with ERR_FORBIDDEN. rev is the version
 * the person saw: ERR_CONFLICT when somebody else was faster; 0 = whatever is.
 * Saving writes rows and wakes hawser-sync, it never waits for a provider.
 */
#include "acts/act.h"
#include "model/event_input.h"
#include "model/event_series.h"
#include "store/store_event.h"

ERR_CHECKED bool acts_event_create(const struct act *act, uint64_t calendar_id,
    const struct event_input *in, uint64_t *id_out, struct err *err);

/* recurrence_id NULL: the whole series (or the single event); else this date. */
struct acts_event_target {
	uint64_t id, rev;
	const char *recurrence_id;
	uint64_t calendar_id;		/* edit: it moves there; 0 = it stays */
};
ERR_CHECKED bool acts_event_edit(const struct act *act,
    const struct acts_event_target *target, const struct event_input *in,
    uint64_t *rev_out, struct err *err);
ERR_CHECKED bool acts_event_remove(const struct act *act,
    const struct acts_event_target *target, struct err *err);
/* One date of a series, and whether an occurrence written ahead knows it. Who
 * waits for a page has what is written; a command works the rest out. */
ERR_CHECKED bool acts_event_find_date(const struct act *act,
    const struct stored_event *stored, const char *key,
    struct event_series_date *out, struct err *err);
/*
 * This date of a series and all behind it. Edit: the series ends before it, and
 * what follows becomes a series of its own (id_out), changed as in says; at the
 * first date nothing is left before it, and id_out is the same event. Remove:
 * what follows is deleted as a series of its own, so that it can be restored.
 */
ERR_CHECKED bool acts_event_edit_following(const struct act *act,
    const struct acts_event_target *target, const struct event_input *in,
    uint64_t *id_out, struct err *err);
ERR_CHECKED bool acts_event_remove_following(const struct act *act,
    const struct acts_event_target *target, struct err *err);
/* What the two parts would be; e becomes the first. */
ERR_CHECKED bool acts_event_divide(const struct act *act, uint64_t id,
    struct event *e, const char *key, struct event_series_parts *out,
    struct err *err);
/* Undo of remove (whole events); restored_out false: it was not deleted. */
ERR_CHECKED bool acts_event_restore(const struct act *act, uint64_t id,
    bool *restored_out, struct err *err);

/* What an event's page shows. */
struct acts_event_view {
	struct stored_event stored;
	const char *calendar_name, *calendar_color;
	bool editable;
	const char *locked_reason;	/* a sentence when not editable */
	int sync_state;			/* enum event_sync_state */
	const char *sync_words;		/* "Both sides agree", ... */
	const char *sync_detail;	/* reason of a dead letter; NULL = none */
	uint64_t conflict_id;		/* the unresolved one; 0 = none */
	const char *recur_words;	/* NULL = single event */
	const char *rule_problem;	/* why dates are missing; NULL = none */
};
ERR_CHECKED bool acts_event_show(const struct act *act, uint64_t id,
    struct acts_event_view *out, struct err *err);

/* "Waits to be sent" and the like, static text. */
const char *acts_event_state_words(int sync_state);

/* A file of iCalendar. An UID the calendar knows is updated when it differs;
 * what is refused does not stop the rest. */
struct acts_event_refusal { const char *uid, *reason; };
struct acts_event_import {
	size_t added, updated, same, refused;
	const struct acts_event_refusal *refusals;	/* refused many */
};
ERR_CHECKED bool acts_event_import(const struct act *act, uint64_t calendar_id,
    const char *text, size_t len, struct acts_event_import *out,
    struct err *err);

/* One VCALENDAR; calendar_id 0 = every calendar the asker sees. */
ERR_CHECKED bool acts_event_export(const struct act *act, uint64_t calendar_id,
    char **text_out, size_t *len_out, struct err *err);
#endif
