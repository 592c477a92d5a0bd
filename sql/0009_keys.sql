-- The keys of the key file, by their ids; the bytes are never here. What wraps a
-- key of an organisation stands here too, so one that is still needed cannot
-- be dropped: the foreign key says no, whoever asks.
CREATE TABLE kek (
	id VARBINARY(16) NOT NULL,
	state TINYINT UNSIGNED NOT NULL,		-- 1 next 2 active 3 decrypt-only
	created_at DATETIME(6) NOT NULL,
	PRIMARY KEY (id)
);
-- The one that wrapped last wraps on.
INSERT INTO kek (id, state, created_at)
SELECT d.kek_id, IF(d.kek_id = (SELECT l.kek_id FROM data_key l
	ORDER BY l.id DESC LIMIT 1), 2, 3), MIN(d.created_at)
FROM data_key d GROUP BY d.kek_id;
ALTER TABLE data_key
	ADD CONSTRAINT data_key_kek FOREIGN KEY IF NOT EXISTS
	data_key_kek (kek_id) REFERENCES kek (id);
-- The first key of all makes its own entry: there is nobody yet to choose.
DELIMITER //
CREATE OR REPLACE DEFINER = {owner} TRIGGER data_key_before_insert
BEFORE INSERT ON data_key FOR EACH ROW
BEGIN
	IF NOT EXISTS (SELECT 1 FROM kek) THEN
		INSERT IGNORE INTO kek (id, state, created_at)
		VALUES (NEW.kek_id, 2, UTC_TIMESTAMP(6));
	END IF;
END //
DELIMITER ;
