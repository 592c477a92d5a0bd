#ifndef HAWSER_VAULT_VAULT_P_H
#define HAWSER_VAULT_VAULT_P_H
/* Shared by vault.c, which reads the key file, and vault_file.c, which changes
 * it. */
#include "vault/vault.h"

#define VAULT_KEY_BYTES 32
#define VAULT_KEY_TEXT_BYTES 43		/* of base64url */
#define VAULT_MOST_KEKS 16

struct stat;

/* The whole file, its mode checked. */
ERR_CHECKED bool vault_read_file(struct pool *pool, const char *kek_file,
    struct secret **out, struct stat *st_out, struct err *err);
/* One line: false when it is no key. */
ERR_CHECKED bool vault_line(struct pool *pool, const char *line, size_t len,
    uint8_t id_out[VAULT_KEK_ID_BYTES], struct secret **out);
#endif
