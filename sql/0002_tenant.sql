-- Who is asking: the tenant of a database session, and what must be known
-- before there is one. Everything here runs as the owner of the views; the
-- procedures lie beside the views, for the accounts of the web.

-- The organisation of the session token in @hawser_secret. The form matters:
-- DETERMINISTIC, so that a view's filter is a constant of the plan; a cursor,
-- for SELECT ... INTO would spoil the affected rows of arrays and a DEFAULT
-- (SELECT ...) would lock the row until commit. No session is an error, not an
-- empty answer.
DELIMITER //
CREATE OR REPLACE DEFINER = {owner} FUNCTION tenant () RETURNS BIGINT UNSIGNED
DETERMINISTIC READS SQL DATA SQL SECURITY DEFINER
BEGIN
	DECLARE found BIGINT UNSIGNED DEFAULT NULL;
	DECLARE c CURSOR FOR SELECT org_id FROM session
		WHERE token_hash = UNHEX(SHA2(@hawser_secret, 256))
		AND expires_at > UTC_TIMESTAMP(6);
	DECLARE CONTINUE HANDLER FOR NOT FOUND SET found = NULL;
	OPEN c;
	FETCH c INTO found;
	CLOSE c;
	IF found IS NULL THEN
		SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no tenant';
	END IF;
	RETURN found;
END //

-- Counts a try for the e-mail and the address before anything is compared, and
-- answers how to hash the password: no setting for an unknown user. wait_secs
-- over 0: too many tries.
CREATE OR REPLACE DEFINER = {owner} PROCEDURE {web}.login_begin (
	IN p_email_key VARBINARY(254), IN p_address VARBINARY(64),
	IN p_email_most INT UNSIGNED, IN p_address_most INT UNSIGNED,
	IN p_window_secs INT UNSIGNED)
MODIFIES SQL DATA SQL SECURITY DEFINER
BEGIN
	DECLARE v_now DATETIME(6) DEFAULT UTC_TIMESTAMP(6);
	DECLARE v_start DATETIME(6) DEFAULT v_now - INTERVAL p_window_secs SECOND;
	INSERT INTO {db}.login_throttle (throttle_key, failures, window_start)
	VALUES (UNHEX(SHA2(CONCAT('address:', p_address), 256)), 1, v_now)
	ON DUPLICATE KEY UPDATE
		failures = IF(window_start <= v_start, 1, failures + 1),
		window_start = IF(window_start <= v_start, v_now, window_start);
	INSERT INTO {db}.login_throttle (throttle_key, failures, window_start)
	VALUES (UNHEX(SHA2(CONCAT('email:', p_email_key), 256)), 1, v_now)
	ON DUPLICATE KEY UPDATE
		failures = IF(window_start <= v_start, 1, failures + 1),
		window_start = IF(window_start <= v_start, v_now, window_start);
	SELECT COALESCE((SELECT MAX(GREATEST(1, TIMESTAMPDIFF(SECOND, v_now,
			t.window_start + INTERVAL p_window_secs SECOND)))
		FROM {db}.login_throttle t
		WHERE (t.throttle_key = UNHEX(SHA2(CONCAT('address:', p_address), 256))
			AND t.failures > p_address_most)
		OR (t.throttle_key = UNHEX(SHA2(CONCAT('email:', p_email_key), 256))
			AND t.failures > p_email_most)), 0) AS wait_secs,
		(SELECT SUBSTRING(u.password_hash, 1, LENGTH(u.password_hash)
			- LOCATE('$', REVERSE(u.password_hash)))
		FROM {db}.user u WHERE u.email_key = p_email_key) AS setting;
END //

-- The second half: the hash that the password gave. The web account never sees
-- a stored hash, and no SQL alone opens a session.
CREATE OR REPLACE DEFINER = {owner} PROCEDURE {web}.login_finish (
	IN p_email_key VARBINARY(254), IN p_address VARBINARY(64),
	IN p_answer VARBINARY(255), IN p_token_hash BINARY(32),
	IN p_csrf BINARY(32), IN p_hours INT UNSIGNED,
	IN p_email_most INT UNSIGNED)
