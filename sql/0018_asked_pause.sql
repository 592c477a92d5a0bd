-- A pause that the server asked for is kept, whoever presses.
ALTER TABLE connection ADD COLUMN IF NOT EXISTS
	wait_asked TINYINT UNSIGNED NOT NULL DEFAULT 0 AFTER wait_tries;
