#ifndef HAWSER_UTIL_CONFINE_H
#define HAWSER_UTIL_CONFINE_H
/*
 * A process gives up what it will not need again, so that a hole in it leads
 * nowhere. Nothing here can be taken back; children inherit it.
 */
#include <stdbool.h>
#include "util/pool.h"

/* For every program that sees secrets, first thing: no core file, no tracing and
 * no reading of its memory by others of its user, no new rights. */
void confine_basic(void);

struct confine {
	bool internet;			/* may it talk beyond this machine? */
	bool traced;			/* the leak checker of a build for tests */
	bool runs;			/* may it run programs? */
	bool all_files;			/* its user's rights are all that counts */
	const char *const *reads;	/* files and folders, NULL at the end; */
	const char *const *sockets;	/* folders where it makes and removes them */
};

/*
 * After start-up: no program is run unless told, nothing traced, no socket but unix ones (and
 * those of the internet where told), no tricks with kernel facilities; and only
 * the files named are opened. What the kernel does not offer is left out and
 * logged once; a name that does not exist is skipped.
 */
void confine_enter(const struct confine *c);

/* The folder of a file that may be replaced: a rule for the file alone would
 * stay with the old one. "" for "". */
const char *confine_folder(struct pool *pool, const char *path);
#endif
