-- The peers' own tables, in a database of their own beside Hawser's: the same
-- organisations, people, connections and runs, and no more than a page needs.
CREATE TABLE org (id INT UNSIGNED PRIMARY KEY, name VARCHAR(120) NOT NULL);
CREATE TABLE person (
	id INT UNSIGNED PRIMARY KEY, org_id INT UNSIGNED NOT NULL,
	email VARCHAR(254) NOT NULL, name VARCHAR(120) NOT NULL, KEY (org_id)
);
CREATE TABLE session (
	token_hash BINARY(32) PRIMARY KEY, person_id INT UNSIGNED NOT NULL,
	csrf CHAR(86) CHARACTER SET ascii NOT NULL, expires_at DATETIME NOT NULL
);
CREATE TABLE connection (
	id INT UNSIGNED PRIMARY KEY, org_id INT UNSIGNED NOT NULL,
	provider VARCHAR(32) NOT NULL, name VARCHAR(120) NOT NULL,
	account VARCHAR(254) NOT NULL, state VARCHAR(16) NOT NULL, KEY (org_id)
);
CREATE TABLE run (
	id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY,
	connection_id INT UNSIGNED NOT NULL, started_at DATETIME NOT NULL,
	state VARCHAR(16) NOT NULL, count_in INT NOT NULL, count_out INT NOT NULL,
	message VARCHAR(240) NOT NULL, KEY (connection_id, id)
);
INSERT INTO org SELECT seq, CONCAT('Praxis Müller & Söhne <', seq, '>') FROM seq_1_to_1000;
INSERT INTO person SELECT seq, seq, CONCAT('user', seq, '@example.com'), CONCAT('Zoë "Z" Nutzer ', seq) FROM seq_1_to_1000;
INSERT INTO session SELECT UNHEX(SHA2(UNHEX(SHA2(CONCAT('bench ', seq), 256)), 256)), seq,
	RPAD(MD5(seq), 86, 'a'), '2099-01-01' FROM seq_1_to_1000;
INSERT INTO connection SELECT seq, (seq - 1) DIV 10 + 1, 'caldav', CONCAT('Kalender "', seq, '" <Büro & Reise>'),
	CONCAT('konto', seq, '@example.com'), ELT(1 + seq % 3, 'ok', 'ok', 'off') FROM seq_1_to_10000;
INSERT INTO run (connection_id, started_at, state, count_in, count_out, message)
SELECT c.id, '2026-01-01' + INTERVAL (r.seq * 600 + c.id % 600) SECOND, IF((c.id + r.seq) % 9 = 0, 'failed', 'done'),
	c.id % 50, (c.id * r.seq) % 90, IF((c.id + r.seq) % 9 = 0, 'The server "said" 503 <busy> & asks for 30 s.', '')
FROM seq_1_to_20 r JOIN connection c ORDER BY r.seq, c.id;
ANALYZE TABLE org, person, session, connection, run;
