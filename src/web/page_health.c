/* For load balancers and operators: alive, and ready to work. */
#include "store/db.h"
#include "web/page.h"
#include "util/banned.h"

static bool
say(struct web *web, int status, const char *line)
{
	web->reply->status = status;
	web->reply->type = "text/plain; charset=utf-8";
	str_add(&web->reply->body, line);
	return true;
}

bool
page_health_alive(struct web *web, struct err *err)
{
	(void)err;
	return say(web, 200, "ok\n");
}

/* The reason stays in the log: this is open to everybody. */
bool
page_health_ready(struct web *web, struct err *err)
{
	struct err down = { 0 };

	(void)err;
	if (!web_database(web, &down) || !db_ping(web->db, &down)) {
		reply_header(web->reply, "Retry-After", "5");
		return say(web, 503, "The database is not reachable.\n");
	}
	return say(web, 200, "ready\n");
}
