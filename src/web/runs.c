/* Rows of the tables of runs; knows no page. */
#include "web/card.h"
#include "web/runs.h"
#include "web/words.h"
#include "util/str.h"
#include "util/banned.h"

static const char *
started_by(const struct run_row *run)
{
	switch ((enum run_cause)run->cause) {
	case RUN_BY_SCHEDULE: return "schedule";
	case RUN_BY_CHANGE: return "a change here";
	case RUN_BY_PERSON: return "by hand";
	case RUN_BY_COMMAND: return "command";
	case RUN_IS_FIRST: return "the first sync";
	}
	return "";
}

struct tpl_badge
runs_badge(struct web *web, const struct run_row *run)
{
	if (run->guard == GUARD_HELD)
		return (struct tpl_badge){ "wait", "Waiting for an answer" };
	switch ((enum run_state)run->state) {
	case RUN_LISTING:
	case RUN_APPLYING:
		if (*run->message && !str_starts(run->message,
		    RUN_WAS_INTERRUPTED))
			return (struct tpl_badge){ "wait", "Interrupted" };
		return (struct tpl_badge){ "work", "Syncing" };
	case RUN_FAILED:
		return (struct tpl_badge){ "bad", "Not finished" };
	case RUN_DRY:
		return (struct tpl_badge){ "off", "Trial run" };
	case RUN_DONE:
		break;
	}
	if (run->count_set_aside)
		return (struct tpl_badge){ "wait", words_count(web->pool,
		    (uint64_t)run->count_set_aside, "item set aside",
		    "items set aside") };
	if (!run->planned)
		return (struct tpl_badge){ "off", "No change" };
	return (struct tpl_badge){ "ok", "Done" };
}

struct tpl_runs
runs_table(struct web *web, const struct run_row *runs,
    const char *const *names, size_t count)
{
	struct tpl_runs_run *rows = pool_array(web->pool, count, sizeof(*rows));
	const struct zone *zone = card_zone(web);
	struct tpl_badge *badges = pool_array(web->pool, count, sizeof(*badges));

	for (size_t i = 0; i < count; i++) {
		badges[i] = runs_badge(web, &runs[i]);
		rows[i] = (struct tpl_runs_run){
			.id = (int64_t)runs[i].id,
			.when = words_clock(web->pool, when_now(),
			    runs[i].started_at, zone),
			.when_title = words_exact(web->pool, runs[i].started_at,
			    zone, web->time_zone),
			.connection = names ? names[i] : NULL,
			.by = started_by(&runs[i]),
			.in = runs[i].count_in, .out = runs[i].count_out,
			.conflicts = runs[i].count_conflicts,
			.took = words_took(web->pool, runs[i].started_at,
			    runs[i].finished_at),
			.badge = &badges[i],
		};
	}
	return (struct tpl_runs){ .with_connection = names != NULL,
		.runs = rows, .runs_count = count };
}

const char *
runs_kind_words(int kind)
{
	switch ((enum sync_kind)kind) {
	case SYNC_NOTHING: return "Nothing";
	case SYNC_PULL_CREATE: return "Created here";
	case SYNC_PULL_UPDATE: return "Updated here";
	case SYNC_PULL_DELETE: return "Deleted here";
	case SYNC_PUSH_CREATE: return "Sent";
	case SYNC_PUSH_UPDATE: return "Sent";
	case SYNC_PUSH_DELETE: return "Deleted there";
	case SYNC_MERGE: return "Merged";
	case SYNC_ADOPT: return "Linked";
	case SYNC_RESTORE_LOCAL: return "Restored here";
	case SYNC_RESTORE_REMOTE: return "Restored there";
	case SYNC_DROP_LINK: return "Link removed";
	case SYNC_FETCH: return "To be read";
	}
	return "";
}
