#ifndef HAWSER_ACTS_ACTS_DELETED_H
#define HAWSER_ACTS_ACTS_DELETED_H
/*
 * What was deleted and can be restored: whole events (acts_event_restore) and
 * single dates of a series. Restored, they go to the other side with the next
 * sync: as a create when they are gone there.
 */
#include "acts/act.h"
#include "store/store_removal.h"

#define ACTS_DELETED_MOST 200
ERR_CHECKED bool acts_deleted_list(const struct act *act, const char *title,
    enum removal_by by, struct deleted_row **out, size_t *count_out,
    struct err *err);
/* One date, by its row's removal_id; the series must be alive. */
ERR_CHECKED bool acts_deleted_restore_date(const struct act *act, uint64_t id,
    uint64_t *event_id_out, struct err *err);
#endif
