-- A person chooses the own time zone.
DELIMITER //
-- Of whoever holds the token in @hawser_secret; the name was looked up before.
-- One row: done.
CREATE OR REPLACE DEFINER = {owner} PROCEDURE {web}.time_zone_change (
	IN p_zone VARBINARY(64))
MODIFIES SQL DATA SQL SECURITY DEFINER
BEGIN
	DECLARE v_user BIGINT UNSIGNED DEFAULT (SELECT s.user_id
		FROM {db}.session s JOIN {db}.user u ON u.id = s.user_id
		WHERE s.token_hash = UNHEX(SHA2(@hawser_secret, 256))
		AND s.expires_at > UTC_TIMESTAMP(6) AND u.disabled_at IS NULL);
	UPDATE {db}.user SET time_zone = p_zone WHERE id = v_user;
	SELECT v_user AS user_id FROM {db}.one WHERE v_user IS NOT NULL;
END //
DELIMITER ;
