#ifndef HAWSER_T_STORE_ROOT_H
#define HAWSER_T_STORE_ROOT_H
/* The private server's administrator, for what our accounts may not do: kill
 * connections, hold locks, look past the walls. */
#include <mysql.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "store/db_p.h"

static MYSQL *root_open(void)
{
	MYSQL *my = mysql_init(NULL);
	char socket[200];
	const char *dir = getenv("HAWSER_TEST_DIR");

	snprintf(socket, sizeof(socket), "%s/run/db.sock", dir ? dir : "");
	if (!mysql_real_connect(my, NULL, "root", NULL, "hawser", 0, socket, 0))
		die("root: %s (run this by t/lib/with-db)", mysql_error(my));
	return my;
}

__attribute__((unused))
static void root_run(MYSQL *my, const char *sql)
{
	MYSQL_RES *rows;

	if (mysql_query(my, sql) != 0)
		die("root: %s: %s", mysql_error(my), sql);
	rows = mysql_store_result(my);
	if (rows)
		mysql_free_result(rows);
}

__attribute__((unused))
static long long root_number(MYSQL *my, const char *sql)
{
	MYSQL_RES *rows;
	MYSQL_ROW row;
	long long number = -1;

	if (mysql_query(my, sql) != 0)
		die("root: %s: %s", mysql_error(my), sql);
	rows = mysql_store_result(my);
	row = mysql_fetch_row(rows);
	if (row && row[0])
		number = atoll(row[0]);
	mysql_free_result(rows);
	return number;
}

/* As a crash of the network does it; KILL returns before the thread is gone. */
__attribute__((unused))
static void root_kill(MYSQL *my, struct db *victim)
{
	unsigned long id = mysql_thread_id(victim->my);
	bool there = true;
	char sql[96];

	snprintf(sql, sizeof(sql), "KILL %lu", id);
	root_run(my, sql);
	snprintf(sql, sizeof(sql), "SELECT 1 FROM "
	    "information_schema.processlist WHERE id = %lu", id);
	while (there) {
		root_run(my, sql);
		MYSQL_RES *res = mysql_store_result(my);
		there = res && mysql_num_rows(res) > 0;
		mysql_free_result(res);
	}
}
#endif
