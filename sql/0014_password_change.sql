-- A person changes the own password: the old one is compared as in signing in.
DELIMITER //
-- Of whoever holds the token in @hawser_secret; all sessions of the person end.
-- One row: done.
CREATE OR REPLACE DEFINER = {owner} PROCEDURE {web}.password_change (
	IN p_address VARBINARY(64), IN p_answer VARBINARY(255),
	IN p_hash VARBINARY(255), IN p_email_most INT UNSIGNED)
MODIFIES SQL DATA SQL SECURITY DEFINER
BEGIN
	DECLARE v_token BINARY(32) DEFAULT UNHEX(SHA2(@hawser_secret, 256));
	DECLARE v_user BIGINT UNSIGNED DEFAULT NULL;
	DECLARE v_email BINARY(32) DEFAULT NULL;
	DECLARE c CURSOR FOR SELECT u.id,
		UNHEX(SHA2(CONCAT('email:', u.email_key), 256))
		FROM {db}.session s JOIN {db}.user u ON u.id = s.user_id
		WHERE s.token_hash = v_token AND s.expires_at > UTC_TIMESTAMP(6)
		AND u.password_hash = p_answer AND u.disabled_at IS NULL
		AND NOT EXISTS (SELECT 1 FROM {db}.login_throttle t
			WHERE t.throttle_key = UNHEX(SHA2(CONCAT('email:', u.email_key), 256))
			AND t.failures > p_email_most);
	DECLARE CONTINUE HANDLER FOR NOT FOUND SET v_user = NULL;
	OPEN c;
	FETCH c INTO v_user, v_email;
	CLOSE c;
	IF v_user IS NOT NULL THEN
		UPDATE {db}.user SET password_hash = p_hash WHERE id = v_user;
		DELETE FROM {db}.session WHERE user_id = v_user;
		DELETE FROM {db}.login_throttle WHERE throttle_key = v_email;
		UPDATE {db}.login_throttle SET failures = failures - 1
			WHERE throttle_key = UNHEX(SHA2(CONCAT('address:', p_address), 256))
			AND failures > 0;
	END IF;
	SELECT v_user AS user_id FROM {db}.one WHERE v_user IS NOT NULL;
END //
DELIMITER ;
