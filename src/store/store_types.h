#ifndef HAWSER_STORE_STORE_TYPES_H
#define HAWSER_STORE_STORE_TYPES_H
/* Numbers that stand in columns; sql/0001_base.sql has the same lists. */

enum role { ROLE_MEMBER = 1, ROLE_ADMIN = 2, ROLE_OWNER = 3 };

enum connection_state {
	CONNECTION_ACTIVE = 1, CONNECTION_PAUSED = 2,
	CONNECTION_RECONNECT = 3, CONNECTION_REMOVING = 4,
};

/* What becomes of imported events when a connection or binding is removed. */
enum removal_choice { REMOVAL_NONE = 0, REMOVAL_KEEP = 1, REMOVAL_DELETE = 2 };

enum binding_direction { BINDING_BOTH = 1, BINDING_PULL = 2, BINDING_PUSH = 3 };

enum binding_policy {
	POLICY_REMOTE_WINS = 1, POLICY_NEWEST_WINS = 2, POLICY_LOCAL_WINS = 3,
};

enum job_kind {
	JOB_SYNC = 1, JOB_OCCURRENCES = 2, JOB_DISCONNECT = 3, JOB_RETENTION = 4,
	JOB_OUTBOX = 5, JOB_MISUSE = 6, JOB_WATCH = 7,
};

enum run_cause {
	RUN_BY_SCHEDULE = 1, RUN_BY_CHANGE = 2, RUN_BY_PERSON = 3, RUN_BY_COMMAND = 4,
	RUN_IS_FIRST = 5,	/* no command, and none ended well before it */
};

enum run_state {
	RUN_LISTING = 1, RUN_APPLYING = 2, RUN_DONE = 3, RUN_FAILED = 4, RUN_DRY = 5,
};

enum run_guard { GUARD_NONE = 0, GUARD_HELD = 1, GUARD_APPROVED = 2, GUARD_REFUSED = 3 };

/* What a row of the plan does. */
enum sync_kind {
	SYNC_NOTHING = 0,
	SYNC_PULL_CREATE = 1,	/* new there: make it here */
	SYNC_PULL_UPDATE = 2,
	SYNC_PULL_DELETE = 3,	/* gone there: soft-delete here */
	SYNC_PUSH_CREATE = 4,
	SYNC_PUSH_UPDATE = 5,
	SYNC_PUSH_DELETE = 6,
	SYNC_MERGE = 7,		/* changed on both sides */
	SYNC_ADOPT = 8,		/* both sides equal: only the link is written */
	SYNC_RESTORE_LOCAL = 9,	/* deleted here, changed there */
	SYNC_RESTORE_REMOTE = 10,	/* changed here, gone there */
	SYNC_DROP_LINK = 11,	/* gone on both sides */
	SYNC_FETCH = 12,	/* listed as changed; decided when its body is here */
};

enum sync_phase {
	PHASE_PLANNED = 1, PHASE_SENT = 2, PHASE_DONE = 3, PHASE_FAILED = 4,
	PHASE_HELD = 5, PHASE_REFUSED = 6, PHASE_SKIPPED = 7,
};

enum image_side { IMAGE_LOCAL = 1, IMAGE_REMOTE = 2 };
#endif
