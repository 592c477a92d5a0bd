/*
 * Reads WebDAV answers piece by piece with expat. Knows the shape of a
 * multistatus; must not know what a response means to a sync.
 */
#include "providers/caldav_xml.h"
#include <string.h>
#include "providers/caldav_names.h"
#include "providers/caldav_parser.h"
#include "util/str.h"
#include "util/banned.h"

#define DEPTH_MAX 32
#define TEXT_MAX_BYTES 4096
#define SILENCE_MAX_BYTES (256 * 1024)	/* without a single event */

struct caldav_xml {
	XML_Parser parser;		/* NULL: done with it */
	char *piece;			/* the parser's, to be filled; or NULL */
	size_t filled;
	bool begun;
	struct pool *pool, *item;	/* item: reset after each response */
	const char *who;
	caldav_response_fn *fn;
	void *arg;
	enum caldav_el path[DEPTH_MAX];
	int depth;
	enum caldav_el root;
	bool ended;
	size_t responses, silent_bytes;
	struct str text;		/* of the innermost element that has one */
	bool in_text;
	struct caldav_response response;
	struct caldav_props props;	/* of the open propstat */
	int props_status;
	const char *sync_token;
	unsigned errors;
	struct err err;			/* kind != NONE: stopped */
};

static void stop(struct caldav_xml *x, const char *sentence)
{
	if (x->err.kind != ERR_NONE)
		return;
	err_set_scope(&x->err, ERR_UPSTREAM, ERR_COLLECTION, "%.80s %s",
	    x->who, sentence);
	if (x->parser)
		XML_StopParser(x->parser, XML_FALSE);
}

static void stop_html(struct caldav_xml *x)
{
	stop(x, "answered with a web page instead of calendar data. Check the "
	    "address.");
}

/* The element that stands above the current one, n levels up. */
static enum caldav_el above(const struct caldav_xml *x, int n)
{
	return x->depth > n ? x->path[x->depth - 1 - n] : EL_OTHER;
}

static bool has_text(enum caldav_el el)
{
	return el == EL_HREF || el == EL_STATUS
	    || (el >= EL_ETAG && el <= EL_CONTENT_TYPE);
}

static void start_text(struct caldav_xml *x, enum caldav_el el)
{
	x->in_text = has_text(el);
	if (x->in_text)
		str_init(&x->text, x->item, el == EL_DATA
		    ? CALDAV_XML_DATA_BYTES : TEXT_MAX_BYTES);
}

static unsigned error_bit(enum caldav_el el)
{
	return el >= EL_E_TOKEN && el <= EL_E_QUOTA
	    ? 1u << (el - EL_E_TOKEN) : CALDAV_E_OTHER;
}

/* What an empty element says by standing where it stands. */
static void note_marker(struct caldav_xml *x, enum caldav_el el)
{
	struct caldav_props *p = &x->props;

	switch (above(x, 1)) {
	case EL_TYPES:
		p->types |= el == EL_T_COLLECTION ? CALDAV_IS_COLLECTION
		    : el == EL_T_CALENDAR ? CALDAV_IS_CALENDAR
		    : el == EL_T_SKIPPED ? CALDAV_IS_SKIPPED : 0;
		return;
	case EL_PRIVILEGE:
		p->privileges |= el == EL_P_READ ? CALDAV_MAY_READ
		    : el == EL_P_WRITE ? CALDAV_MAY_WRITE : 0;
		return;
	case EL_REPORT:
		p->sync_report |= el == EL_R_SYNC;
		return;
	case EL_ERROR:
		if (above(x, 2) == EL_RESPONSE)
			x->response.errors |= error_bit(el);
		else
			x->errors |= error_bit(el);
		return;
	default:
		return;
	}
}

static void note_start(struct caldav_xml *x, enum caldav_el el)
{
	switch (el) {
	case EL_RESPONSE:
		if (x->depth == 2)
			x->response = (struct caldav_response){ 0 };
		return;
	case EL_PROPSTAT:
		x->props = (struct caldav_props){ 0 };
		x->props_status = 0;
		return;
	case EL_TYPES:
		x->props.has_types = true;
		return;
	case EL_PRIVILEGES:
		x->props.has_privileges = true;
		return;
	case EL_REPORTS:
		x->props.has_reports = true;
		return;
	case EL_COMPONENTS:
		x->props.has_components = true;
		return;
	default:
		note_marker(x, el);
		return;
	}
}

static const char *local_of(const char *name)
{
	const char *sep = strrchr(name, CALDAV_PARSER_SEP);

	return sep ? sep + 1 : name;
}

/* attributes: names and values in turn */
static void note_component(struct caldav_xml *x, const char **attributes)
{
	for (; attributes[0]; attributes += 2)
		if (strcmp(local_of(attributes[0]), "name") == 0
		    && strcasecmp(attributes[1], "VEVENT") == 0)
			x->props.events = true;
}

static void start_root(struct caldav_xml *x, const char *name,
    enum caldav_el el)
{
	x->root = el;
	if (el == EL_MULTISTATUS || el == EL_ERROR)
		return;
	if (strcasecmp(local_of(name), "html") == 0)
		stop_html(x);
	else
		stop(x, "answered with something that is not WebDAV.");
}

