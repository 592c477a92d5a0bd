#ifndef HAWSER_SANDBOX_SANDBOX_LEDGER_H
#define HAWSER_SANDBOX_SANDBOX_LEDGER_H
/* Each accepted write, numbered from 1: what tests hold programs against. */
#include "sandbox/sandbox.h"

/* entry is taken over; seq and at are added. */
void sandbox_ledger_add(struct sandbox *sb, json_t *entry);
/* Those behind a number; the caller's. */
json_t *sandbox_ledger_list(const struct sandbox *sb, json_int_t after);
#endif
