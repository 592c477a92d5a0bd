-- The two databases and the five accounts, made once by the database's own
-- administrator; `hawser migrate` does everything else.
--
-- Say first what differs from the defaults, then read this file, for example
--
--	SET @hawser_db = 'hawser', @hawser_host = 'localhost';
--	SET @hawser_web_password = '...', @hawser_hooks_password = '...',
--	    @hawser_sync_password = '...', @hawser_admin_password = '...';
--	SOURCE sql/accounts.sql
--
-- The accounts are NAME_web (pages: views only), NAME_hooks (pages that wait
-- for a provider: views and credentials), NAME_sync (hawser-sync: tables),
-- NAME_admin (hawser migrate, the operator) and NAME_owner, who owns the views,
-- the procedures and the triggers and can not log in. Running it again sets the
-- passwords and changes nothing else. Put passwords into a file of commands or
-- on standard input, never on a command line. NULL or no password: the account
-- logs in by the unix socket as the system user of the same name.

SET @hawser_db = COALESCE(@hawser_db, 'hawser');
SET @hawser_host = COALESCE(@hawser_host, 'localhost');

DELIMITER //
CREATE OR REPLACE PROCEDURE mysql.hawser_account (IN suffix VARCHAR(16),
	IN password VARCHAR(255))
BEGIN
	SET @hawser_account = CONCAT('''', @hawser_db, '_', suffix, '''@''',
	    @hawser_host, '''');
	EXECUTE IMMEDIATE CONCAT('CREATE USER IF NOT EXISTS ', @hawser_account);
	EXECUTE IMMEDIATE CONCAT('ALTER USER ', @hawser_account,
	    IF(password IS NULL, ' IDENTIFIED VIA unix_socket',
	    CONCAT(' IDENTIFIED BY ', QUOTE(password))));
END //
DELIMITER ;

EXECUTE IMMEDIATE CONCAT('CREATE DATABASE IF NOT EXISTS `', @hawser_db,
    '` CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci');
EXECUTE IMMEDIATE CONCAT('CREATE DATABASE IF NOT EXISTS `', @hawser_db,
    '_web` CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci');

CALL mysql.hawser_account('web', @hawser_web_password);
CALL mysql.hawser_account('hooks', @hawser_hooks_password);
CALL mysql.hawser_account('sync', @hawser_sync_password);
CALL mysql.hawser_account('admin', @hawser_admin_password);
-- The administrator makes tables, views and procedures, hands out rights on
-- them and names the owner as the one they run as.
EXECUTE IMMEDIATE CONCAT('GRANT ALL PRIVILEGES ON `', @hawser_db, '`.* TO ',
    @hawser_account, ' WITH GRANT OPTION');
EXECUTE IMMEDIATE CONCAT('GRANT ALL PRIVILEGES ON `', @hawser_db, '_web`.* TO ',
    @hawser_account, ' WITH GRANT OPTION');
EXECUTE IMMEDIATE CONCAT('GRANT SET USER ON *.* TO ', @hawser_account);

SET @hawser_account = CONCAT('''', @hawser_db, '_owner''@''localhost''');
EXECUTE IMMEDIATE CONCAT('CREATE USER IF NOT EXISTS ', @hawser_account,
    ' ACCOUNT LOCK');
EXECUTE IMMEDIATE CONCAT('GRANT SELECT, INSERT, UPDATE, DELETE, TRIGGER, EXECUTE ',
    'ON `', @hawser_db, '`.* TO ', @hawser_account);

EXECUTE IMMEDIATE CONCAT('GRANT EXECUTE ON `', @hawser_db, '_web`.* TO ',
    @hawser_account);

DROP PROCEDURE mysql.hawser_account;
