-- Every line that ends a statement ends with a semicolon; {db}, {web} and {owner}
-- stand for the database, the database of views and the account that owns them.
--
-- The base tables. Every tenant table starts its keys with org_id; plain
-- KEY(id) serves AUTO_INCREMENT. Times are UTC; ids and tags of providers are
-- binary, for the default collation ignores case.

CREATE TABLE one (x TINYINT NOT NULL PRIMARY KEY);
INSERT IGNORE INTO one VALUES (1);

CREATE TABLE org (
	id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
	name VARCHAR(120) NOT NULL,
	created_at DATETIME(6) NOT NULL,
	UNIQUE KEY org_name (name)
);

CREATE TABLE user (
	id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
	email VARCHAR(254) NOT NULL,
	email_key VARBINARY(254) NOT NULL,		-- lower case
	name VARCHAR(120) NOT NULL,
	password_hash VARBINARY(255) NOT NULL,		-- crypt(5) yescrypt
	time_zone VARBINARY(64) NOT NULL,
	created_at DATETIME(6) NOT NULL,
	disabled_at DATETIME(6) NULL,
	UNIQUE KEY user_email (email_key)
);

CREATE TABLE membership (
	org_id BIGINT UNSIGNED NOT NULL,
	user_id BIGINT UNSIGNED NOT NULL,
	role TINYINT UNSIGNED NOT NULL,			-- 1 member 2 admin 3 owner
	created_at DATETIME(6) NOT NULL,
	PRIMARY KEY (org_id, user_id),
	KEY membership_user (user_id),
	CONSTRAINT membership_org FOREIGN KEY (org_id) REFERENCES org (id),
	CONSTRAINT membership_user FOREIGN KEY (user_id) REFERENCES user (id)
);

-- Known before a tenant is known; reached by definer procedures only.
CREATE TABLE session (
	token_hash BINARY(32) NOT NULL PRIMARY KEY,
	org_id BIGINT UNSIGNED NOT NULL,
	user_id BIGINT UNSIGNED NOT NULL,
	csrf BINARY(32) NOT NULL,
	created_at DATETIME(6) NOT NULL,
	seen_at DATETIME(6) NOT NULL,
	expires_at DATETIME(6) NOT NULL,
	KEY session_expires (expires_at),
	KEY session_user (user_id),
	KEY session_member (org_id, user_id),
	CONSTRAINT session_member FOREIGN KEY (org_id, user_id)
		REFERENCES membership (org_id, user_id) ON DELETE CASCADE
);

CREATE TABLE login_throttle (
	throttle_key BINARY(32) NOT NULL PRIMARY KEY,	-- hash of address or e-mail
	failures INT UNSIGNED NOT NULL,
	window_start DATETIME(6) NOT NULL,
	KEY login_throttle_window (window_start)
);

CREATE TABLE data_key (
	org_id BIGINT UNSIGNED NOT NULL,
	id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
	kek_id VARBINARY(16) NOT NULL,			-- names the key file
	wrapped VARBINARY(128) NOT NULL,		-- envelope under the key file
	state TINYINT UNSIGNED NOT NULL,		-- 1 active 2 decrypt-only 3 retired
	uses BIGINT UNSIGNED NOT NULL DEFAULT 0,
	created_at DATETIME(6) NOT NULL,
	PRIMARY KEY (org_id, id),
	KEY data_key_id (id),
	CONSTRAINT data_key_org FOREIGN KEY (org_id) REFERENCES org (id)
);

