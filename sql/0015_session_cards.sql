-- session_enter for the pages that show cards: the cards that this person may
-- see come with it, in the same round trip, a row each; who_* are the same in
-- all. Nobody connected anything: one row without id. Two procedures, for the
-- other pages pay nothing for cards. By the primary key, which is their order
-- and has the whole row.
DELIMITER //
CREATE OR REPLACE DEFINER = {owner} PROCEDURE {web}.session_cards (
	IN p_token VARBINARY(256), IN p_idle_secs INT UNSIGNED)
READS SQL DATA SQL SECURITY DEFINER
BEGIN
	SET @hawser_secret = p_token;
	SELECT s.user_id AS who_user_id, s.org_id AS who_org_id,
		m.role AS who_role, s.csrf AS who_csrf, u.email AS who_email,
		u.name AS who_name, u.time_zone AS who_time_zone,
		o.name AS who_org_name, o.open_conflicts AS who_open_conflicts,
		o.providers_off AS who_providers_off,
		EXISTS (SELECT 1 FROM {db}.pending p WHERE p.org_id = s.org_id)
			AS who_may_wait,
		s.created_at AS who_created_at, s.expires_at AS who_expires_at,
		s.seen_at < UTC_TIMESTAMP(6) - INTERVAL 60 SECOND AS who_stale,
		c.id, c.user_id, c.provider, c.name, c.account, c.base_url,
		c.state, c.state_reason, c.wait_until, c.last_ok_at,
		c.open_run_id, j.due AS next_due, c.held_run_id,
		c.calendar_count AS bindings, c.event_count AS events,
		c.aside_count AS set_aside
	FROM {db}.session s
	JOIN {db}.membership m ON m.org_id = s.org_id AND m.user_id = s.user_id
	JOIN {db}.user u ON u.id = s.user_id AND u.disabled_at IS NULL
	JOIN {db}.org o ON o.id = s.org_id
	LEFT JOIN ({db}.connection c FORCE INDEX (PRIMARY)
		LEFT JOIN {db}.job j ON j.org_id = c.org_id
			AND j.connection_id = c.id AND j.kind = 1)
		ON c.org_id = s.org_id AND (m.role > 1 OR c.user_id = s.user_id)
	WHERE s.token_hash = UNHEX(SHA2(p_token, 256))
		AND s.expires_at > UTC_TIMESTAMP(6)
		AND s.seen_at >= UTC_TIMESTAMP(6) - INTERVAL p_idle_secs SECOND;
END //
DELIMITER ;
