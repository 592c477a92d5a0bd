#ifndef HAWSER_STORE_STORE_ORG_H
#define HAWSER_STORE_STORE_ORG_H
/* Organisations. Names are unique without regard to case. */
#include "store/stmt.h"

struct org_row {
	uint64_t id;
	const char *name;
	when_t created_at;
};

/* In a transaction; makes the head of its audit chain too. ERR_CONFLICT: the
 * name is taken. */
ERR_CHECKED bool store_org_add(struct db *db, const char *name,
    uint64_t *id_out, struct err *err);
/* 1 / 0 / -1 */
ERR_CHECKED int store_org_find(struct db *db, struct pool *pool, uint64_t org,
    struct org_row *out, struct err *err);
ERR_CHECKED int store_org_find_name(struct db *db, struct pool *pool,
    const char *name, struct org_row *out, struct err *err);
/* The only one there is; 0 when there are none or several. */
ERR_CHECKED int store_org_find_only(struct db *db, struct pool *pool,
    struct org_row *out, struct err *err);
ERR_CHECKED bool store_org_list(struct db *db, struct pool *pool,
    struct org_row **out, size_t *count_out, struct err *err);
#endif
