-- Connections by OAuth: a sign-in at the provider that is under way, and what
-- came of it.

-- Wider: it was 4096.
ALTER TABLE credential MODIFY COLUMN envelope VARBINARY(8400) NOT NULL;

-- One try to sign in at a provider. The browser alone has the state.
CREATE TABLE IF NOT EXISTS oauth_state (
	org_id BIGINT UNSIGNED NOT NULL,
	id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
	state_hash BINARY(32) NOT NULL,
	flow BINARY(16) NOT NULL,			-- its name on our own pages
	session_hash BINARY(32) NOT NULL,
	user_id BIGINT UNSIGNED NOT NULL,
	provider VARBINARY(32) NOT NULL,
	kind TINYINT UNSIGNED NOT NULL,			-- 1 calendar
	connection_id BIGINT UNSIGNED NULL,		-- whose access is renewed
	scopes VARBINARY(2000) NOT NULL,		-- asked for
	popup TINYINT UNSIGNED NOT NULL,
	return_to TINYINT UNSIGNED NOT NULL,		-- 1 calendars 2 connection
	created_at DATETIME(6) NOT NULL,
	expires_at DATETIME(6) NOT NULL,
	consumed_at DATETIME(6) NULL,
	outcome TINYINT UNSIGNED NOT NULL DEFAULT 0,	-- 1 done 2 refused by the person 3 failed
	message VARCHAR(240) NOT NULL DEFAULT '',	-- a sentence
	result_id BIGINT UNSIGNED NULL,			-- the connection
	misused INT UNSIGNED NOT NULL DEFAULT 0,	-- by others, not in the audit yet
	PRIMARY KEY (org_id, id),
	KEY oauth_state_id (id),
	UNIQUE KEY oauth_state_flow (org_id, flow),
	UNIQUE KEY oauth_state_state (org_id, state_hash),
	CONSTRAINT oauth_state_member FOREIGN KEY (org_id, user_id)
		REFERENCES membership (org_id, user_id) ON DELETE CASCADE
);

-- Of a state that may still come back. Out of the web account's sight.
CREATE TABLE IF NOT EXISTS oauth_verifier (
	org_id BIGINT UNSIGNED NOT NULL,
	state_id BIGINT UNSIGNED NOT NULL,
	key_id BIGINT UNSIGNED NOT NULL,
	envelope VARBINARY(200) NOT NULL,
	PRIMARY KEY (org_id, state_id),
	KEY oauth_verifier_key (org_id, key_id),
	CONSTRAINT oauth_verifier_state FOREIGN KEY (org_id, state_id)
		REFERENCES oauth_state (org_id, id) ON DELETE CASCADE,
	CONSTRAINT oauth_verifier_key FOREIGN KEY (org_id, key_id)
		REFERENCES data_key (org_id, id)
);

-- What a connection holds at its provider. The tokens are in credential; who
-- refreshes them claims the row first.
CREATE TABLE IF NOT EXISTS oauth_grant (
	org_id BIGINT UNSIGNED NOT NULL,
	connection_id BIGINT UNSIGNED NOT NULL,
	generation BIGINT UNSIGNED NOT NULL,		-- of the tokens
	expires_at DATETIME(6) NOT NULL,		-- the access token
	ends_at DATETIME(6) NULL,			-- all of it, where that is said
	scopes VARBINARY(2000) NOT NULL,		-- granted
	missing VARBINARY(2000) NOT NULL,		-- asked for and not granted
	claimed_by VARBINARY(96) NOT NULL DEFAULT '',
	claimed_until DATETIME(6) NULL,
	updated_at DATETIME(6) NOT NULL,
	PRIMARY KEY (org_id, connection_id),
	CONSTRAINT oauth_grant_connection FOREIGN KEY (org_id, connection_id)
		REFERENCES connection (org_id, id)
);

-- What is still owed to a provider when its connection is gone.
CREATE TABLE IF NOT EXISTS outbox (
	org_id BIGINT UNSIGNED NOT NULL,
	id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
	kind TINYINT UNSIGNED NOT NULL,			-- 1 revoke
	provider VARBINARY(32) NOT NULL,
	login VARBINARY(254) NOT NULL,
	connection_id BIGINT UNSIGNED NOT NULL,		-- as it was, with field: the seal's place
	field TINYINT UNSIGNED NOT NULL,
	key_id BIGINT UNSIGNED NOT NULL,
	envelope VARBINARY(8400) NOT NULL,
	tries INT UNSIGNED NOT NULL DEFAULT 0,
	due DATETIME(6) NOT NULL,
	created_at DATETIME(6) NOT NULL,
	PRIMARY KEY (org_id, id),
	KEY outbox_id (id),
	KEY outbox_due (org_id, due),
	KEY outbox_key (org_id, key_id),
	CONSTRAINT outbox_org FOREIGN KEY (org_id) REFERENCES org (id),
	CONSTRAINT outbox_key FOREIGN KEY (org_id, key_id) REFERENCES data_key (org_id, id)
);

DELIMITER //
-- A state that came back is used up here, before anything is looked at. verdict:
-- 1 = of the session in @hawser_secret, 2 = of another one, 3 = it was used
-- before, 4 = too late. No row: there never was such a state. Of one that is not
-- this session's nothing else is told.
CREATE OR REPLACE DEFINER = {owner} PROCEDURE {web}.oauth_state_take (
	IN p_state_hash BINARY(32))
MODIFIES SQL DATA SQL SECURITY DEFINER
BEGIN
	DECLARE v_now DATETIME(6) DEFAULT UTC_TIMESTAMP(6);
	DECLARE v_session BINARY(32) DEFAULT UNHEX(SHA2(@hawser_secret, 256));
	DECLARE v_org BIGINT UNSIGNED DEFAULT NULL;
	DECLARE v_id BIGINT UNSIGNED DEFAULT NULL;
	DECLARE v_taken BIGINT DEFAULT 0;
	DECLARE v_mine TINYINT DEFAULT 0;
	DECLARE v_late TINYINT DEFAULT 0;
	DECLARE c CURSOR FOR SELECT org_id, id,
		COALESCE(session_hash = v_session, 0), expires_at <= v_now
		FROM {db}.oauth_state WHERE state_hash = p_state_hash;
	DECLARE CONTINUE HANDLER FOR NOT FOUND SET v_id = NULL;
	OPEN c;
	FETCH c INTO v_org, v_id, v_mine, v_late;
	CLOSE c;
	UPDATE {db}.oauth_state SET consumed_at = v_now
		WHERE org_id = v_org AND id = v_id AND consumed_at IS NULL;
	SET v_taken = ROW_COUNT();
	UPDATE {db}.oauth_state SET misused = misused + 1
		WHERE org_id = v_org AND id = v_id AND v_mine = 0;
	INSERT INTO {db}.job (org_id, connection_id, kind, due, wanted_at)
		SELECT v_org, 0, 6, v_now, v_now FROM {db}.one
		WHERE v_org IS NOT NULL AND v_mine = 0
		ON DUPLICATE KEY UPDATE wanted_at = v_now, due = LEAST(due, v_now);
	SELECT IF(v_mine = 0, 2, IF(v_taken <> 1, 3, IF(v_late, 4, 1))) AS verdict,
		IF(v_mine, v_id, 0) AS id FROM {db}.one WHERE v_id IS NOT NULL;
END //
DELIMITER ;
