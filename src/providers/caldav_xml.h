#ifndef HAWSER_PROVIDERS_CALDAV_XML_H
#define HAWSER_PROVIDERS_CALDAV_XML_H
/*
 * Push parser for WebDAV answers (RFC 4918 14, 6578 6, 4791 9, 5397): bytes in
 * as they come, one call per D:response out, nothing kept in between. Names
 * are compared as (namespace, local name). Values count only inside a propstat
 * with a 2xx status. A DOCTYPE, an entity, a prefix that nobody declared, deep
 * nesting, an element that never ends, or anything but a whole multistatus or
 * D:error is refused.
 */
#include <stdbool.h>
#include <stddef.h>
#include "util/err.h"
#include "util/pool.h"

#define CALDAV_XML_DATA_BYTES (1024 * 1024 + 4096)
#define CALDAV_XML_HOMES 8
#define CALDAV_XML_RESPONSES 200000

enum caldav_text {
	CALDAV_ETAG, CALDAV_DATA, CALDAV_NAME, CALDAV_COLOR, CALDAV_CTAG,
	CALDAV_TOKEN, CALDAV_CONTENT_TYPE, CALDAV_PRINCIPAL, CALDAV_TEXTS
};
enum caldav_type {			/* D:resourcetype */
	CALDAV_IS_COLLECTION = 1 << 0, CALDAV_IS_CALENDAR = 1 << 1,
	CALDAV_IS_SKIPPED = 1 << 2,	/* inbox, subscribed, trash bin ... */
};
enum caldav_privilege {
	CALDAV_MAY_READ = 1 << 0, CALDAV_MAY_WRITE = 1 << 1,
};
enum caldav_error {			/* D:error preconditions */
	CALDAV_E_TOKEN = 1 << 0,	/* valid-sync-token */
	CALDAV_E_TRUNCATED = 1 << 1,	/* number-of-matches-within-limits */
	CALDAV_E_UID = 1 << 2,		/* no-uid-conflict */
	CALDAV_E_DATA = 1 << 3,		/* not valid, not supported, recurrence */
	CALDAV_E_SIZE = 1 << 4,		/* max-resource-size */
	CALDAV_E_PRIVILEGE = 1 << 5,	/* need-privileges */
	CALDAV_E_QUOTA = 1 << 6,	/* quota-not-exceeded */
	CALDAV_E_OTHER = 1 << 7,
};

struct caldav_props {
	const char *text[CALDAV_TEXTS];	/* NULL = not given */
	size_t data_len;
	bool data_too_large;
	unsigned types, privileges;
	bool has_types, has_privileges;
	bool has_components, events;	/* supported-calendar-component-set */
	bool has_reports, sync_report;	/* supported-report-set */
	const char *homes[CALDAV_XML_HOMES];
	size_t home_count;
	const char *addresses[CALDAV_XML_HOMES];
	size_t address_count;
};

struct caldav_response {
	const char *href;		/* as spelled, blanks around trimmed */
	int status;			/* of the response itself, 0 = none */
	bool has_props;			/* at least one propstat with 2xx */
	struct caldav_props props;
	unsigned errors;
};

/* The response lives until this returns; false stops the parser. */
typedef bool caldav_response_fn(void *arg, const struct caldav_response *r,
    struct err *err);

struct caldav_xml;

/* who names the server in sentences. */
struct caldav_xml *caldav_xml_new(struct pool *pool, const char *who,
    caldav_response_fn *fn, void *arg);
ERR_CHECKED bool caldav_xml_feed(struct caldav_xml *x, const char *bytes,
    size_t len, struct err *err);
/* The document must be whole. */
ERR_CHECKED bool caldav_xml_finish(struct caldav_xml *x, struct err *err);

/* Of an answer that broke off: its parser's memory is given back at once. After
 * a refusal and after finish that is so already. */
void caldav_xml_close(struct caldav_xml *x);

struct caldav_xml_result {
	bool multistatus;		/* whole; else a D:error */
	const char *sync_token;		/* NULL = none */
	unsigned errors;
	size_t responses;
};
/* After finish. */
struct caldav_xml_result caldav_xml_result(const struct caldav_xml *x);
#endif
