-- The same people and connections as Hawser keeps them: 1,000 organisations of
-- one person, 10,000 connections with a calendar each, twenty runs each.
SET @hawser_quiet = 0, foreign_key_checks = 0, unique_checks = 0;
INSERT INTO org (id, name, created_at) SELECT seq, CONCAT('Praxis Müller & Söhne <', seq, '>'), UTC_TIMESTAMP(6) FROM seq_1_to_1000;
INSERT INTO user (id, email, email_key, name, password_hash, time_zone, created_at)
SELECT seq, CONCAT('user', seq, '@example.com'), CONCAT('user', seq, '@example.com'), CONCAT('Zoë "Z" Nutzer ', seq), '*', 'Europe/Berlin', UTC_TIMESTAMP(6) FROM seq_1_to_1000;
INSERT INTO membership SELECT seq, seq, 3, UTC_TIMESTAMP(6) FROM seq_1_to_1000;
INSERT INTO session (token_hash, org_id, user_id, csrf, created_at, seen_at, expires_at)
SELECT UNHEX(SHA2(UNHEX(SHA2(CONCAT('bench ', seq), 256)), 256)), seq, seq, UNHEX(SHA2(seq, 256)),
	UTC_TIMESTAMP(6), UTC_TIMESTAMP(6), '2099-01-01' FROM seq_1_to_1000;
INSERT INTO connection (org_id, id, user_id, provider, name, account, login, base_url, state, last_started_at, last_ok_at, last_run_id, created_at)
SELECT (seq - 1) DIV 10 + 1, seq, (seq - 1) DIV 10 + 1, 'caldav', CONCAT('Kalender "', seq, '" <Büro & Reise>'),
	CONCAT('konto', seq, '@example.com'), CONCAT('konto', seq), 'https://dav.example.com/', IF(seq % 3 = 2, 2, 1),
	UTC_TIMESTAMP(6), UTC_TIMESTAMP(6), 190000 + seq, UTC_TIMESTAMP(6) FROM seq_1_to_10000;
INSERT INTO calendar (org_id, id, user_id, name, color, created_at)
SELECT org_id, id, user_id, name, '#0b5f85', UTC_TIMESTAMP(6) FROM connection;
INSERT INTO collection (org_id, id, connection_id, remote_key, remote_id, name, created_at)
SELECT org_id, id, id, UNHEX(SHA2(id, 256)), CONCAT('/', id, '/'), name, UTC_TIMESTAMP(6) FROM connection;
INSERT INTO sync_run (org_id, id, connection_id, cause, state, started_at, finished_at, planned, done, count_in, count_out)
SELECT c.org_id, (r.seq - 1) * 10000 + c.id, c.id, 1, 3, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6), 9, 9, c.id % 50, (c.id * r.seq) % 90
FROM seq_1_to_20 r JOIN connection c ORDER BY r.seq, c.id;
INSERT INTO event (org_id, calendar_id, uid, summary, start_wall, end_wall, expanded_rev)
SELECT c.org_id, c.id, CONCAT(c.id, '-', r.seq), 'Termin', '2026-11-20 09:00:00', '2026-11-20 10:00:00', 1
FROM seq_1_to_3 r JOIN connection c;
INSERT INTO binding (org_id, id, calendar_id, collection_id, connection_id, direction, policy, created_at)
SELECT org_id, id, id, id, id, 1, 1, UTC_TIMESTAMP(6) FROM calendar;
INSERT INTO link (org_id, binding_id, event_id, remote_key, remote_id, base, local_hash, remote_hash, synced_rev, synced_at)
SELECT org_id, calendar_id, id, UNHEX(SHA2(id, 256)), CONCAT(id, '.ics'), '', UNHEX(SHA2(id, 256)), UNHEX(SHA2(id, 256)), 1, UTC_TIMESTAMP(6) FROM event;
UPDATE connection SET event_count = 3;
DELETE FROM pending;
DELETE FROM job;
INSERT INTO job (org_id, connection_id, kind, due, wanted_at)
SELECT org_id, id, 1, UTC_TIMESTAMP(6) + INTERVAL 600 + id % 300 SECOND, UTC_TIMESTAMP(6) FROM connection WHERE state = 1;
