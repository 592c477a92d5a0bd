-- Push channels: the provider tells that something changed in a collection.

-- One channel each, or the wish for one. The token is sent once and kept nowhere;
-- collections and connections may be gone before their channels are.
CREATE TABLE IF NOT EXISTS watch (
	org_id BIGINT UNSIGNED NOT NULL,
	id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
	connection_id BIGINT UNSIGNED NOT NULL,
	collection_id BIGINT UNSIGNED NOT NULL,
	channel_id VARBINARY(64) NOT NULL,
	token_hash BINARY(32) NOT NULL,			-- SHA-256 of the token as text
	resource_id VARBINARY(255) NULL,		-- the provider's, to stop it by
	state TINYINT UNSIGNED NOT NULL,		-- 1 asked 2 live 3 stopping 4 lost 5 over 6 failed
	reason TINYINT UNSIGNED NOT NULL DEFAULT 0,	-- of a failed one: 1 not offered 2 address 3 trouble
	tries INT UNSIGNED NOT NULL DEFAULT 0,
	created_at DATETIME(6) NOT NULL,
	expires_at DATETIME(6) NOT NULL,
	renew_at DATETIME(6) NULL,
	due DATETIME(6) NULL,				-- stopping, failed: tried again then
	ended_at DATETIME(6) NULL,
	last_message_at DATETIME(6) NULL,
	last_number BIGINT UNSIGNED NOT NULL DEFAULT 0,	-- of a message; they grow
	repeated INT UNSIGNED NOT NULL DEFAULT 0,	-- messages, not in the audit yet
	misused INT UNSIGNED NOT NULL DEFAULT 0,	-- the same, of false ones
	PRIMARY KEY (org_id, id),
	KEY watch_id (id),
	UNIQUE KEY watch_channel (org_id, channel_id),
	KEY watch_connection (org_id, connection_id, state),
	CONSTRAINT watch_org FOREIGN KEY (org_id) REFERENCES org (id)
);

DELIMITER //
-- Whether a collection is to be watched may have changed: the job that sees to
-- it looks at once. There is one as long as there is a channel.
CREATE OR REPLACE DEFINER = {owner} TRIGGER connection_watch_after_update
AFTER UPDATE ON connection FOR EACH ROW
BEGIN
	IF NEW.state <> OLD.state THEN
		UPDATE job SET due = LEAST(due, UTC_TIMESTAMP(6)),
			wanted_at = GREATEST(UTC_TIMESTAMP(6),
				wanted_at + INTERVAL 1 MICROSECOND)
		WHERE org_id = NEW.org_id AND connection_id = NEW.id AND kind = 7;
	END IF;
END //

CREATE OR REPLACE DEFINER = {owner} TRIGGER binding_watch_after_update
AFTER UPDATE ON binding FOR EACH ROW
BEGIN
	IF NEW.removing <> OLD.removing OR NEW.paused <> OLD.paused
		OR NEW.direction <> OLD.direction THEN
		UPDATE job SET due = LEAST(due, UTC_TIMESTAMP(6)),
			wanted_at = GREATEST(UTC_TIMESTAMP(6),
				wanted_at + INTERVAL 1 MICROSECOND)
		WHERE org_id = NEW.org_id AND connection_id = NEW.connection_id
			AND kind = 7;
	END IF;
END //

-- A message of a channel, before anybody is known. verdict: 1 = something may
-- have changed, its connection is looked at; 2 = of no channel of ours, or with
-- another token or resource; 3 = of one that has ended; 4 = it came before; 5 =
-- the first one, which says only that there is a channel. A thousand messages
-- leave one job. What others send, and what comes again and again, is counted.
CREATE OR REPLACE DEFINER = {owner} PROCEDURE {web}.watch_message (
	IN p_org BIGINT UNSIGNED, IN p_channel VARBINARY(64),
	IN p_token_hash BINARY(32), IN p_resource VARBINARY(255),
	IN p_number BIGINT UNSIGNED, IN p_first TINYINT)
MODIFIES SQL DATA SQL SECURITY DEFINER
BEGIN
	DECLARE v_now DATETIME(6) DEFAULT UTC_TIMESTAMP(6);
	DECLARE v_id, v_connection BIGINT UNSIGNED DEFAULT NULL;
	DECLARE v_state, v_mine, v_strange TINYINT DEFAULT 0;
	DECLARE v_again TINYINT DEFAULT 0;
	DECLARE v_verdict TINYINT DEFAULT 2;
	DECLARE v_kind TINYINT DEFAULT 0;
	DECLARE v_misused, v_repeated BIGINT DEFAULT 0;
	DECLARE c CURSOR FOR SELECT id, connection_id,
		IF(expires_at <= v_now, 5, state),
		token_hash = p_token_hash
			AND COALESCE(resource_id, p_resource) = p_resource,
		expires_at <= v_now OR ended_at < v_now - INTERVAL 1 HOUR,
		COALESCE(last_number >= p_number, 0), misused, repeated
		FROM {db}.watch WHERE org_id = p_org AND channel_id = p_channel;
	DECLARE CONTINUE HANDLER FOR NOT FOUND SET v_id = NULL;
	OPEN c;
	FETCH c INTO v_id, v_connection, v_state, v_mine, v_strange, v_again,
		v_misused, v_repeated;
	CLOSE c;
	IF v_id IS NOT NULL AND v_mine THEN
		SET v_verdict = CASE WHEN v_state NOT IN (1, 2) THEN 3
			WHEN v_again THEN 4 WHEN p_first THEN 5 ELSE 1 END;
	END IF;
	IF v_verdict IN (1, 5) THEN
		UPDATE {db}.watch SET last_message_at = v_now,
			last_number = COALESCE(p_number, last_number),
			resource_id = COALESCE(resource_id, p_resource)
			WHERE org_id = p_org AND id = v_id;
		SET v_kind = IF(v_verdict = 1, 1, 0);
	ELSEIF v_verdict = 4 THEN
		UPDATE {db}.watch SET repeated = repeated + 1
			WHERE org_id = p_org AND id = v_id;
		SET v_kind = IF(v_repeated = 19, 6, 0);
	ELSEIF v_verdict = 3 AND v_state = 4 THEN
		UPDATE {db}.watch SET state = 3, due = v_now,
			resource_id = p_resource
			WHERE org_id = p_org AND id = v_id AND state = 4;
		SET v_kind = 7;
	ELSEIF v_id IS NOT NULL AND (v_verdict = 2 OR v_strange) THEN
		UPDATE {db}.watch SET misused = misused + 1
			WHERE org_id = p_org AND id = v_id;
		SET v_kind = IF(v_misused = 0, 6, 0);
	END IF;
	INSERT INTO {db}.job (org_id, connection_id, kind, due, wanted_at)
		SELECT p_org, IF(v_kind = 6, 0, v_connection), v_kind, v_now, v_now
			FROM {db}.one WHERE v_kind > 0
		ON DUPLICATE KEY UPDATE due = LEAST(due, v_now),
			wanted_at = GREATEST(v_now,
				wanted_at + INTERVAL 1 MICROSECOND);
	SELECT v_verdict AS verdict FROM {db}.one;
END //
DELIMITER ;
