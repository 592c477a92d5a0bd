-- The occurrences written ahead move on with time: when each series is next due.
-- NULL = a single event, whose one occurrence is whole.
ALTER TABLE event ADD COLUMN renew_at DATETIME(6) NULL AFTER expanded_rev,
	ADD KEY event_renew (org_id, renew_at);
UPDATE event SET renew_at = UTC_TIMESTAMP(6)
WHERE recurrence IS NOT NULL OR has_master = 0;