CREATE TABLE connection (
	org_id BIGINT UNSIGNED NOT NULL,
	id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
	user_id BIGINT UNSIGNED NOT NULL,
	provider VARBINARY(32) NOT NULL,
	name VARCHAR(120) NOT NULL,
	account VARCHAR(254) NOT NULL,
	login VARBINARY(254) NOT NULL,
	base_url VARBINARY(1024) NOT NULL,
	home_url VARBINARY(1024) NOT NULL DEFAULT '',
	state TINYINT UNSIGNED NOT NULL,		-- 1 active 2 paused by a person 3 reconnect 4 removing
	state_reason VARCHAR(240) NOT NULL DEFAULT '',	-- a sentence
	wait_until DATETIME(6) NULL,			-- parked after an error
	wait_tries INT UNSIGNED NOT NULL DEFAULT 0,
	last_started_at DATETIME(6) NULL,
	last_ok_at DATETIME(6) NULL,
	last_run_id BIGINT UNSIGNED NULL,
	removing TINYINT UNSIGNED NOT NULL DEFAULT 0,	-- 1 keep 2 delete the imported events
	created_at DATETIME(6) NOT NULL,
	PRIMARY KEY (org_id, id),
	KEY connection_id (id),
	KEY connection_user (org_id, user_id),
	CONSTRAINT connection_member FOREIGN KEY (org_id, user_id) REFERENCES membership (org_id, user_id)
);

-- Who works on a connection. Taken and renewed by conditional UPDATE only.
CREATE TABLE lease (
	org_id BIGINT UNSIGNED NOT NULL,
	connection_id BIGINT UNSIGNED NOT NULL,
	owner VARBINARY(96) NOT NULL DEFAULT '',	-- host boot id + pid + process start
	fence BIGINT UNSIGNED NOT NULL DEFAULT 0,
	until DATETIME(6) NOT NULL,
	PRIMARY KEY (org_id, connection_id),
	CONSTRAINT lease_connection FOREIGN KEY (org_id, connection_id) REFERENCES connection (org_id, id)
);

CREATE TABLE credential (
	org_id BIGINT UNSIGNED NOT NULL,
	connection_id BIGINT UNSIGNED NOT NULL,
	field TINYINT UNSIGNED NOT NULL,		-- 1 password
	key_id BIGINT UNSIGNED NOT NULL,
	envelope VARBINARY(4096) NOT NULL,
	updated_at DATETIME(6) NOT NULL,
	PRIMARY KEY (org_id, connection_id, field),
	KEY credential_key (org_id, key_id),
	CONSTRAINT credential_connection FOREIGN KEY (org_id, connection_id) REFERENCES connection (org_id, id),
	CONSTRAINT credential_key FOREIGN KEY (org_id, key_id) REFERENCES data_key (org_id, id)
);

CREATE TABLE collection (
	org_id BIGINT UNSIGNED NOT NULL,
	id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
	connection_id BIGINT UNSIGNED NOT NULL,
	remote_key BINARY(32) NOT NULL,			-- SHA-256 of remote_id
	remote_id VARBINARY(1024) NOT NULL,
	name VARCHAR(240) NOT NULL,
	color VARBINARY(7) NULL,
	read_only TINYINT(1) NOT NULL DEFAULT 0,
	missing_since DATETIME(6) NULL,
	created_at DATETIME(6) NOT NULL,
	PRIMARY KEY (org_id, id),
	KEY collection_id (id),
	UNIQUE KEY collection_remote (org_id, connection_id, remote_key),
	CONSTRAINT collection_connection FOREIGN KEY (org_id, connection_id) REFERENCES connection (org_id, id)
);

CREATE TABLE calendar (
	org_id BIGINT UNSIGNED NOT NULL,
	id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
	user_id BIGINT UNSIGNED NOT NULL,		-- owner
	name VARCHAR(240) NOT NULL,
	color VARBINARY(7) NOT NULL,
	shared TINYINT(1) NOT NULL DEFAULT 0,		-- seen by the whole organisation
	created_at DATETIME(6) NOT NULL,
	deleted_at DATETIME(6) NULL,
	PRIMARY KEY (org_id, id),
	KEY calendar_id (id),
	KEY calendar_user (org_id, user_id),
	CONSTRAINT calendar_member FOREIGN KEY (org_id, user_id) REFERENCES membership (org_id, user_id)
);

