#ifndef HAWSER_ACTS_ACTS_RUN_H
#define HAWSER_ACTS_ACTS_RUN_H
/*
 * What runs did and ask: history, held deletes, conflicts, items set aside. The
 * owner of the connection sees and answers; an admin of the organisation sees
 * the counts of others' runs, not their rows and messages, which name calendars
 * and events. What one may not see is ERR_NOT_FOUND.
 */
#include "acts/act.h"
#include "store/store_conflict.h"
#include "store/store_offer.h"
#include "store/store_run.h"

/* Newest first. connection_id 0 = of all connections: the operator only. */
ERR_CHECKED bool acts_run_list(const struct act *act, uint64_t connection_id,
    size_t most, struct run_row **out, size_t *count_out, struct err *err);
ERR_CHECKED bool acts_run_get(const struct act *act, uint64_t id,
    struct run_row *out, struct err *err);
/* Its rows by seq; filter->run_id says of which run. The owner. */
ERR_CHECKED bool acts_run_actions(const struct act *act,
    const struct action_filter *filter, struct action_row **out,
    size_t *count_out, struct err *err);
/* What can be done about the first rows of them: run, after_seq and most are
 * looked at. The owner. */
ERR_CHECKED bool acts_run_offers(const struct act *act,
    const struct action_filter *filter, struct offer_row **out,
    size_t *count_out, struct err *err);
/* Answers held deletes and queues a sync. ERR_CONFLICT: nothing is held. */
ERR_CHECKED bool acts_run_approve(const struct act *act, uint64_t id,
    struct err *err);
ERR_CHECKED bool acts_run_refuse(const struct act *act, uint64_t id,
    struct err *err);

/* Conflicts of a connection, newest first, without bodies; 0 = of all, the
 * operator only. */
ERR_CHECKED bool acts_run_conflicts(const struct act *act,
    uint64_t connection_id, bool open_only, size_t most,
    struct conflict_row **out, size_t *count_out, struct err *err);
/* With all its versions. */
ERR_CHECKED bool acts_run_conflict(const struct act *act, uint64_t id,
    struct conflict_row *out, struct err *err);

/* Items set aside, with the reason; and once more now. */
ERR_CHECKED bool acts_run_set_aside(const struct act *act,
    uint64_t connection_id, struct dead_row **out, size_t *count_out,
    struct err *err);
ERR_CHECKED bool acts_run_retry(const struct act *act, uint64_t dead_id,
    struct err *err);
#endif
