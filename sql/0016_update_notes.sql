-- What the engine changes it notes itself too, for a whole batch in one statement
-- (store_event_notes.c): a session with @hawser_notes = 2 says so. A program of
-- before says 1, and its changes are noted here as they were; whoever else
-- changes an event says nothing.

DELIMITER //
CREATE OR REPLACE DEFINER = {owner} TRIGGER event_after_update
AFTER UPDATE ON event FOR EACH ROW
IF NEW.rev <> OLD.rev AND COALESCE(@hawser_notes, 0) < 2 THEN
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

-- A run that begins is the connection's last one.
CREATE OR REPLACE DEFINER = {owner} TRIGGER sync_run_after_insert
AFTER INSERT ON sync_run FOR EACH ROW
IF NEW.state IN (1, 2, 4) OR NEW.guard = 1 THEN
	UPDATE connection c SET
		c.open_run_id = IF(NEW.state IN (1, 2, 4), NEW.id, c.open_run_id),
		c.held_run_id = IF(NEW.guard = 1, NEW.id, c.held_run_id),
		c.last_run_id = IF(NEW.state = 1, NEW.id, c.last_run_id),
		c.last_started_at = IF(NEW.state = 1, NEW.started_at,
			c.last_started_at)
	WHERE c.org_id = NEW.org_id AND c.id = NEW.connection_id;
END IF //
DELIMITER ;
