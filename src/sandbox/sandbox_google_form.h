#ifndef HAWSER_SANDBOX_SANDBOX_GOOGLE_FORM_H
#define HAWSER_SANDBOX_SANDBOX_GOOGLE_FORM_H
/* Changing an event by hand: the form, saving, deleting. */
#include "sandbox/sandbox_google_event.h"

void sandbox_google_form_show(struct sandbox_call *call);
void sandbox_google_form_save(struct sandbox_call *call);
void sandbox_google_form_delete(struct sandbox_call *call);

/* ---- sandbox_google_page.c ---- */
struct sandbox_google_where sandbox_google_form_where(struct sandbox_call *call);
char *sandbox_google_form_href(struct pool *pool, const char *path,
    const struct sandbox_google_where *at, const char *id);
#endif
