#ifndef HAWSER_STORE_STMT_P_H
#define HAWSER_STORE_STMT_P_H
/* Prepared statements from inside: stmt (verbs, handles), stmt_bind (values
 * in), stmt_row (rows out). */
#include "store/db_p.h"
#include "store/stmt.h"

#define STMT_ARRAY_MOST_ROWS 2000
/* Well below the server's usual max_allowed_packet of 16 MiB. */
#define STMT_ARRAY_MOST_BYTES (4u << 20)

struct stmt_slot {
	union {
		int64_t i64;
		uint64_t u64;
		MYSQL_TIME time;
		uint8_t bytes[DIGEST_BYTES];
	} v;
	unsigned long len;
	my_bool is_null, is_cut;
};

struct stmt {
	const char *sql;		/* the literal's address is the key */
	MYSQL_STMT *handle;		/* NULL = not prepared on this connection */
	size_t param_count, field_count;
	MYSQL_BIND *params;
	struct stmt_slot *param_slots;
	MYSQL_BIND *results;
	struct stmt_slot *slots;
	const struct stmt_col *cols, *head;	/* what the map was made for, */
	unsigned made_for;		/* and of how many fields */
	size_t *col_fields;		/* field of each column; then the head's */
};

/* Executes once; rows, if any, wait to be fetched. Ends with stmt_finish. */
ERR_CHECKED bool stmt_run(struct db *db, const char *sql,
    struct stmt_args args, struct stmt **out, struct err *err);
ERR_CHECKED bool stmt_prepare(struct db *db, const char *sql,
    struct stmt **out, struct err *err);
bool stmt_fail(struct db *db, struct stmt *st, struct err *err);
/* Reads away what is left, further results of a procedure included. */
void stmt_finish(struct stmt *st);

/* stmt_bind.c */
ERR_CHECKED bool stmt_bind_args(struct db *db, struct stmt *st,
    struct stmt_args args, struct err *err);
void stmt_time_from_when(when_t t, MYSQL_TIME *out);

/* stmt_row.c */
ERR_CHECKED bool stmt_bind_row(struct db *db, struct stmt *st,
    const struct stmt_col *cols, struct err *err);
/* With the columns of a second struct, NULL = none, for stmt_head. */
ERR_CHECKED bool stmt_bind_rows(struct db *db, struct stmt *st,
    const struct stmt_col *cols, const struct stmt_col *head, struct err *err);
/* 1 a row, 0 no more, -1 failed. */
ERR_CHECKED int stmt_next_row(struct db *db, struct stmt *st,
    struct pool *pool, const struct stmt_col *cols, void *row_out,
    struct err *err);
/* The second struct out of the row that stmt_next_row has just given. */
ERR_CHECKED bool stmt_head(struct db *db, struct stmt *st, struct pool *pool,
    void *head_out, struct err *err);
#endif
