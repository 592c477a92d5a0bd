#ifndef HAWSER_PROVIDERS_CALDAV_WRITE_H
#define HAWSER_PROVIDERS_CALDAV_WRITE_H
/* One write under way, shared by caldav_push.c and caldav_verdict.c alone. */
#include "providers/caldav_p.h"

enum caldav_phase {
	CALDAV_DECIDED,			/* result is complete */
	CALDAV_READY,			/* to be sent */
	CALDAV_ACCEPTED,		/* read it again */
	CALDAV_EXISTS,			/* precondition failed: read it */
	CALDAV_UNKNOWN,			/* no telling: read it back */
};

struct caldav_put {
	const struct provider_write *write;
	struct provider_written *result;
	enum caldav_phase phase;
	const char *id;			/* remote id */
	char *url;
	const char *body;		/* NULL for remove */
	size_t body_len;
	const char *if_match;		/* NULL = none */
	const char *etag;		/* of the answer, strong ones only */
};

/* What the answer to a PUT or DELETE means. */
void caldav_verdict(const struct provider_session *session,
    struct pool *pool, struct caldav_put *put,
    const struct http_response *response);
/* What reading it again says; found NULL = it could not be read. */
void caldav_verdict_read(struct pool *pool, struct caldav_put *put,
    const struct provider_item *found, const struct err *why);
bool caldav_verdict_is_strong(const char *etag);
#endif
