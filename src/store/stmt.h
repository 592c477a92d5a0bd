#ifndef HAWSER_STORE_STMT_H
#define HAWSER_STORE_STMT_H
/*
 * Prepared statements with typed binds, and rows to structs. The SQL is a
 * "static const char NAME[]" literal at the top of its file (t/lint checks);
 * the handle is prepared once per connection and kept.
 *
 *	static const char FIND[] = "SELECT id, name FROM org WHERE org_id = ?";
 *	static const struct stmt_col COLS[] = {
 *		STMT_COL(struct org, id), STMT_COL(struct org, name), STMT_END };
 *	int n = stmt_find(db, pool, FIND, STMT_ARGS(STMT_U64(org)), COLS, &o, err);
 *
 * Text and blobs are fetched by length into the pool: nothing is truncated
 * silently. NULL becomes NULL / 0 / WHEN_NONE.
 */
#include <stddef.h>
#include <stdint.h>
#include "store/db.h"
#include "util/digest.h"
#include "util/when.h"

struct stmt_blob { const void *data; size_t len; };	/* data NULL = SQL NULL */

/* DATETIME columns travel as when_t; SQL NULL is WHEN_NONE. */

enum stmt_type {
	STMT_T_NULL, STMT_T_U64, STMT_T_I64, STMT_T_TEXT, STMT_T_BLOB,
	STMT_T_TIME, STMT_T_WALL, STMT_T_BOOL, STMT_T_INT, STMT_T_DIGEST,
};

struct stmt_arg {
	enum stmt_type type;
	union {
		uint64_t u64;
		int64_t i64;
		const char *text;
		struct stmt_blob blob;
	} v;
};

struct stmt_args { const struct stmt_arg *items; size_t count; };

#define STMT_U64(x)   ((struct stmt_arg){ STMT_T_U64, { .u64 = (x) } })
#define STMT_I64(x)   ((struct stmt_arg){ STMT_T_I64, { .i64 = (x) } })
/* NULL text is SQL NULL. */
#define STMT_TEXT(x)  ((struct stmt_arg){ STMT_T_TEXT, { .text = (x) } })
#define STMT_BLOB(p, n) ((struct stmt_arg){ STMT_T_BLOB, { .blob = { (p), (n) } } })
#define STMT_DIGEST(d) STMT_BLOB((d)->bytes, DIGEST_BYTES)
#define STMT_TIME(x)  ((struct stmt_arg){ STMT_T_TIME, { .i64 = (x) } })
#define STMT_NULL     ((struct stmt_arg){ STMT_T_NULL, { 0 } })
/* 0 is SQL NULL: for optional ids. */
#define STMT_ID(x)    ((x) ? STMT_U64(x) : STMT_NULL)
/* Wall time (DATETIME without a zone); NULL pointer or year 0 is SQL NULL. */
struct stmt_arg stmt_wall(const struct wall *w);
#define STMT_WALL(w)  stmt_wall(w)
#define STMT_ARGS(...) ((struct stmt_args){ (const struct stmt_arg[]){ __VA_ARGS__ }, \
    sizeof((const struct stmt_arg[]){ __VA_ARGS__ }) / sizeof(struct stmt_arg) })
/* For LIKE ? ESCAPE '|': the text anywhere, its own %, _ and | taken as such. */
const char *stmt_like(struct pool *pool, const char *text);
#define STMT_NO_ARGS ((struct stmt_args){ NULL, 0 })

struct stmt_col { const char *name; enum stmt_type type; size_t offset; };

/* Type by the member's C type, checked at compile time. int64_t is when_t
 * (DATETIME); a signed number column uses int. */
#define STMT_TYPE(member) _Generic((member), \
	uint64_t: STMT_T_U64, int64_t: STMT_T_TIME, int: STMT_T_INT, \
	bool: STMT_T_BOOL, char *: STMT_T_TEXT, const char *: STMT_T_TEXT, \
	struct stmt_blob: STMT_T_BLOB, struct wall: STMT_T_WALL, \
	struct digest: STMT_T_DIGEST)