CREATE TABLE binding (
	org_id BIGINT UNSIGNED NOT NULL,
	id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
	calendar_id BIGINT UNSIGNED NOT NULL,
	collection_id BIGINT UNSIGNED NOT NULL,
	connection_id BIGINT UNSIGNED NOT NULL,		-- of the collection, for the job trigger
	direction TINYINT UNSIGNED NOT NULL,		-- 1 both 2 pull 3 push
	policy TINYINT UNSIGNED NOT NULL,		-- 1 remote_wins 2 newest_wins 3 local_wins
	cursor_value VARBINARY(4096) NULL,
	page_cursor VARBINARY(4096) NULL,		-- of the listing under way
	next_cursor VARBINARY(4096) NULL,		-- becomes cursor_value with the last batch
	generation INT UNSIGNED NOT NULL DEFAULT 1,	-- of the mark in link.seen_generation
	listing TINYINT(1) NOT NULL DEFAULT 0,		-- the run under way lists everything
	listed_at DATETIME(6) NULL,			-- last complete listing
	planned_run_id BIGINT UNSIGNED NULL,		-- the run whose plan for it is complete
	paused TINYINT(1) NOT NULL DEFAULT 0,		-- until a person answers
	removing TINYINT UNSIGNED NOT NULL DEFAULT 0,	-- 1 keep 2 delete the imported events
	created_at DATETIME(6) NOT NULL,
	PRIMARY KEY (org_id, id),
	KEY binding_id (id),
	UNIQUE KEY binding_collection (org_id, collection_id),
	KEY binding_calendar (org_id, calendar_id),
	KEY binding_connection (org_id, connection_id),
	CONSTRAINT binding_calendar FOREIGN KEY (org_id, calendar_id) REFERENCES calendar (org_id, id),
	CONSTRAINT binding_collection FOREIGN KEY (org_id, collection_id) REFERENCES collection (org_id, id)
);

CREATE TABLE event (
	org_id BIGINT UNSIGNED NOT NULL,
	id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
	calendar_id BIGINT UNSIGNED NOT NULL,
	kind VARBINARY(16) NOT NULL DEFAULT 'event',	-- event appointment job task
	uid VARBINARY(1024) NOT NULL,
	uid_key BINARY(32) NOT NULL DEFAULT '',			-- SHA-256 of uid, set by trigger
	has_master TINYINT(1) NOT NULL DEFAULT 1,
	summary TEXT NULL,
	location TEXT NULL,
	description MEDIUMTEXT NULL,
	status VARBINARY(16) NULL,
	transp VARBINARY(16) NULL,
	start_wall DATETIME NOT NULL,
	end_wall DATETIME NULL,
	duration VARBINARY(32) NULL,
	all_day TINYINT(1) NOT NULL DEFAULT 0,
	zone_kind TINYINT UNSIGNED NOT NULL DEFAULT 2,	-- 0 floating 1 UTC 2 named
	tzid VARCHAR(255) COLLATE utf8mb4_bin NULL,
	end_tzid VARCHAR(255) COLLATE utf8mb4_bin NULL,
	recurrence TEXT NULL,
	extra MEDIUMTEXT NOT NULL DEFAULT '',
	zones MEDIUMTEXT NOT NULL DEFAULT '',
	rev BIGINT UNSIGNED NOT NULL DEFAULT 1,		-- bumped by trigger
	expanded_rev BIGINT UNSIGNED NOT NULL DEFAULT 0,	-- event_instance shows this rev
	created_at DATETIME(6) NOT NULL DEFAULT current_timestamp(6),
	updated_at DATETIME(6) NOT NULL DEFAULT current_timestamp(6),
	deleted_at DATETIME(6) NULL,
	behind TINYINT(1) AS (deleted_at IS NULL AND expanded_rev <> rev) STORED,
	PRIMARY KEY (org_id, id),
	KEY event_id (id),
	KEY event_behind (org_id, behind),
	KEY event_calendar (org_id, calendar_id, uid_key),
	KEY event_deleted (org_id, deleted_at),
	CONSTRAINT event_calendar FOREIGN KEY (org_id, calendar_id) REFERENCES calendar (org_id, id)
);