static void on_start(void *arg, const char *name, const char **attributes)
{
	struct caldav_xml *x = arg;
	enum caldav_el el = caldav_names_find(name);

	x->silent_bytes = 0;
	if (x->err.kind != ERR_NONE)
		return;
	if (x->depth == DEPTH_MAX) {
		stop(x, "sent an answer that is nested too deeply.");
		return;
	}
	x->path[x->depth++] = el;
	if (x->depth == 1)
		start_root(x, name, el);
	start_text(x, el);
	note_start(x, el);
	if (el == EL_COMP && above(x, 1) == EL_COMPONENTS)
		note_component(x, attributes);
}

static void on_text(void *arg, const char *bytes, int len)
{
	struct caldav_xml *x = arg;

	x->silent_bytes = 0;
	if (x->in_text && x->err.kind == ERR_NONE)
		str_addn(&x->text, bytes, (size_t)len);
}

/* "HTTP/1.1 200 OK" -> 200, anything else 0. */
static int read_status(const char *text)
{
	const char *p = strchr(text, ' ');
	int status = 0;

	if (!str_starts(text, "HTTP/") || !p)
		return 0;
	while (*p == ' ')
		p++;
	for (int i = 0; i < 3; i++, p++) {
		if (*p < '0' || *p > '9')
			return 0;
		status = status * 10 + (*p - '0');
	}
	return status;
}

static void add_href(const char **list, size_t *count, const char *href)
{
	if (*count < CALDAV_XML_HOMES && *href)
		list[(*count)++] = href;
}

static void end_href(struct caldav_xml *x, const char *href)
{
	struct caldav_props *p = &x->props;

	switch (above(x, 1)) {
	case EL_RESPONSE:
		/* a response may name several that share one status */
		if (!x->response.href)
			x->response.href = href;
		return;
	case EL_PRINCIPAL:
		p->text[CALDAV_PRINCIPAL] = href;
		return;
	case EL_HOME:
		add_href(p->homes, &p->home_count, href);
		return;
	case EL_ADDRESSES:
		add_href(p->addresses, &p->address_count, href);
		return;
	default:
		return;
	}
}

static void end_prop_text(struct caldav_xml *x, enum caldav_el el)
{
	struct caldav_props *p = &x->props;

	if (el == EL_DATA) {
		p->text[CALDAV_DATA] = x->text.data;
		p->data_len = x->text.len;
		p->data_too_large = x->text.overflow;
		return;
	}
	p->text[el - EL_ETAG] = str_trim(x->item, x->text.data);
}

static void end_text(struct caldav_xml *x, enum caldav_el el)
{
	const char *text;

	x->in_text = false;
	if (x->text.overflow && el != EL_DATA && el != EL_NAME) {
		stop(x, "sent an address or tag without end.");
		return;
	}
	text = str_trim(x->item, x->text.data);
	if (el == EL_HREF)
		end_href(x, text);
	else if (el == EL_STATUS && above(x, 1) == EL_PROPSTAT)
		x->props_status = read_status(text);
	else if (el == EL_STATUS && above(x, 1) == EL_RESPONSE)
		x->response.status = read_status(text);
	else if (el == EL_TOKEN && x->depth == 2)
		x->sync_token = pool_strdup(x->pool, text);
	else if (el >= EL_ETAG && above(x, 1) == EL_PROP
	    && above(x, 2) == EL_PROPSTAT)
		end_prop_text(x, el);
}

/* Values of a propstat count only when its status says so. */
static void end_propstat(struct caldav_xml *x)
{
	struct caldav_props *to = &x->response.props;
	const struct caldav_props *from = &x->props;

	if (x->props_status < 200 || x->props_status > 299)
		return;
	x->response.has_props = true;
	for (int i = 0; i < CALDAV_TEXTS; i++)
		if (from->text[i])
			to->text[i] = from->text[i];
	if (from->text[CALDAV_DATA]) {
		to->data_len = from->data_len;
		to->data_too_large = from->data_too_large;
	}
	to->types |= from->types;
	to->has_types |= from->has_types;
	to->privileges |= from->privileges;
	to->has_privileges |= from->has_privileges;
	to->has_components |= from->has_components;
	to->events |= from->events;
	to->has_reports |= from->has_reports;
	to->sync_report |= from->sync_report;
	for (size_t i = 0; i < from->home_count; i++)
		add_href(to->homes, &to->home_count, from->homes[i]);
	for (size_t i = 0; i < from->address_count; i++)
		add_href(to->addresses, &to->address_count,
		    from->addresses[i]);
}

static void end_response(struct caldav_xml *x)
{
	if (!x->response.href || !*x->response.href)
		stop(x, "sent an answer that names no address.");
	else if (++x->responses > CALDAV_XML_RESPONSES)
		stop(x, "lists more entries than Hawser can keep in step in "
		    "one calendar.");
	if (x->err.kind != ERR_NONE)
		return;
	if (x->fn && !x->fn(x->arg, &x->response, &x->err)) {
		XML_StopParser(x->parser, XML_FALSE);
		return;
	}
	pool_reset(x->item);
}

