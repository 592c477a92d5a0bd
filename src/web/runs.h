#ifndef HAWSER_WEB_RUNS_H
#define HAWSER_WEB_RUNS_H
/* Runs as table rows, for a connection's page and for Activity. */
#include "store/store_run.h"
#include "views/tpl_runs.h"
#include "web/web.h"

/* names: of the connections, beside the runs; NULL = no such column. */
struct tpl_runs runs_table(struct web *web, const struct run_row *runs,
    const char *const *names, size_t count);
struct tpl_badge runs_badge(struct web *web, const struct run_row *run);
/* What a row of a plan does: "Updated here". */
const char *runs_kind_words(int kind);
#endif
