#ifndef HAWSER_STORE_STORE_CREDENTIAL_P_H
#define HAWSER_STORE_STORE_CREDENTIAL_P_H
/* A sealed credential (s) with its data key (k), for whoever asks for one beside
 * other things; a key that was dropped is none. */
#include "store/stmt.h"

#define CREDENTIAL_SEALED_COLUMNS \
    "s.connection_id, s.key_id, s.field, s.envelope, s.updated_at, k.id, " \
    "k.uses, k.kek_id, k.wrapped, k.state, k.created_at"
#define CREDENTIAL_KEY_JOIN \
    "LEFT JOIN data_key k ON k.org_id = s.org_id AND k.id = s.key_id " \
    "AND k.state <> 3 "
/* Of a credential_row and a data_key_row inside the struct. */
#define CREDENTIAL_SEALED_COLS(type, row_, key_) \
	STMT_COL_IN(type, row_, connection_id), \
	STMT_COL_IN(type, row_, key_id), STMT_COL_IN(type, row_, field), \
	STMT_COL_IN(type, row_, envelope), STMT_COL_IN(type, row_, updated_at), \
	STMT_COL_IN(type, key_, id), STMT_COL_IN(type, key_, uses), \
	STMT_COL_IN(type, key_, kek_id), STMT_COL_IN(type, key_, wrapped), \
	STMT_COL_IN(type, key_, state), STMT_COL_IN(type, key_, created_at)
#endif
