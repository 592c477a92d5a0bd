/* What is not played yet: answers 500. */
#include "sandbox/sandbox_google_event.h"
#include "util/banned.h"

void
sandbox_google_list(struct sandbox_call *call)
{
	sandbox_google_fail(call, 500, "backendError", NULL);
}

void
sandbox_google_get(struct sandbox_call *call)
{
	sandbox_google_fail(call, 500, "backendError", NULL);
}

void
sandbox_google_instances(struct sandbox_call *call)
{
	sandbox_google_fail(call, 500, "backendError", NULL);
}

void
sandbox_google_insert(struct sandbox_call *call)
{
	sandbox_google_fail(call, 500, "backendError", NULL);
}

void
sandbox_google_import(struct sandbox_call *call)
{
	sandbox_google_fail(call, 500, "backendError", NULL);
}

void
sandbox_google_update(struct sandbox_call *call)
{
	sandbox_google_fail(call, 500, "backendError", NULL);
}

void
sandbox_google_patch(struct sandbox_call *call)
{
	sandbox_google_fail(call, 500, "backendError", NULL);
}

void
sandbox_google_delete(struct sandbox_call *call)
{
	sandbox_google_fail(call, 500, "backendError", NULL);
}

void
sandbox_google_move(struct sandbox_call *call)
{
	sandbox_google_fail(call, 500, "backendError", NULL);
}

void
sandbox_google_batch(struct sandbox_call *call)
{
	sandbox_google_fail(call, 500, "backendError", NULL);
}

void
sandbox_google_watch_events(struct sandbox_call *call)
{
	sandbox_google_fail(call, 500, "backendError", NULL);
}

void
sandbox_google_watch_calendars(struct sandbox_call *call)
{
	sandbox_google_fail(call, 500, "backendError", NULL);
}

void
sandbox_google_stop(struct sandbox_call *call)
{
	sandbox_google_fail(call, 500, "backendError", NULL);
}

void
sandbox_google_tell(struct sandbox *sb, const char *resource)
{
	(void)sb;
	(void)resource;
}

char *
sandbox_google_list_resource(struct pool *pool, const char *account)
{
	return pool_strdup(pool, account);
}

bool
sandbox_google_plant(struct sandbox *sb, const char *account,
    const char *calendar, const json_t *event, struct err *err)
{
	(void)sb;
	(void)account;
	(void)calendar;
	(void)event;
	(void)err;
	return true;
}

const struct sandbox_routes sandbox_page_routes = { .prefix = "/" };
