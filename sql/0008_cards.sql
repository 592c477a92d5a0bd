-- What a connection's card shows, in one row and without counting: the run that
-- is under way, was interrupted or failed, the run that asks before it deletes,
-- how many calendars, events and items set aside. Triggers keep all but the
-- events, which the end of a run counts; triggers on links would cost each one.
ALTER TABLE connection
	ADD COLUMN open_run_id BIGINT UNSIGNED NULL AFTER last_run_id,	-- NULL = the last one ended well
	ADD COLUMN held_run_id BIGINT UNSIGNED NULL AFTER open_run_id,
	ADD COLUMN calendar_count INT UNSIGNED NOT NULL DEFAULT 0 AFTER held_run_id,
	ADD COLUMN event_count INT UNSIGNED NOT NULL DEFAULT 0 AFTER calendar_count,
	ADD COLUMN aside_count INT UNSIGNED NOT NULL DEFAULT 0 AFTER event_count;
ALTER TABLE org
	ADD COLUMN open_conflicts INT UNSIGNED NOT NULL DEFAULT 0 AFTER name,
	ADD COLUMN providers_off VARBINARY(255) NOT NULL DEFAULT '' AFTER open_conflicts;	-- names, commas between

UPDATE connection c SET
	c.open_run_id = (SELECT r.id FROM sync_run r WHERE r.org_id = c.org_id
		AND r.id = c.last_run_id AND r.state IN (1, 2, 4)),
	c.held_run_id = (SELECT MAX(r.id) FROM sync_run r WHERE r.org_id = c.org_id
		AND r.connection_id = c.id AND r.guard = 1),
	c.calendar_count = (SELECT COUNT(*) FROM binding b WHERE b.org_id = c.org_id
		AND b.connection_id = c.id AND b.removing = 0),
	c.event_count = (SELECT COUNT(*) FROM link l JOIN binding b
		ON b.org_id = l.org_id AND b.id = l.binding_id
		WHERE l.org_id = c.org_id AND b.connection_id = c.id),
	c.aside_count = (SELECT COUNT(*) FROM dead_letter d JOIN binding b
		ON b.org_id = d.org_id AND b.id = d.binding_id
		WHERE d.org_id = c.org_id AND b.connection_id = c.id);
UPDATE org o SET o.open_conflicts = (SELECT COUNT(*) FROM conflict x
	WHERE x.org_id = o.id AND x.resolved_at IS NULL);

CREATE OR REPLACE DEFINER = {owner} SQL SECURITY DEFINER VIEW connection_card AS
SELECT c.org_id, c.id, c.user_id, c.provider, c.name, c.account, c.base_url,
	c.state, c.state_reason, c.wait_until, c.last_ok_at, c.open_run_id,
	c.held_run_id, c.calendar_count, c.event_count, c.aside_count,
	j.due AS next_due
FROM connection c LEFT JOIN job j ON j.org_id = c.org_id
	AND j.connection_id = c.id AND j.kind = 1;

DELIMITER //
CREATE OR REPLACE DEFINER = {owner} TRIGGER sync_run_after_insert
AFTER INSERT ON sync_run FOR EACH ROW
IF NEW.state IN (1, 2, 4) OR NEW.guard = 1 THEN
	UPDATE connection c SET
		c.open_run_id = IF(NEW.state IN (1, 2, 4), NEW.id, c.open_run_id),
		c.held_run_id = IF(NEW.guard = 1, NEW.id, c.held_run_id)
	WHERE c.org_id = NEW.org_id AND c.id = NEW.connection_id;
END IF //

CREATE OR REPLACE DEFINER = {owner} TRIGGER sync_run_after_update
AFTER UPDATE ON sync_run FOR EACH ROW
BEGIN
	IF NEW.state IN (3, 5) AND OLD.state NOT IN (3, 5) THEN
		UPDATE connection c SET c.open_run_id = NULL
		WHERE c.org_id = NEW.org_id AND c.id = NEW.connection_id
			AND c.open_run_id = NEW.id;
	END IF;
	IF (NEW.guard = 1) <> (OLD.guard = 1) THEN
		UPDATE connection c SET c.held_run_id = (SELECT MAX(r.id)
			FROM sync_run r WHERE r.org_id = NEW.org_id
			AND r.connection_id = NEW.connection_id AND r.guard = 1)
		WHERE c.org_id = NEW.org_id AND c.id = NEW.connection_id;
	END IF;
END //

CREATE OR REPLACE DEFINER = {owner} TRIGGER sync_run_after_delete
AFTER DELETE ON sync_run FOR EACH ROW
IF OLD.state NOT IN (3, 5) OR OLD.guard = 1 THEN
	UPDATE connection c SET
		c.open_run_id = NULLIF(c.open_run_id, OLD.id),
		c.held_run_id = (SELECT MAX(r.id) FROM sync_run r
			WHERE r.org_id = OLD.org_id
			AND r.connection_id = OLD.connection_id AND r.guard = 1)
	WHERE c.org_id = OLD.org_id AND c.id = OLD.connection_id;
END IF //

