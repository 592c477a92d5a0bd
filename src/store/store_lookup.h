#ifndef HAWSER_STORE_STORE_LOOKUP_H
#define HAWSER_STORE_STORE_LOOKUP_H
/*
 * Which organisation an id belongs to, for the operator's command line alone:
 * these are the only questions on tenant tables that do not name one, and the
 * accounts of the web can not ask them (they see their own rows only).
 */
#include "store/stmt.h"

enum lookup_kind {
	LOOKUP_CONNECTION, LOOKUP_COLLECTION, LOOKUP_CALENDAR, LOOKUP_EVENT,
	LOOKUP_RUN, LOOKUP_CONFLICT, LOOKUP_KINDS,
};

/* 1 / 0 / -1 */
ERR_CHECKED int store_lookup_org(struct db *db, enum lookup_kind kind,
    uint64_t id, uint64_t *org_out, struct err *err);
#endif