CREATE TABLE event_override (
	org_id BIGINT UNSIGNED NOT NULL,
	event_id BIGINT UNSIGNED NOT NULL,
	recurrence_id VARBINARY(32) NOT NULL,		-- original start, in the master's form
	summary TEXT NULL,
	location TEXT NULL,
	description MEDIUMTEXT NULL,
	status VARBINARY(16) NULL,
	transp VARBINARY(16) NULL,
	start_wall DATETIME NOT NULL,
	end_wall DATETIME NULL,
	duration VARBINARY(32) NULL,
	all_day TINYINT(1) NOT NULL DEFAULT 0,
	zone_kind TINYINT UNSIGNED NOT NULL DEFAULT 2,
	tzid VARCHAR(255) COLLATE utf8mb4_bin NULL,
	end_tzid VARCHAR(255) COLLATE utf8mb4_bin NULL,
	extra MEDIUMTEXT NOT NULL DEFAULT '',
	PRIMARY KEY (org_id, event_id, recurrence_id),
	CONSTRAINT event_override_event FOREIGN KEY (org_id, event_id) REFERENCES event (org_id, id)
);

-- Occurrences written ahead: pages read rows, never expand rules.
CREATE TABLE event_instance (
	org_id BIGINT UNSIGNED NOT NULL,
	event_id BIGINT UNSIGNED NOT NULL,
	recurrence_id VARBINARY(32) NOT NULL,
	calendar_id BIGINT UNSIGNED NOT NULL,
	starts_at DATETIME(6) NOT NULL,			-- UTC
	ends_at DATETIME(6) NOT NULL,
	start_wall DATETIME NOT NULL,
	end_wall DATETIME NOT NULL,
	all_day TINYINT(1) NOT NULL,
	summary VARCHAR(240) NULL,			-- copied, cut to length
	is_override TINYINT(1) NOT NULL,
	PRIMARY KEY (org_id, event_id, recurrence_id),
	KEY event_instance_range (org_id, calendar_id, starts_at, ends_at),
	CONSTRAINT event_instance_event FOREIGN KEY (org_id, event_id) REFERENCES event (org_id, id)
);

CREATE TABLE link (
	org_id BIGINT UNSIGNED NOT NULL,
	id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
	binding_id BIGINT UNSIGNED NOT NULL,
	event_id BIGINT UNSIGNED NOT NULL,
	remote_key BINARY(32) NOT NULL,			-- SHA-256 of the normalised remote_id
	remote_id VARBINARY(1024) NOT NULL,
	version VARBINARY(255) NULL,			-- etag as the server spelled it
	remote_raw MEDIUMBLOB NULL,			-- the object as the provider held it
	base MEDIUMBLOB NOT NULL,			-- event_format() both sides agreed on
	local_hash BINARY(32) NOT NULL,			-- of our side when last agreed
	remote_hash BINARY(32) NOT NULL,		-- of the provider's stored form then
	synced_rev BIGINT UNSIGNED NOT NULL,
	seen_generation INT UNSIGNED NOT NULL DEFAULT 0,
	synced_at DATETIME(6) NOT NULL,
	PRIMARY KEY (org_id, id),
	KEY link_id (id),
	UNIQUE KEY link_event (org_id, binding_id, event_id),
	UNIQUE KEY link_remote (org_id, binding_id, remote_key),
	KEY link_of_event (org_id, event_id),
	KEY link_seen (org_id, binding_id, seen_generation),
	CONSTRAINT link_binding FOREIGN KEY (org_id, binding_id) REFERENCES binding (org_id, id),
	CONSTRAINT link_event FOREIGN KEY (org_id, event_id) REFERENCES event (org_id, id)
);

-- Local changes a binding has not yet taken up; written by trigger, removed in
-- the transaction that agrees on rev. A no-change run looks here, not at events.
CREATE TABLE pending (
	org_id BIGINT UNSIGNED NOT NULL,
	binding_id BIGINT UNSIGNED NOT NULL,
	event_id BIGINT UNSIGNED NOT NULL,
	rev BIGINT UNSIGNED NOT NULL,
	since DATETIME(6) NOT NULL,
	PRIMARY KEY (org_id, binding_id, event_id),
	KEY pending_event (org_id, event_id),
	CONSTRAINT pending_binding FOREIGN KEY (org_id, binding_id) REFERENCES binding (org_id, id)
);

