#ifndef HAWSER_ACTS_ACTS_EVENT_P_H
#define HAWSER_ACTS_ACTS_EVENT_P_H
/* Shared by the acts_event files: who may. */
#include "acts/acts_event.h"

/* ERR_NOT_FOUND when the asker does not see that calendar. */
ERR_CHECKED bool acts_event_find_calendar(const struct act *act,
    uint64_t calendar_id, uint64_t event_id, struct event_rights *out,
    struct err *err);
/* The event, that the asker may change it, and that nobody was faster. */
ERR_CHECKED bool acts_event_open(const struct act *act,
    const struct acts_event_target *target, struct stored_event *out,
    struct err *err);
/* ERR_CONFLICT: its dates are not written yet. False. */
bool acts_event_is_behind(struct err *err);
/* ERR_FORBIDDEN with the reason. */
ERR_CHECKED bool acts_event_may_change(const struct act *act,
    const struct event_rights *rights, struct err *err);
#endif
