-- What a change of an event sets going, whoever writes it: a new rev, a note for
-- every binding that has not taken it up, and the jobs. Only what is synced
-- counts as a change; texts are compared byte by byte, for the collation ignores
-- case. The worker's own binding stays quiet (@hawser_quiet).
--
-- A statement that reads or writes pending, job or (for overrides) event itself
-- can not change what these triggers belong to: ask first, then write by id.

DELIMITER //
CREATE OR REPLACE DEFINER = {owner} TRIGGER event_before_insert
BEFORE INSERT ON event FOR EACH ROW
BEGIN
	SET NEW.uid_key = UNHEX(SHA2(NEW.uid, 256));
END //

CREATE OR REPLACE DEFINER = {owner} TRIGGER event_before_update
BEFORE UPDATE ON event FOR EACH ROW
BEGIN
	-- A rev that comes changed is a change too: of an override.
	IF NEW.rev = OLD.rev AND NOT (
		BINARY NEW.uid <=> BINARY OLD.uid
		AND BINARY NEW.summary <=> BINARY OLD.summary
		AND BINARY NEW.location <=> BINARY OLD.location
		AND BINARY NEW.description <=> BINARY OLD.description
		AND BINARY NEW.status <=> BINARY OLD.status
		AND BINARY NEW.transp <=> BINARY OLD.transp
		AND BINARY NEW.duration <=> BINARY OLD.duration
		AND BINARY NEW.tzid <=> BINARY OLD.tzid
		AND BINARY NEW.end_tzid <=> BINARY OLD.end_tzid
		AND BINARY NEW.recurrence <=> BINARY OLD.recurrence
		AND BINARY NEW.extra <=> BINARY OLD.extra
		AND BINARY NEW.zones <=> BINARY OLD.zones
		AND BINARY NEW.kind <=> BINARY OLD.kind
		AND NEW.calendar_id <=> OLD.calendar_id
		AND NEW.has_master <=> OLD.has_master
		AND NEW.start_wall <=> OLD.start_wall
		AND NEW.end_wall <=> OLD.end_wall
		AND NEW.all_day <=> OLD.all_day
		AND NEW.zone_kind <=> OLD.zone_kind
		AND NEW.deleted_at <=> OLD.deleted_at
	) THEN
		SET NEW.rev = OLD.rev + 1;
	END IF;
	IF NEW.rev <> OLD.rev THEN
		SET NEW.updated_at = UTC_TIMESTAMP(6);
		SET NEW.uid_key = UNHEX(SHA2(NEW.uid, 256));
	END IF;
END //

CREATE OR REPLACE DEFINER = {owner} TRIGGER event_after_insert
AFTER INSERT ON event FOR EACH ROW
BEGIN
	INSERT INTO pending (org_id, binding_id, event_id, rev, since)
	SELECT b.org_id, b.id, NEW.id, NEW.rev, UTC_TIMESTAMP(6)
	FROM binding b WHERE b.org_id = NEW.org_id
		AND b.calendar_id IN (NEW.calendar_id)
		AND b.id <> COALESCE(@hawser_quiet, 0) AND b.removing = 0
	ON DUPLICATE KEY UPDATE rev = NEW.rev;
	INSERT INTO job (org_id, connection_id, kind, due, wanted_at)
	SELECT DISTINCT b.org_id, b.connection_id, 1, UTC_TIMESTAMP(6),
		UTC_TIMESTAMP(6)
	FROM binding b JOIN connection c ON c.org_id = b.org_id
		AND c.id = b.connection_id AND c.state = 1
	WHERE b.org_id = NEW.org_id
		AND b.calendar_id IN (NEW.calendar_id)
		AND b.id <> COALESCE(@hawser_quiet, 0) AND b.removing = 0
	ON DUPLICATE KEY UPDATE due = LEAST(due, UTC_TIMESTAMP(6)),
		wanted_at = UTC_TIMESTAMP(6);
	IF NEW.expanded_rev < NEW.rev THEN
		INSERT INTO job (org_id, connection_id, kind, due, wanted_at)
		VALUES (NEW.org_id, 0, 2, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))
		ON DUPLICATE KEY UPDATE due = LEAST(due, UTC_TIMESTAMP(6)),
			wanted_at = UTC_TIMESTAMP(6);
	END IF;