CREATE TABLE job (
	org_id BIGINT UNSIGNED NOT NULL,
	connection_id BIGINT UNSIGNED NOT NULL,		-- 0 = the organisation's own (occurrences)
	kind TINYINT UNSIGNED NOT NULL,			-- 1 sync 2 occurrences 3 disconnect 4 retention
	due DATETIME(6) NOT NULL,
	wanted_at DATETIME(6) NOT NULL,			-- raised by each request; unchanged at the end = done
	tries INT UNSIGNED NOT NULL DEFAULT 0,
	asked_by BIGINT UNSIGNED NULL,			-- user; NULL = schedule or change
	PRIMARY KEY (org_id, connection_id, kind),
	KEY job_due (due)
);

CREATE TABLE sync_run (
	org_id BIGINT UNSIGNED NOT NULL,
	id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
	connection_id BIGINT UNSIGNED NOT NULL,
	asked_by BIGINT UNSIGNED NULL,
	cause TINYINT UNSIGNED NOT NULL,		-- 1 schedule 2 change 3 person 4 command
	state TINYINT UNSIGNED NOT NULL,		-- 1 listing 2 applying 3 done 4 failed 5 dry run
	guard TINYINT UNSIGNED NOT NULL DEFAULT 0,	-- 0 none 1 held 2 approved 3 refused
	guard_count INT UNSIGNED NOT NULL DEFAULT 0,	-- deletes held
	guard_known INT UNSIGNED NOT NULL DEFAULT 0,	-- of so many known items
	guard_binding_id BIGINT UNSIGNED NULL,
	started_at DATETIME(6) NOT NULL,
	finished_at DATETIME(6) NULL,
	planned INT UNSIGNED NOT NULL DEFAULT 0,
	done INT UNSIGNED NOT NULL DEFAULT 0,
	count_in INT UNSIGNED NOT NULL DEFAULT 0,
	count_out INT UNSIGNED NOT NULL DEFAULT 0,
	count_conflicts INT UNSIGNED NOT NULL DEFAULT 0,
	count_set_aside INT UNSIGNED NOT NULL DEFAULT 0,
	message VARCHAR(240) NOT NULL DEFAULT '',
	PRIMARY KEY (org_id, id),
	KEY sync_run_id (id),
	KEY sync_run_connection (org_id, connection_id, id),
	KEY sync_run_guard (org_id, connection_id, guard),
	KEY sync_run_state (org_id, connection_id, state),
	CONSTRAINT sync_run_connection FOREIGN KEY (org_id, connection_id) REFERENCES connection (org_id, id)
);

-- The plan: written before anything is done, kept as history and as the why.
CREATE TABLE sync_action (
	org_id BIGINT UNSIGNED NOT NULL,
	run_id BIGINT UNSIGNED NOT NULL,
	seq INT UNSIGNED NOT NULL,
	binding_id BIGINT UNSIGNED NOT NULL,
	kind TINYINT UNSIGNED NOT NULL,			-- enum sync_kind
	phase TINYINT UNSIGNED NOT NULL,		-- enum sync_phase
	op_id BINARY(16) NOT NULL,			-- fixed before the first try
	event_id BIGINT UNSIGNED NULL,
	link_id BIGINT UNSIGNED NULL,
	remote_key BINARY(32) NULL,
	remote_id VARBINARY(1024) NULL,
	version VARBINARY(255) NULL,
	intent_hash BINARY(32) NULL,			-- of what a write would put there
	title VARCHAR(240) NOT NULL DEFAULT '',
	reason VARCHAR(240) NOT NULL DEFAULT '',	-- why, in words
	message VARCHAR(240) NOT NULL DEFAULT '',	-- what came of it, when not as planned
	updated_at DATETIME(6) NOT NULL,
	PRIMARY KEY (org_id, run_id, seq),
	KEY sync_action_event (org_id, event_id),
	KEY sync_action_phase (org_id, run_id, phase, seq),
	CONSTRAINT sync_action_run FOREIGN KEY (org_id, run_id) REFERENCES sync_run (org_id, id)
);

