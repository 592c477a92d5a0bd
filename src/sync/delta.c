/*
 * The decision table of the engine, in one place. Pure: must not know where
 * states come from nor how a decision is carried out.
 */
#include "sync/delta.h"
#include <stddef.h>
#include "util/banned.h"

enum mode { MODE_BOTH, MODE_PULL, MODE_READ_ONLY, MODE_PUSH, MODE_COUNT };

enum {
	CONFLICT = 1 << 0, WAITS = 1 << 1, REMOTE_WON = 1 << 2,
	HERE = 1 << 3, THERE = 1 << 4,
};

struct cell {
	enum sync_kind kind;
	unsigned flags;
	const char *reason;
};

/* [mode][local][remote] of items that are linked; who is changed here and gone
 * there stands as the policy remote_wins has it, see EDIT_WINS. */
static const struct cell LINKED[MODE_COUNT][3][3] = {
[MODE_BOTH] = {
	[DELTA_SAME] = {
		{ SYNC_NOTHING, 0, "Both sides are as they were." },
		{ SYNC_PULL_UPDATE, 0, "Changed there." },
		{ SYNC_PULL_DELETE, 0, "Deleted there." } },
	[DELTA_CHANGED] = {
		{ SYNC_PUSH_UPDATE, 0, "Changed here." },
		{ SYNC_MERGE, HERE | THERE, "Changed on both sides." },
		{ SYNC_PULL_DELETE, CONFLICT | REMOTE_WON,
		    "Changed here, but deleted there, and there wins." } },
	[DELTA_GONE] = {
		{ SYNC_PUSH_DELETE, 0, "Deleted here." },
		{ SYNC_RESTORE_LOCAL, CONFLICT | REMOTE_WON,
		    "Deleted here, but changed there: it comes back." },
		{ SYNC_DROP_LINK, 0, "Deleted on both sides." } } },
[MODE_PULL] = {
	[DELTA_SAME] = {
		{ SYNC_NOTHING, 0, "Both sides are as they were." },
		{ SYNC_PULL_UPDATE, 0, "Changed there." },
		{ SYNC_PULL_DELETE, 0, "Deleted there." } },
	[DELTA_CHANGED] = {
		{ SYNC_NOTHING, WAITS,
		    "Changed here, but this calendar is only read from there." },
		{ SYNC_MERGE, HERE | WAITS, "Changed on both sides; only this side is written." },
		{ SYNC_PULL_DELETE, CONFLICT | REMOTE_WON,
		    "Changed here, but deleted there, and there wins." } },
	[DELTA_GONE] = {
		{ SYNC_NOTHING, WAITS,
		    "Deleted here, but this calendar is only read from there." },
		{ SYNC_RESTORE_LOCAL, CONFLICT | REMOTE_WON,
		    "Deleted here, but changed there: it comes back." },
		{ SYNC_DROP_LINK, 0, "Deleted on both sides." } } },
[MODE_READ_ONLY] = {
	[DELTA_SAME] = {
		{ SYNC_NOTHING, 0, "Both sides are as they were." },
		{ SYNC_PULL_UPDATE, 0, "Changed there." },
		{ SYNC_PULL_DELETE, 0, "Deleted there." } },
	[DELTA_CHANGED] = {
		{ SYNC_PULL_UPDATE, CONFLICT | REMOTE_WON,
		    "Changed here, but the calendar there is read-only: as there again." },
		{ SYNC_PULL_UPDATE, CONFLICT | REMOTE_WON,
		    "Changed on both sides, but the calendar there is read-only: as there." },
		{ SYNC_PULL_DELETE, CONFLICT | REMOTE_WON,
		    "Changed here, but deleted there, where the calendar is read-only." } },
	[DELTA_GONE] = {
		{ SYNC_RESTORE_LOCAL, 0,
		    "Deleted here, but the calendar there is read-only: it comes back." },
		{ SYNC_RESTORE_LOCAL, CONFLICT | REMOTE_WON,
		    "Deleted here, but changed there: it comes back." },
		{ SYNC_DROP_LINK, 0, "Deleted on both sides." } } },
[MODE_PUSH] = {
	[DELTA_SAME] = {
		{ SYNC_NOTHING, 0, "Both sides are as they were." },
		{ SYNC_NOTHING, 0,
		    "Changed there, but this calendar is only written to there." },
		{ SYNC_DROP_LINK, 0,
		    "Deleted there, but this calendar is only written to there: it stays here." } },
	[DELTA_CHANGED] = {
		{ SYNC_PUSH_UPDATE, 0, "Changed here." },
		{ SYNC_MERGE, THERE, "Changed on both sides; only the other side is written." },
		{ SYNC_RESTORE_REMOTE, CONFLICT,
		    "Changed here and deleted there: it is made there again." } },
	[DELTA_GONE] = {
		{ SYNC_PUSH_DELETE, 0, "Deleted here." },
		{ SYNC_DROP_LINK, CONFLICT | REMOTE_WON,
		    "Deleted here, but changed there: it stays there." },
		{ SYNC_DROP_LINK, 0, "Deleted on both sides." } } },
};

