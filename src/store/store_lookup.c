/* From an id to its organisation. It knows nothing else of the rows. */
#include "store/store_lookup.h"
#include "util/banned.h"

static const char CONNECTION[] = "SELECT org_id FROM connection WHERE id = ?";
static const char COLLECTION[] = "SELECT org_id FROM collection WHERE id = ?";
static const char CALENDAR[] = "SELECT org_id FROM calendar WHERE id = ?";
static const char EVENT[] = "SELECT org_id FROM event WHERE id = ?";
static const char RUN[] = "SELECT org_id FROM sync_run WHERE id = ?";
static const char CONFLICT[] = "SELECT org_id FROM conflict WHERE id = ?";

int
store_lookup_org(struct db *db, enum lookup_kind kind, uint64_t id,
    uint64_t *org_out, struct err *err)
{
	static const char *const questions[LOOKUP_KINDS] = {
		[LOOKUP_CONNECTION] = CONNECTION,
		[LOOKUP_COLLECTION] = COLLECTION,
		[LOOKUP_CALENDAR] = CALENDAR,
		[LOOKUP_EVENT] = EVENT,
		[LOOKUP_RUN] = RUN,
		[LOOKUP_CONFLICT] = CONFLICT,
	};

	if (!stmt_count(db, questions[kind], STMT_ARGS(STMT_U64(id)), org_out,
	    err))
		return -1;
	return *org_out != 0;
}
