#ifndef HAWSER_SYNC_DELTA_H
#define HAWSER_SYNC_DELTA_H
/*
 * Everything the engine decides, in one table. Pure: no I/O, no memory.
 *
 * Linked items (both directions, the collection may be written):
 *
 *	local \ remote   same          changed               gone
 *	same             nothing       pull                  delete here
 *	changed          push          equal: adopt,         edit beats delete,
 *	                               else merge            unless remote wins
 *	gone             delete there  restore here          drop the link
 *
 * Not linked: DELTA_CHANGED means "there is one", DELTA_GONE "there is none".
 *
 * Direction pull: nothing is written there; what was changed here stays here
 * and waits, with a reason. Direction push: nothing is written here. Read-only
 * collection: as pull, but what was changed here is reset to what is there,
 * and both versions are kept in a conflict. Nothing is ever deleted to undo
 * somebody's edit without a conflict row and a before-image.
 */
#include <stdbool.h>
#include "store/store_types.h"

enum delta_state { DELTA_SAME, DELTA_CHANGED, DELTA_GONE };

struct delta_in {
	bool linked;
	enum delta_state local, remote;
	bool equal;			/* both are there and hash alike */
	bool read_only;			/* the collection refuses writes */
	enum binding_direction direction;
	enum binding_policy policy;
};

struct delta_out {
	enum sync_kind kind;
	bool conflict;			/* keep base, local, remote in a conflict */
	bool waits;			/* the local change stays pending */
	bool remote_won;		/* whom the conflict row names */
	bool write_here, write_there;	/* what a merge may touch */
	const char *reason;		/* a sentence for the plan; never NULL */
};

struct delta_out delta_decide(const struct delta_in *in);

/* "create here", "merge", ...: for the plan's text and --json. */
const char *delta_kind_name(enum sync_kind kind);
/* True for what removes something on either side (the guard counts it). */
bool delta_is_delete(enum sync_kind kind);
#endif