static void on_end(void *arg, const char *name)
{
	struct caldav_xml *x = arg;
	enum caldav_el el;

	(void)name;
	x->silent_bytes = 0;
	if (x->err.kind != ERR_NONE || x->depth == 0)
		return;
	el = above(x, 0);
	if (x->in_text && has_text(el))
		end_text(x, el);
	else if (el == EL_PROPSTAT && above(x, 1) == EL_RESPONSE)
		end_propstat(x);
	else if (el == EL_RESPONSE && x->depth == 2)
		end_response(x);
	x->in_text = false;
	if (--x->depth == 0)
		x->ended = true;
}

static void on_doctype(void *arg, const char *name, const char *system_id,
    const char *public_id, int has_subset)
{
	struct caldav_xml *x = arg;

	(void)system_id;
	(void)public_id;
	(void)has_subset;
	if (strcasecmp(name, "html") == 0)
		stop_html(x);
	else
		stop(x, "sent an XML document type, which is refused for "
		    "safety.");
}

static void on_comment(void *arg, const char *text)
{
	(void)text;
	((struct caldav_xml *)arg)->silent_bytes = 0;
}

static void on_instruction(void *arg, const char *target, const char *data)
{
	(void)target;
	on_comment(arg, data);
}

void caldav_xml_close(struct caldav_xml *x)
{
	if (x->parser)
		XML_ParserFree(x->parser);
	x->parser = NULL;
	x->piece = NULL;
}

static void let_go(void *arg)
{
	caldav_xml_close(arg);
}

struct caldav_xml *caldav_xml_new(struct pool *pool, const char *who,
    caldav_response_fn *fn, void *arg)
{
	struct caldav_xml *x = POOL_NEW(pool, struct caldav_xml);

	x->pool = pool;
	x->item = pool_new(pool);
	x->who = pool_strdup(pool, who);
	x->fn = fn;
	x->arg = arg;
	x->parser = caldav_parser_new();
	pool_adopt(pool, x, let_go);
	XML_SetUserData(x->parser, x);
	XML_SetElementHandler(x->parser, on_start, on_end);
	XML_SetCharacterDataHandler(x->parser, on_text);
	XML_SetCommentHandler(x->parser, on_comment);
	XML_SetProcessingInstructionHandler(x->parser, on_instruction);
	XML_SetStartDoctypeDeclHandler(x->parser, on_doctype);
	return x;
}

static bool broken(struct caldav_xml *x, struct err *err)
{
	if (x->err.kind == ERR_NONE && x->depth == 0 && !x->root)
		stop(x, "answered with something that is not calendar data.");
	if (x->err.kind == ERR_NONE) {
		stop(x, "sent an answer that is damaged.");
		err_detail(&x->err, "xml %d line %lu",
		    (int)XML_GetErrorCode(x->parser),
		    (unsigned long)XML_GetErrorLineNumber(x->parser));
	}
	caldav_xml_close(x);
	*err = x->err;
	return false;
}

/* Gives the parser what has come. False: it has had enough. */
static bool parse(struct caldav_xml *x, bool last)
{
	size_t n = x->filled;

	if (!x->begun && x->piece)
		caldav_parser_label(x->parser, x->piece, n);
	if (!x->piece && !XML_GetBuffer(x->parser, CALDAV_PARSER_PIECE))
		return false;
	x->begun = true;
	x->piece = NULL;
	x->filled = 0;
	x->silent_bytes += n;
	if (x->silent_bytes > SILENCE_MAX_BYTES) {
		stop(x, "sent an answer with an element that never ends.");
		return false;
	}
	return XML_ParseBuffer(x->parser, (int)n, last) == XML_STATUS_OK
	    && x->err.kind == ERR_NONE;
}

bool caldav_xml_feed(struct caldav_xml *x, const char *bytes, size_t len,
    struct err *err)
{
	while (len > 0 && x->err.kind == ERR_NONE) {
		size_t part = CALDAV_PARSER_PIECE - x->filled;

		if (!x->piece && !(x->piece = XML_GetBuffer(x->parser,
		    CALDAV_PARSER_PIECE)))
			return broken(x, err);
		if (part > len)
			part = len;
		x->filled += caldav_parser_strip(x->piece + x->filled, bytes, part);
		bytes += part;
		len -= part;
		if (x->filled == CALDAV_PARSER_PIECE && !parse(x, false))
			return broken(x, err);
	}
	if (x->err.kind == ERR_NONE)
		return true;
	*err = x->err;
	return false;
}

bool caldav_xml_finish(struct caldav_xml *x, struct err *err)
{
	if (x->err.kind != ERR_NONE || !parse(x, true) || !x->ended)
		return broken(x, err);
	caldav_xml_close(x);
	return true;
}

struct caldav_xml_result caldav_xml_result(const struct caldav_xml *x)
{
	return (struct caldav_xml_result){
		.multistatus = x->ended && x->root == EL_MULTISTATUS,
		.sync_token = x->sync_token,
		.errors = x->errors,
		.responses = x->responses,
	};
}
