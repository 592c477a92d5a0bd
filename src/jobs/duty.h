#ifndef HAWSER_JOBS_DUTY_H
#define HAWSER_JOBS_DUTY_H
/*
 * On duty: takes the row from whoever has it, works what is due in a bounded
 * pool of forked workers, waits for wakes, and leaves when the next one has
 * taken the row or the linger is over. There is no moment without one on duty.
 */
#include "store/db.h"
#include "util/config.h"

struct duty {
	const struct config *config;
	struct db *db;			/* the parent's own connection */
	int linger_secs;
	const volatile bool *stop;	/* SIGTERM */
	/* In a forked child: opens its own connections, works the queue, and
	 * returns its exit status. */
	int (*work)(void *arg);
	void *arg;
};

ERR_CHECKED bool duty_run(const struct duty *duty, struct err *err);
#endif
