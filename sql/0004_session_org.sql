-- One person, several organisations: which they are, and moving the session from
-- one to another. Beside the views, as the other procedures of signing in.
DELIMITER //
-- The organisations of whoever holds the token in @hawser_secret.
CREATE OR REPLACE DEFINER = {owner} PROCEDURE {web}.session_orgs ()
READS SQL DATA SQL SECURITY DEFINER
BEGIN
	SELECT o.id, o.name FROM {db}.session s
	JOIN {db}.membership m ON m.user_id = s.user_id
	JOIN {db}.org o ON o.id = m.org_id
	WHERE s.token_hash = UNHEX(SHA2(@hawser_secret, 256))
	AND s.expires_at > UTC_TIMESTAMP(6)
	ORDER BY o.name, o.id LIMIT 200;
END //

-- The session of the old token goes on in another organisation under a new
-- token and a new secret; its life is not prolonged. One row: done.
CREATE OR REPLACE DEFINER = {owner} PROCEDURE {web}.session_move (
	IN p_old_token VARBINARY(64), IN p_org BIGINT UNSIGNED,
	IN p_token_hash BINARY(32), IN p_csrf BINARY(32))
MODIFIES SQL DATA SQL SECURITY DEFINER
BEGIN
	UPDATE {db}.session s SET s.token_hash = p_token_hash, s.org_id = p_org,
		s.csrf = p_csrf
	WHERE s.token_hash = UNHEX(SHA2(p_old_token, 256))
	AND s.expires_at > UTC_TIMESTAMP(6)
	AND EXISTS (SELECT 1 FROM {db}.membership m
		JOIN {db}.user u ON u.id = m.user_id AND u.disabled_at IS NULL
		WHERE m.org_id = p_org AND m.user_id = s.user_id);
	SELECT s.user_id, s.org_id FROM {db}.session s
	WHERE s.token_hash = p_token_hash;
END //
DELIMITER ;