CREATE OR REPLACE DEFINER = {owner} TRIGGER binding_after_insert
AFTER INSERT ON binding FOR EACH ROW
IF NEW.removing = 0 THEN
	UPDATE connection c SET c.calendar_count = c.calendar_count + 1
	WHERE c.org_id = NEW.org_id AND c.id = NEW.connection_id;
END IF //

CREATE OR REPLACE DEFINER = {owner} TRIGGER binding_after_update
AFTER UPDATE ON binding FOR EACH ROW
IF (NEW.removing = 0) <> (OLD.removing = 0) THEN
	UPDATE connection c SET c.calendar_count =
		IF(NEW.removing = 0, c.calendar_count + 1, c.calendar_count - 1)
	WHERE c.org_id = NEW.org_id AND c.id = NEW.connection_id;
END IF //

CREATE OR REPLACE DEFINER = {owner} TRIGGER binding_after_delete
AFTER DELETE ON binding FOR EACH ROW
IF OLD.removing = 0 THEN
	UPDATE connection c SET c.calendar_count = c.calendar_count - 1
	WHERE c.org_id = OLD.org_id AND c.id = OLD.connection_id;
END IF //

CREATE OR REPLACE DEFINER = {owner} TRIGGER dead_letter_after_insert
AFTER INSERT ON dead_letter FOR EACH ROW
UPDATE connection c SET c.aside_count = c.aside_count + 1
WHERE c.org_id = NEW.org_id AND c.id = (SELECT b.connection_id FROM binding b
	WHERE b.org_id = NEW.org_id AND b.id = NEW.binding_id) //

CREATE OR REPLACE DEFINER = {owner} TRIGGER dead_letter_after_delete
AFTER DELETE ON dead_letter FOR EACH ROW
UPDATE connection c SET c.aside_count = c.aside_count - 1
WHERE c.org_id = OLD.org_id AND c.aside_count > 0 AND c.id = (
	SELECT b.connection_id FROM binding b
	WHERE b.org_id = OLD.org_id AND b.id = OLD.binding_id) //

CREATE OR REPLACE DEFINER = {owner} TRIGGER conflict_after_insert
AFTER INSERT ON conflict FOR EACH ROW
IF NEW.resolved_at IS NULL THEN
	UPDATE org o SET o.open_conflicts = o.open_conflicts + 1
	WHERE o.id = NEW.org_id;
END IF //

CREATE OR REPLACE DEFINER = {owner} TRIGGER conflict_after_update
AFTER UPDATE ON conflict FOR EACH ROW
IF (NEW.resolved_at IS NULL) <> (OLD.resolved_at IS NULL) THEN
	UPDATE org o SET o.open_conflicts = IF(NEW.resolved_at IS NULL,
		o.open_conflicts + 1, o.open_conflicts - 1)
	WHERE o.id = NEW.org_id;
END IF //

CREATE OR REPLACE DEFINER = {owner} TRIGGER conflict_after_delete
AFTER DELETE ON conflict FOR EACH ROW
IF OLD.resolved_at IS NULL THEN
	UPDATE org o SET o.open_conflicts = o.open_conflicts - 1
	WHERE o.id = OLD.org_id AND o.open_conflicts > 0;
END IF //

-- Lets the holder of a token in: the token becomes the tenant of the database
-- session, and one row says who that is, as of now. An idle session is none.
-- stale: seen_at is old enough to be moved (session_seen).
CREATE OR REPLACE DEFINER = {owner} PROCEDURE {web}.session_enter (
	IN p_token VARBINARY(256), IN p_idle_secs INT UNSIGNED)
READS SQL DATA SQL SECURITY DEFINER
BEGIN
	SET @hawser_secret = p_token;
	SELECT s.user_id, s.org_id, m.role, s.csrf, u.email, u.name, u.time_zone,
		o.name AS org_name, o.open_conflicts, o.providers_off,
		EXISTS (SELECT 1 FROM {db}.pending p WHERE p.org_id = s.org_id)
			AS may_wait, s.created_at, s.expires_at,
		s.seen_at < UTC_TIMESTAMP(6) - INTERVAL 60 SECOND AS stale
	FROM {db}.session s
	JOIN {db}.membership m ON m.org_id = s.org_id AND m.user_id = s.user_id
	JOIN {db}.user u ON u.id = s.user_id AND u.disabled_at IS NULL
	JOIN {db}.org o ON o.id = s.org_id
	WHERE s.token_hash = UNHEX(SHA2(p_token, 256))
		AND s.expires_at > UTC_TIMESTAMP(6)
		AND s.seen_at >= UTC_TIMESTAMP(6) - INTERVAL p_idle_secs SECOND;
END //

CREATE OR REPLACE DEFINER = {owner} PROCEDURE {web}.session_seen ()
MODIFIES SQL DATA SQL SECURITY DEFINER
BEGIN
	UPDATE {db}.session SET seen_at = UTC_TIMESTAMP(6)
	WHERE token_hash = UNHEX(SHA2(@hawser_secret, 256))
		AND expires_at > UTC_TIMESTAMP(6);
END //
DELIMITER ;
DROP PROCEDURE IF EXISTS {web}.session_find;