/* Changed here, gone there, and the policy is not remote_wins. */
static const struct cell EDIT_WINS[MODE_COUNT] = {
	[MODE_BOTH] = { SYNC_RESTORE_REMOTE, CONFLICT,
	    "Deleted there, but changed here: it is made there again." },
	[MODE_PULL] = { SYNC_DROP_LINK, CONFLICT,
	    "Deleted there, but changed here: it stays here." },
	[MODE_READ_ONLY] = { SYNC_PULL_DELETE, CONFLICT | REMOTE_WON,
	    "Changed here, but deleted there, where the calendar is read-only." },
	[MODE_PUSH] = { SYNC_RESTORE_REMOTE, CONFLICT,
	    "Changed here and deleted there: it is made there again." },
};

/* [mode][is here][is there], no link. */
static const struct cell UNLINKED[MODE_COUNT][2][2] = {
[MODE_BOTH] = {
	{ { SYNC_NOTHING, 0, "On neither side." },
	  { SYNC_PULL_CREATE, 0, "New there." } },
	{ { SYNC_PUSH_CREATE, 0, "New here." },
	  { SYNC_MERGE, HERE | THERE, "The same event was found on both sides." } } },
[MODE_PULL] = {
	{ { SYNC_NOTHING, 0, "On neither side." },
	  { SYNC_PULL_CREATE, 0, "New there." } },
	{ { SYNC_NOTHING, WAITS, "New here, but this calendar is only read from there." },
	  { SYNC_MERGE, HERE | WAITS, "The same event was found on both sides." } } },
[MODE_READ_ONLY] = {
	{ { SYNC_NOTHING, 0, "On neither side." },
	  { SYNC_PULL_CREATE, 0, "New there." } },
	{ { SYNC_NOTHING, WAITS, "New here, but the calendar there is read-only." },
	  { SYNC_MERGE, HERE | WAITS, "The same event was found on both sides." } } },
[MODE_PUSH] = {
	{ { SYNC_NOTHING, 0, "On neither side." },
	  { SYNC_NOTHING, 0, "New there, but this calendar is only written to there." } },
	{ { SYNC_PUSH_CREATE, 0, "New here." },
	  { SYNC_MERGE, THERE, "The same event was found on both sides." } } },
};

static const struct cell EQUAL = { SYNC_ADOPT, 0,
    "Both sides hold the same." };
static const struct cell MUTE = { SYNC_NOTHING, WAITS,
    "This calendar is only written to there, but there it is read-only." };

static enum mode mode_of(const struct delta_in *in)
{
	if (in->read_only)
		return MODE_READ_ONLY;
	if (in->direction == BINDING_PULL)
		return MODE_PULL;
	return in->direction == BINDING_PUSH ? MODE_PUSH : MODE_BOTH;
}

static const struct cell *look_up(const struct delta_in *in)
{
	enum mode mode = mode_of(in);
	bool here = in->local != DELTA_GONE, there = in->remote != DELTA_GONE;

	if (in->read_only && in->direction == BINDING_PUSH)
		return &MUTE;
	if (!in->linked)
		return in->equal ? &EQUAL : &UNLINKED[mode][here][there];
	if (in->equal && here && in->remote == DELTA_CHANGED)
		return &EQUAL;
	if (in->local == DELTA_CHANGED && !there &&
	    in->policy != POLICY_REMOTE_WINS)
		return &EDIT_WINS[mode];
	return &LINKED[mode][in->local][in->remote];
}

struct delta_out delta_decide(const struct delta_in *in)
{
	const struct cell *c = look_up(in);

	return (struct delta_out){
		.kind = c->kind,
		.conflict = c->flags & CONFLICT,
		.waits = c->flags & WAITS,
		.remote_won = c->flags & REMOTE_WON,
		.write_here = c->flags & HERE,
		.write_there = c->flags & THERE,
		.reason = c->reason,
	};
}

static const struct {
	const char *name;
	bool is_delete;
} KINDS[] = {
	[SYNC_NOTHING] = { "nothing", false },
	[SYNC_PULL_CREATE] = { "create here", false },
	[SYNC_PULL_UPDATE] = { "change here", false },
	[SYNC_PULL_DELETE] = { "delete here", true },
	[SYNC_PUSH_CREATE] = { "create there", false },
	[SYNC_PUSH_UPDATE] = { "change there", false },
	[SYNC_PUSH_DELETE] = { "delete there", true },
	[SYNC_MERGE] = { "merge", false },
	[SYNC_ADOPT] = { "note that both are equal", false },
	[SYNC_RESTORE_LOCAL] = { "restore here", false },
	[SYNC_RESTORE_REMOTE] = { "create there again", false },
	[SYNC_DROP_LINK] = { "forget the link", false },
	[SYNC_FETCH] = { "read and decide", false },
};

const char *delta_kind_name(enum sync_kind kind)
{
	return KINDS[kind].name;
}

bool delta_is_delete(enum sync_kind kind)
{
	return KINDS[kind].is_delete;
}
