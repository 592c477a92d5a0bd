-- The audit can be searched: columns that the database derives from the hashed
-- bytes, so that they can not differ from them. And when the chain was last
-- checked as a whole.
ALTER TABLE audit
	ADD COLUMN IF NOT EXISTS action VARCHAR(64) AS
		(JSON_VALUE(CONVERT(body USING utf8mb4), '$.action')) PERSISTENT,
	ADD COLUMN IF NOT EXISTS via VARCHAR(16) AS
		(JSON_VALUE(CONVERT(body USING utf8mb4), '$.via')) PERSISTENT,
	ADD COLUMN IF NOT EXISTS user_id BIGINT UNSIGNED AS (CAST(COALESCE(
		JSON_VALUE(CONVERT(body USING utf8mb4), '$.user'), '0') AS UNSIGNED)) PERSISTENT,
	ADD COLUMN IF NOT EXISTS at VARCHAR(32) AS	-- RFC 3339, UTC
		(JSON_VALUE(CONVERT(body USING utf8mb4), '$.at')) PERSISTENT;

CREATE TABLE IF NOT EXISTS audit_check (
	org_id BIGINT UNSIGNED NOT NULL PRIMARY KEY,
	checked_at DATETIME(6) NOT NULL,
	entries BIGINT UNSIGNED NOT NULL,
	bad_seq BIGINT UNSIGNED NOT NULL,		-- 0 = all fit together
	reason VARCHAR(120) NOT NULL
);