MODIFIES SQL DATA SQL SECURITY DEFINER
BEGIN
	DECLARE v_user BIGINT UNSIGNED DEFAULT NULL;
	DECLARE v_org BIGINT UNSIGNED DEFAULT NULL;
	DECLARE v_now DATETIME(6) DEFAULT UTC_TIMESTAMP(6);
	DECLARE c CURSOR FOR SELECT u.id, m.org_id FROM {db}.user u
		JOIN {db}.membership m ON m.user_id = u.id
		WHERE u.email_key = p_email_key AND u.password_hash = p_answer
		AND u.disabled_at IS NULL
		AND NOT EXISTS (SELECT 1 FROM {db}.login_throttle t
			WHERE t.throttle_key = UNHEX(SHA2(CONCAT('email:', p_email_key), 256))
			AND t.failures > p_email_most)
		ORDER BY m.created_at, m.org_id LIMIT 1;
	DECLARE CONTINUE HANDLER FOR NOT FOUND SET v_user = NULL;
	OPEN c;
	FETCH c INTO v_user, v_org;
	CLOSE c;
	IF v_user IS NOT NULL THEN
		DELETE FROM {db}.login_throttle WHERE throttle_key =
			UNHEX(SHA2(CONCAT('email:', p_email_key), 256));
		UPDATE {db}.login_throttle SET failures = failures - 1
			WHERE throttle_key = UNHEX(SHA2(CONCAT('address:', p_address), 256))
			AND failures > 0;
		INSERT INTO {db}.session (token_hash, org_id, user_id, csrf,
			created_at, seen_at, expires_at)
		VALUES (p_token_hash, v_org, v_user, p_csrf, v_now, v_now,
			v_now + INTERVAL p_hours HOUR);
	END IF;
	SELECT v_user AS user_id, v_org AS org_id FROM {db}.one
		WHERE v_user IS NOT NULL;
END //

-- Who holds the token in @hawser_secret, with the membership as it is now. An
-- idle session ends here; seen_at moves at most once a minute.
CREATE OR REPLACE DEFINER = {owner} PROCEDURE {web}.session_find (
	IN p_idle_secs INT UNSIGNED)
MODIFIES SQL DATA SQL SECURITY DEFINER
BEGIN
	DECLARE v_key BINARY(32) DEFAULT UNHEX(SHA2(@hawser_secret, 256));
	DECLARE v_now DATETIME(6) DEFAULT UTC_TIMESTAMP(6);
	DECLARE v_seen DATETIME(6) DEFAULT NULL;
	DECLARE c CURSOR FOR SELECT seen_at FROM {db}.session
		WHERE token_hash = v_key;
	DECLARE CONTINUE HANDLER FOR NOT FOUND SET v_seen = NULL;
	OPEN c;
	FETCH c INTO v_seen;
	CLOSE c;
	IF v_seen < v_now - INTERVAL p_idle_secs SECOND THEN
		DELETE FROM {db}.session WHERE token_hash = v_key;
	ELSEIF v_seen < v_now - INTERVAL 60 SECOND THEN
		UPDATE {db}.session SET seen_at = v_now
			WHERE token_hash = v_key AND expires_at > v_now;
	END IF;
	SELECT s.user_id, s.org_id, m.role, s.csrf, u.email, u.name, u.time_zone,
		o.name AS org_name, s.created_at, s.expires_at
	FROM {db}.session s
	JOIN {db}.membership m ON m.org_id = s.org_id AND m.user_id = s.user_id
	JOIN {db}.user u ON u.id = s.user_id AND u.disabled_at IS NULL
	JOIN {db}.org o ON o.id = s.org_id
	WHERE s.token_hash = v_key AND s.expires_at > v_now;
END //

-- Ends the session whose token is in @hawser_secret.
CREATE OR REPLACE DEFINER = {owner} PROCEDURE {web}.session_end ()
MODIFIES SQL DATA SQL SECURITY DEFINER
BEGIN
	DELETE FROM {db}.session
		WHERE token_hash = UNHEX(SHA2(@hawser_secret, 256));
END //
DELIMITER ;
