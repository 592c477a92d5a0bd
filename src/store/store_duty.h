#ifndef HAWSER_STORE_STORE_DUTY_H
#define HAWSER_STORE_STORE_DUTY_H
/* Which hawser-sync is on duty: the newest takes the row, the one before sees
 * it at its next look and leaves. Leases decide who works, this only who waits. */
#include "store/stmt.h"

/* Takes the row from whoever has it. */
ERR_CHECKED bool store_duty_take(struct db *db, const char *owner, int secs,
    uint64_t *fence_out, struct err *err);
/* 1 = still mine (and renewed), 0 = the next one has it. */
ERR_CHECKED int store_duty_renew(struct db *db, const char *owner,
    uint64_t fence, int secs, struct err *err);
ERR_CHECKED bool store_duty_release(struct db *db, const char *owner,
    uint64_t fence, struct err *err);
#endif