CREATE TABLE conflict (
	org_id BIGINT UNSIGNED NOT NULL,
	id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
	run_id BIGINT UNSIGNED NOT NULL,
	binding_id BIGINT UNSIGNED NOT NULL,
	event_id BIGINT UNSIGNED NOT NULL,
	fields VARCHAR(240) NOT NULL,			-- the clashing ones, in words
	winner TINYINT UNSIGNED NOT NULL,		-- 1 local 2 remote
	base MEDIUMBLOB NULL,				-- event_format()
	local MEDIUMBLOB NULL,				-- NULL = deleted there
	remote MEDIUMBLOB NULL,
	created_at DATETIME(6) NOT NULL,
	resolved_at DATETIME(6) NULL,
	PRIMARY KEY (org_id, id),
	KEY conflict_id (id),
	KEY conflict_event (org_id, event_id),
	CONSTRAINT conflict_event FOREIGN KEY (org_id, event_id) REFERENCES event (org_id, id)
);

CREATE TABLE dead_letter (
	org_id BIGINT UNSIGNED NOT NULL,
	id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
	binding_id BIGINT UNSIGNED NOT NULL,
	item_key BINARY(32) NOT NULL,			-- remote_key, or SHA-256 of "event:ID"
	event_id BIGINT UNSIGNED NULL,
	remote_id VARBINARY(1024) NULL,
	version VARBINARY(255) NULL,			-- tried again when this changes
	title VARCHAR(240) NOT NULL DEFAULT '',
	reason VARCHAR(240) NOT NULL,
	tries INT UNSIGNED NOT NULL DEFAULT 1,
	next_try_at DATETIME(6) NULL,			-- NULL = given up until changed or asked
	created_at DATETIME(6) NOT NULL,
	PRIMARY KEY (org_id, id),
	KEY dead_letter_id (id),
	UNIQUE KEY dead_letter_item (org_id, binding_id, item_key),
	KEY dead_letter_event (org_id, event_id),
	CONSTRAINT dead_letter_binding FOREIGN KEY (org_id, binding_id) REFERENCES binding (org_id, id)
);

CREATE TABLE before_image (
	org_id BIGINT UNSIGNED NOT NULL,
	id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
	run_id BIGINT UNSIGNED NOT NULL,
	seq INT UNSIGNED NOT NULL,			-- the action that overwrote it
	event_id BIGINT UNSIGNED NULL,
	side TINYINT UNSIGNED NOT NULL,			-- 1 local 2 remote
	body MEDIUMBLOB NOT NULL,			-- event_format()
	created_at DATETIME(6) NOT NULL,
	PRIMARY KEY (org_id, id),
	KEY before_image_id (id),
	UNIQUE KEY before_image_action (org_id, run_id, seq, side),
	KEY before_image_age (org_id, created_at)
);

CREATE TABLE audit (
	org_id BIGINT UNSIGNED NOT NULL,
	seq BIGINT UNSIGNED NOT NULL,			-- no gaps
	prev_hash BINARY(32) NOT NULL,
	body VARBINARY(2048) NOT NULL,			-- the exact bytes hashed
	hash BINARY(32) NOT NULL,			-- SHA-256(org, seq, prev, body)
	PRIMARY KEY (org_id, seq)
);

CREATE TABLE audit_head (
	org_id BIGINT UNSIGNED NOT NULL PRIMARY KEY,
	seq BIGINT UNSIGNED NOT NULL,
	hash BINARY(32) NOT NULL
);

-- Which hawser-sync is on duty.
CREATE TABLE duty (
	name VARBINARY(32) NOT NULL PRIMARY KEY,
	owner VARBINARY(96) NOT NULL,
	fence BIGINT UNSIGNED NOT NULL,
	until DATETIME(6) NOT NULL
);
INSERT IGNORE INTO duty VALUES ('sync', '', 0, '2000-01-01');
