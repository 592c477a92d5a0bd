#ifndef HAWSER_ACTS_ACT_H
#define HAWSER_ACTS_ACT_H
/*
 * Who does something, and through what. Pages, commands and the worker fill
 * this once and call acts_*: authorise, write, audit and enqueue in one
 * transaction. Foreign and unknown ids are the same ERR_NOT_FOUND.
 */
#include "store/db.h"
#include "store/store_types.h"
#include "util/pool.h"

struct act {
	struct db *db;
	struct pool *pool;
	const struct config *config;
	uint64_t org_id;
	uint64_t user_id;		/* 0 = the operator or the worker */
	enum role role;			/* the operator acts as owner */
	const char *via;		/* "page" "command" "worker" "api" */
	const char *request_id;		/* into the audit; NULL = none */
};
#endif