END //

-- An event that moved is news for the bindings of both calendars.
CREATE OR REPLACE DEFINER = {owner} TRIGGER event_after_update
AFTER UPDATE ON event FOR EACH ROW
IF NEW.rev <> OLD.rev THEN
	INSERT INTO pending (org_id, binding_id, event_id, rev, since)
	SELECT b.org_id, b.id, NEW.id, NEW.rev, UTC_TIMESTAMP(6)
	FROM binding b WHERE b.org_id = NEW.org_id
		AND b.calendar_id IN (NEW.calendar_id, OLD.calendar_id)
		AND b.id <> COALESCE(@hawser_quiet, 0) AND b.removing = 0
	ON DUPLICATE KEY UPDATE rev = NEW.rev;
	INSERT INTO job (org_id, connection_id, kind, due, wanted_at)
	SELECT DISTINCT b.org_id, b.connection_id, 1, UTC_TIMESTAMP(6),
		UTC_TIMESTAMP(6)
	FROM binding b JOIN connection c ON c.org_id = b.org_id
		AND c.id = b.connection_id AND c.state = 1
	WHERE b.org_id = NEW.org_id
		AND b.calendar_id IN (NEW.calendar_id, OLD.calendar_id)
		AND b.id <> COALESCE(@hawser_quiet, 0) AND b.removing = 0
	ON DUPLICATE KEY UPDATE due = LEAST(due, UTC_TIMESTAMP(6)),
		wanted_at = UTC_TIMESTAMP(6);
	IF NEW.expanded_rev < NEW.rev THEN
		INSERT INTO job (org_id, connection_id, kind, due, wanted_at)
		VALUES (NEW.org_id, 0, 2, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))
		ON DUPLICATE KEY UPDATE due = LEAST(due, UTC_TIMESTAMP(6)),
			wanted_at = UTC_TIMESTAMP(6);
	END IF;
END IF //

CREATE OR REPLACE DEFINER = {owner} TRIGGER event_after_delete
AFTER DELETE ON event FOR EACH ROW
BEGIN
	DELETE FROM pending WHERE org_id = OLD.org_id AND event_id = OLD.id;
END //

CREATE OR REPLACE DEFINER = {owner} TRIGGER event_override_after_insert
AFTER INSERT ON event_override FOR EACH ROW
BEGIN
	UPDATE event SET rev = rev + 1
	WHERE org_id = NEW.org_id AND id = NEW.event_id;
END //

CREATE OR REPLACE DEFINER = {owner} TRIGGER event_override_after_update
AFTER UPDATE ON event_override FOR EACH ROW
IF NOT (
	BINARY NEW.recurrence_id <=> BINARY OLD.recurrence_id
	AND BINARY NEW.summary <=> BINARY OLD.summary
	AND BINARY NEW.location <=> BINARY OLD.location
	AND BINARY NEW.description <=> BINARY OLD.description
	AND BINARY NEW.status <=> BINARY OLD.status
	AND BINARY NEW.transp <=> BINARY OLD.transp
	AND BINARY NEW.duration <=> BINARY OLD.duration
	AND BINARY NEW.tzid <=> BINARY OLD.tzid
	AND BINARY NEW.end_tzid <=> BINARY OLD.end_tzid
	AND BINARY NEW.extra <=> BINARY OLD.extra
	AND NEW.start_wall <=> OLD.start_wall
	AND NEW.end_wall <=> OLD.end_wall
	AND NEW.all_day <=> OLD.all_day
	AND NEW.zone_kind <=> OLD.zone_kind
) THEN
	UPDATE event SET rev = rev + 1
	WHERE org_id = NEW.org_id AND id = NEW.event_id;
END IF //

CREATE OR REPLACE DEFINER = {owner} TRIGGER event_override_after_delete
AFTER DELETE ON event_override FOR EACH ROW
BEGIN
	UPDATE event SET rev = rev + 1
	WHERE org_id = OLD.org_id AND id = OLD.event_id;
END //
DELIMITER ;