#define STMT_COL(s, m) { #m, STMT_TYPE(((s *)0)->m), offsetof(s, m) }
/* Of a struct inside: column m is member s.part.m. */
#define STMT_COL_IN(s, part, m) \
	{ #m, STMT_TYPE(((s *)0)->part.m), offsetof(s, part.m) }
#define STMT_END { NULL, STMT_T_NULL, 0 }

/* affected_out may be NULL: rows matched by UPDATE and DELETE, rows inserted. */
ERR_CHECKED bool stmt_exec(struct db *db, const char *sql,
    struct stmt_args args, uint64_t *affected_out, struct err *err);
ERR_CHECKED bool stmt_insert(struct db *db, const char *sql,
    struct stmt_args args, uint64_t *id_out, struct err *err);
/* An UPDATE that says LAST_INSERT_ID(...): that number, if a row matched. */
ERR_CHECKED bool stmt_update_id(struct db *db, const char *sql,
    struct stmt_args args, uint64_t *affected_out, uint64_t *id_out,
    struct err *err);
/* Exactly one row must match, else ERR_CONFLICT with what_msg. */
ERR_CHECKED bool stmt_exec_one(struct db *db, const char *sql,
    struct stmt_args args, const char *what_msg, struct err *err);

/* Places of a list, as part of a literal. */
#define STMT_Q10 "?,?,?,?,?,?,?,?,?,?"
#define STMT_Q100 STMT_Q10 "," STMT_Q10 "," STMT_Q10 "," STMT_Q10 "," \
	STMT_Q10 "," STMT_Q10 "," STMT_Q10 "," STMT_Q10 "," STMT_Q10 "," \
	STMT_Q10
#define STMT_Q500 STMT_Q100 "," STMT_Q100 "," STMT_Q100 "," STMT_Q100 "," \
	STMT_Q100

/* The first row into *row_out: 1, 0 (none), -1 (error). */
ERR_CHECKED int stmt_find(struct db *db, struct pool *pool, const char *sql,
    struct stmt_args args, const struct stmt_col *cols, void *row_out,
    struct err *err);
/* All rows as an array of row_bytes each. */
ERR_CHECKED bool stmt_list(struct db *db, struct pool *pool, const char *sql,
    struct stmt_args args, const struct stmt_col *cols, size_t row_bytes,
    void *rows_out /* T ** */, size_t *count_out, struct err *err);
/* The same, where every row says the same of its head, which is taken from the
 * first; no row leaves *head_out alone. */
ERR_CHECKED bool stmt_list_headed(struct db *db, struct pool *pool,
    const char *sql, struct stmt_args args, const struct stmt_col *head,
    void *head_out, const struct stmt_col *cols, size_t row_bytes,
    void *rows_out /* T ** */, size_t *count_out, struct err *err);
/* One number; NULL and no row give 0. */
ERR_CHECKED bool stmt_count(struct db *db, const char *sql,
    struct stmt_args args, uint64_t *out, struct err *err);

/*
 * Array binding: rows x columns arguments, row after row, same types in a
 * column (NULL allowed), at most 2,000 rows an execute (split here). Inside a
 * transaction only: a failing array UPDATE leaves part. Affected rows are not
 * offered, they are wrong where triggers exist.
 */
ERR_CHECKED bool stmt_exec_array(struct db *db, const char *sql,
    const struct stmt_arg *cells, size_t rows, size_t columns, struct err *err);
/* The same for an INSERT ... RETURNING id: ids_out gets rows ids in order. */
ERR_CHECKED bool stmt_insert_array(struct db *db, const char *sql,
    const struct stmt_arg *cells, size_t rows, size_t columns,
    uint64_t *ids_out, struct err *err);
#endif
