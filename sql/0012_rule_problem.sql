-- Why only some dates of a series are shown, in a sentence; NULL = all are.
ALTER TABLE event ADD COLUMN rule_problem VARCHAR(500) NULL AFTER renew_at;
