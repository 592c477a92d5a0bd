-- Who asked for work when it was no user; and how often a person may try an
-- account at a provider.
ALTER TABLE job ADD COLUMN IF NOT EXISTS
	cause TINYINT UNSIGNED NOT NULL DEFAULT 0 AFTER asked_by;	-- as in sync_run; 0 = schedule or change

DELIMITER //
-- Counts one more try of whoever holds the token in @hawser_secret, in this
-- organisation; over 0: too many, come back in so many seconds.
CREATE OR REPLACE DEFINER = {owner} PROCEDURE {web}.probe_begin (
	IN p_most INT UNSIGNED, IN p_window_secs INT UNSIGNED)
MODIFIES SQL DATA SQL SECURITY DEFINER
BEGIN
	DECLARE v_now DATETIME(6) DEFAULT UTC_TIMESTAMP(6);
	DECLARE v_start DATETIME(6) DEFAULT v_now - INTERVAL p_window_secs SECOND;
	DECLARE v_key BINARY(32) DEFAULT NULL;
	DECLARE c CURSOR FOR SELECT UNHEX(SHA2(CONCAT('probe:', s.org_id, ':',
		s.user_id), 256)) FROM {db}.session s
		WHERE s.token_hash = UNHEX(SHA2(@hawser_secret, 256))
		AND s.expires_at > v_now;
	DECLARE CONTINUE HANDLER FOR NOT FOUND SET v_key = NULL;
	OPEN c;
	FETCH c INTO v_key;
	CLOSE c;
	IF v_key IS NOT NULL THEN
		INSERT INTO {db}.login_throttle (throttle_key, failures, window_start)
		VALUES (v_key, 1, v_now)
		ON DUPLICATE KEY UPDATE
			failures = IF(window_start <= v_start, 1, failures + 1),
			window_start = IF(window_start <= v_start, v_now, window_start);
	END IF;
	SELECT COALESCE((SELECT GREATEST(1, TIMESTAMPDIFF(SECOND, v_now,
			t.window_start + INTERVAL p_window_secs SECOND))
		FROM {db}.login_throttle t
		WHERE t.throttle_key = v_key AND t.failures > p_most), 0) AS wait_secs
	FROM {db}.one WHERE v_key IS NOT NULL;
END //
DELIMITER ;
