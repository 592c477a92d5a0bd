-- Who deleted an event, or a single date of a series, that can still be restored.
-- What a sync deleted is told by its own rows (sync_action).
CREATE TABLE event_removal (
	org_id BIGINT UNSIGNED NOT NULL,
	id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
	event_id BIGINT UNSIGNED NOT NULL,
	recurrence_id VARBINARY(32) NOT NULL,		-- '' = the event itself
	user_id BIGINT UNSIGNED NOT NULL,		-- 0 = the operator
	body MEDIUMBLOB NULL,				-- of a date: event_format() of the series before
	created_at DATETIME(6) NOT NULL,		-- of the event: its deleted_at
	PRIMARY KEY (org_id, id),
	KEY event_removal_id (id),
	UNIQUE KEY event_removal_of (org_id, event_id, recurrence_id),
	KEY event_removal_age (org_id, created_at)
);
