#ifndef HAWSER_VAULT_VAULT_FILE_H
#define HAWSER_VAULT_VAULT_FILE_H
/*
 * Changes the key file: a line more, a line less. The new file is written beside
 * the old one, synced and put in its place, with its owner and mode; whoever
 * reads meanwhile sees the one or the other, and after a crash one of them is
 * there. Between lock and unlock nobody else on this machine changes it.
 */
#include "vault/vault.h"

struct vault_file;

/* Waits for whoever changes it. */
ERR_CHECKED bool vault_file_lock(struct pool *pool, const char *kek_file,
    struct vault_file **out, struct err *err);
void vault_file_unlock(struct vault_file *f);
/* A fresh key as the last line. */
ERR_CHECKED bool vault_file_add(struct vault_file *f,
    uint8_t id_out[VAULT_KEK_ID_BYTES], struct err *err);
/* ERR_CONFLICT: it is the only one. */
ERR_CHECKED bool vault_file_remove(struct vault_file *f,
    const uint8_t id[VAULT_KEK_ID_BYTES], struct err *err);
#endif
