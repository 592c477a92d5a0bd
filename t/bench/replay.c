/*
 * A CalDAV server that costs next to nothing, for measuring clients: one
 * calendar of deterministic events in memory, answers made beforehand.
 * Answers exactly the hrefs asked for, serves sync-collection (RFC 6578), keeps
 * what is PUT and DELETEd. No authentication, one thread, loopback only.
 *
 *	replay PORT COUNT	serves http://127.0.0.1:PORT/u/cal/
 *	replay --write DIR COUNT	writes the events as files instead
 *	replay --write-one COUNT	all of them as one calendar on stdout
 *
 * Beside the calendar, uncounted: POST /change?n=N modifies 3/5 N, deletes
 * 1/5 N and adds 1/5 N events; POST /touch modifies one; GET /count says how
 * many there are; GET /requests what was asked since it was last asked.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define COLLECTION "/u/cal/"
#define MAX_CONNECTIONS 64

struct buf { char *p; size_t len, cap; };

static void add(struct buf *b, const char *bytes, size_t len)
{
	if (b->len + len + 1 > b->cap) {
		b->cap = (b->len + len + 1) * 2;
		if (!(b->p = realloc(b->p, b->cap)))
			abort();
	}
	memcpy(b->p + b->len, bytes, len);
	b->len += len;
	b->p[b->len] = 0;
}

static void adds(struct buf *b, const char *s) { add(b, s, strlen(s)); }

static void __attribute__((format(printf, 2, 3)))
addf(struct buf *b, const char *fmt, ...)
{
	char line[512];
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	add(b, line, n < (int)sizeof(line) ? (size_t)n : sizeof(line) - 1);
}

/* ---- what was asked ---- */

static const char *const METHODS[] = { "OPTIONS", "PROPFIND", "REPORT", "GET",
	"PUT", "DELETE", "other" };
#define METHOD_COUNT (sizeof(METHODS) / sizeof(*METHODS))
static size_t asked[METHOD_COUNT];

static void count_request(const char *method)
{
	size_t i = 0;

	while (i < METHOD_COUNT - 1 && strcmp(method, METHODS[i]) != 0)
		i++;
	asked[i]++;
}

/* "PROPFIND 1 REPORT 3", and starts again. */
static void tell_requests(struct buf *b)
{
	for (size_t i = 0; i < METHOD_COUNT; i++)
		if (asked[i])
			addf(b, "%s %zu ", METHODS[i], asked[i]);
	memset(asked, 0, sizeof(asked));
}

/* ---- events ---- */

struct object {
	char name[48];		/* file name, the last part of the href */
	unsigned etag;
	uint64_t changed;	/* token of the last change */
	bool gone;
	char *member, *full;	/* response with etag; with etag and data */
	size_t member_len, full_len;
};

static struct object *objects;
static size_t object_count, object_cap, *slots, slot_count;
static uint64_t token = 1;

static uint64_t mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15u;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

static unsigned pick(uint64_t *seed, unsigned n)
{
	*seed = mix(*seed);
	return (unsigned)(*seed >> 33) % n;
}

static const char *const WORDS[] = { "Termin", "Besprechung", "Größe",
	"Überprüfung", "réunion", "équipe", "déjeuner", "встреча", "отчёт",
	"会議", "予定", "café", "plan", "call", "review", "lunch", "sprint",
	"Zahnarzt", "Müller", "🎉", "release", "dentist", "client", "follow-up" };

static const char BERLIN[] = "BEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\n"
    "BEGIN:DAYLIGHT\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\nTZNAME:CEST\r\n"
    "DTSTART:19700329T020000\r\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\n"
    "END:DAYLIGHT\r\nBEGIN:STANDARD\r\nTZOFFSETFROM:+0200\r\n"
    "TZOFFSETTO:+0100\r\nTZNAME:CET\r\nDTSTART:19701025T030000\r\n"
    "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n";

static const char *const RULES[] = { "FREQ=DAILY;COUNT=10",
	"FREQ=WEEKLY;BYDAY=MO,WE,FR;COUNT=30", "FREQ=MONTHLY;BYMONTHDAY=15;COUNT=12",
	"FREQ=WEEKLY;INTERVAL=2", "FREQ=YEARLY", "FREQ=MONTHLY;BYDAY=2TU;COUNT=24" };

/* A content line of words, folded. */
static void words(struct buf *b, const char *name, uint64_t *seed, unsigned n)
{
	struct buf line = { 0 };
	size_t at = 0;

	adds(&line, name);
	while (n--) {
		adds(&line, WORDS[pick(seed, sizeof(WORDS) / sizeof(*WORDS))]);
		adds(&line, n ? " " : "");
	}
	while (line.len - at > 73) {
		size_t cut = 73;
		while (((unsigned char)line.p[at + cut] & 0xc0) == 0x80)
			cut--;
		add(b, line.p + at, cut);
		adds(b, "\r\n ");
		at += cut;
	}
	adds(b, line.p + at);
	adds(b, "\r\n");
	free(line.p);
}

static void event_times(struct buf *b, uint64_t *seed)
{
	unsigned y = 2025 + pick(seed, 2), m = 1 + pick(seed, 12);
	unsigned d = 1 + pick(seed, 27), h = 7 + pick(seed, 12);
	unsigned kind = pick(seed, 100);

	if (kind < 15) {
		addf(b, "DTSTART;VALUE=DATE:%04u%02u%02u\r\n", y, m, d);
		addf(b, "DTEND;VALUE=DATE:%04u%02u%02u\r\n", y, m, d + 1);
		return;
	}
	const char *zone = kind < 40 ? "" : ";TZID=Europe/Berlin";
	const char *z = kind < 40 ? "Z" : "";
	addf(b, "DTSTART%s:%04u%02u%02uT%02u0000%s\r\n", zone, y, m, d, h, z);
	addf(b, "DTEND%s:%04u%02u%02uT%02u4500%s\r\n", zone, y, m, d, h, z);
}

static char *event_text(size_t i, unsigned rev)
{
	uint64_t seed = mix(i * 1000003 + 7);
	struct buf b = { 0 };
	unsigned n;

	adds(&b, "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//bench//gen//EN\r\n");
	if (pick(&seed, 100) < 60)
		adds(&b, BERLIN);
	addf(&b, "BEGIN:VEVENT\r\nUID:%016llx-%zu@example.com\r\n"
	    "DTSTAMP:20250101T000000Z\r\n", (unsigned long long)mix(i), i);
	event_times(&b, &seed);
	if (pick(&seed, 100) < 15)
		addf(&b, "RRULE:%s\r\n", RULES[pick(&seed, 6)]);
	words(&b, "SUMMARY:", &seed, 2 + pick(&seed, 4));
	words(&b, "DESCRIPTION:", &seed, 5 + pick(&seed, 45));
	words(&b, "LOCATION:", &seed, 2);
	addf(&b, "CREATED:20250101T%02zu0000Z\r\nLAST-MODIFIED:20250102T%02zu0000Z\r\n"
	    "SEQUENCE:%u\r\nSTATUS:CONFIRMED\r\nTRANSP:OPAQUE\r\nX-HUB-ID:%zu\r\n",
	    i % 24, i % 24, rev, i);
	if (rev)
		addf(&b, "X-REV:%u\r\n", rev);
	if (pick(&seed, 100) < 10) {
		adds(&b, "ORGANIZER;CN=Müller:mailto:org@example.org\r\n");
		for (n = 1 + pick(&seed, 4); n; n--)
			addf(&b, "ATTENDEE;CN=Guest %u;PARTSTAT=ACCEPTED:"
			    "mailto:g%u@example.org\r\n", n, n);
	}
	if (pick(&seed, 100) < 20)
		adds(&b, "BEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:x\r\n"
		    "TRIGGER:-PT15M\r\nEND:VALARM\r\n");
	adds(&b, "END:VEVENT\r\nEND:VCALENDAR\r\n");
	return b.p;
}

static void xml_text(struct buf *b, const char *s)
{
	for (; *s; s++)
		switch (*s) {
		case '&': adds(b, "&amp;"); break;
		case '<': adds(b, "&lt;"); break;
		case '>': adds(b, "&gt;"); break;
		case '\r': adds(b, "&#13;"); break;
		default: add(b, s, 1);
		}
}

static void object_fill(struct object *o, const char *text)
{
	struct buf m = { 0 }, f = { 0 };

	o->etag++;
	o->gone = text == NULL;
	free(o->member);
	free(o->full);
	addf(&m, "<response><href>" COLLECTION "%s</href>", o->name);
	if (o->gone) {
		adds(&m, "<status>HTTP/1.1 404 Not Found</status></response>");
		add(&f, m.p, m.len);
	} else {
		addf(&m, "<propstat><prop><getetag>\"%u-%.16s\"</getetag>",
		    o->etag, o->name);
		add(&f, m.p, m.len);
		adds(&m, "<getcontenttype>text/calendar;component=VEVENT"
		    "</getcontenttype><resourcetype/>");
		adds(&f, "<C:calendar-data>");
		xml_text(&f, text);
		adds(&f, "</C:calendar-data>");
		const char *end = "</prop><status>HTTP/1.1 200 OK</status>"
		    "</propstat></response>";
		adds(&m, end);
		adds(&f, end);
	}
	o->member = m.p;
	o->member_len = m.len;
	o->full = f.p;
	o->full_len = f.len;
	o->changed = ++token;
}

static uint64_t name_hash(const char *s, size_t n)
{
	uint64_t h = 14695981039346656037u;

	while (n--)
		h = (h ^ (unsigned char)*s++) * 1099511628211u;
	return mix(h);
}

static void index_add(size_t i)
{
	size_t at = name_hash(objects[i].name, strlen(objects[i].name));

	for (at %= slot_count; slots[at]; at = (at + 1) % slot_count)
		;
	slots[at] = i + 1;
}

static struct object *object_find(const char *name, size_t len)
{
	size_t at = name_hash(name, len) % slot_count;

	for (; slots[at]; at = (at + 1) % slot_count) {
		struct object *o = &objects[slots[at] - 1];
		if (strncmp(o->name, name, len) == 0 && !o->name[len])
			return o;
	}
	return NULL;
}

static struct object *object_add(const char *name, size_t len)
{
	if (object_count == object_cap || len >= sizeof(objects->name))
		return NULL;
	struct object *o = &objects[object_count];
	memcpy(o->name, name, len);
	index_add(object_count++);
	return o;
}

static struct object *event_add(size_t i)
{
	char name[48];
	int n = snprintf(name, sizeof(name), "%016llx-%zu.ics",
	    (unsigned long long)mix(i), i);
	struct object *o = object_add(name, (size_t)n);
	char *text = event_text(i, 0);

	if (o)
		object_fill(o, text);
	free(text);
	return o;
}

static unsigned rev;

static void touch(size_t i)
{
	char *text = event_text(i, ++rev);

	object_fill(&objects[i], text);
	free(text);
}

static void change(size_t n)
{
	size_t step = object_count / (n ? n : 1), i, from = object_count;

	rev++;
	for (i = 0; i < n && i * step < from; i++) {
		if (i % 5 == 4)
			continue;
		char *text = i % 5 == 3 ? NULL : event_text(i * step, rev);
		object_fill(&objects[i * step], text);
		free(text);
	}
	for (i = 0; i < n / 5; i++)
		event_add(from + i);
}

/* ---- answers ---- */

#define MULTI "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<multistatus xmlns=" \
	"\"DAV:\" xmlns:C=\"urn:ietf:params:xml:ns:caldav\">"

static struct buf body;

static void list(uint64_t since, bool with_gone)
{
	for (size_t i = 0; i < object_count; i++)
		if (objects[i].changed > since && (with_gone || !objects[i].gone))
			add(&body, objects[i].member, objects[i].member_len);
}

static void props(const char *href)
{
	addf(&body, "<response><href>%s</href><propstat><prop><resourcetype>"
	    "<collection/>%s</resourcetype><displayname>Bench</displayname>"
	    "<current-user-principal><href>/u/</href></current-user-principal>"
	    "<C:calendar-home-set><href>/u/</href></C:calendar-home-set>", href,
	    strcmp(href, COLLECTION) == 0 ? "<C:calendar/>" : "<principal/>");
	addf(&body, "<sync-token>http://bench/%llu</sync-token>"
	    "<supported-report-set><supported-report><report><sync-collection/>"
	    "</report></supported-report></supported-report-set></prop>"
	    "<status>HTTP/1.1 200 OK</status></propstat></response>",
	    (unsigned long long)token);
}

static void propfind(const char *path, int depth)
{
	adds(&body, MULTI);
	if (strcmp(path, COLLECTION) == 0) {
		props(COLLECTION);
		if (depth)
			list(0, false);
	} else {
		props("/u/");
		if (depth)
			props(COLLECTION);
	}
	adds(&body, "</multistatus>");
}

static int sync_collection(const char *xml)
{
	const char *t = strstr(xml, "http://bench/");
	uint64_t since = t ? strtoull(t + 13, NULL, 10) : 0;

	adds(&body, MULTI);
	if (since < token)
		list(since, since > 0);
	addf(&body, "<sync-token>http://bench/%llu</sync-token></multistatus>",
	    (unsigned long long)token);
	return 207;
}

static int report(const char *xml)
{
	const char *at = xml, *end;

	if (strstr(xml, "sync-collection"))
		return sync_collection(xml);
	adds(&body, MULTI);
	while ((at = strstr(at, "href>"))) {
		at += 5;
		if (!(end = strchr(at, '<')))
			break;
		const char *name = at;
		for (const char *c = at; c < end; c++)
			if (*c == '/')
				name = c + 1;
		struct object *o = object_find(name, (size_t)(end - name));
		if (o)
			add(&body, o->full, o->full_len);
		else {
			adds(&body, "<response><href>");
			add(&body, at, (size_t)(end - at));
			adds(&body, "</href><status>HTTP/1.1 404 Not Found"
			    "</status></response>");
		}
		at = strchr(end, '>');
		if (!at)
			break;
	}
	adds(&body, "</multistatus>");
	return 207;
}

static int put(const char *path, const char *text, bool only_new, char *etag,
    size_t etag_max)
{
	const char *name = strrchr(path, '/') + 1;
	struct object *o = object_find(name, strlen(name));

	if (o && !o->gone && only_new)
		return 412;
	if (!o && !(o = object_add(name, strlen(name))))
		return 507;
	object_fill(o, text);
	if (text)
		snprintf(etag, etag_max, "ETag: \"%u-%.16s\"\r\n", o->etag, o->name);
	return text ? 201 : 204;
}

/* Control paths: 0 = not one of them. */
static int control(const char *method, const char *path)
{
	if (strcmp(method, "POST") == 0 && strncmp(path, "/change?n=", 10) == 0)
		change(strtoul(path + 10, NULL, 10));
	else if (strcmp(method, "POST") == 0 && strcmp(path, "/touch") == 0)
		touch(0);
	else if (strcmp(path, "/count") == 0)
		addf(&body, "%zu\n", object_count);
	else if (strcmp(path, "/requests") == 0)
		tell_requests(&body);
	else
		return 0;
	return 200;
}

struct request { const char *method, *path, *text; int depth; bool only_new; };

static void answer(const struct request *r, struct buf *out)
{
	const char *method = r->method;
	char extra[96] = "";
	int status;

	body.len = 0;
	status = control(method, r->path);
	if (!status) {
		count_request(method);
		status = 207;
		if (strcmp(method, "PROPFIND") == 0)
			propfind(r->path, r->depth);
		else if (strcmp(method, "REPORT") == 0)
			status = report(r->text);
		else if (strcmp(method, "PUT") == 0)
			status = put(r->path, r->text, r->only_new, extra,
			    sizeof(extra));
		else if (strcmp(method, "DELETE") == 0)
			status = put(r->path, NULL, false, extra, sizeof(extra));
		else
			status = strcmp(method, "OPTIONS") == 0 ? 200 : 404;
	}
	addf(out, "HTTP/1.1 %d X\r\nDAV: 1, 2, 3, calendar-access\r\n"
	    "Content-Type: application/xml; charset=utf-8\r\n%s"
	    "Content-Length: %zu\r\n\r\n", status, extra, body.len);
	if (body.len)
		add(out, body.p, body.len);
}

/* ---- connections ---- */

struct peer { int fd; struct buf in, out; size_t sent; bool told; };

static const char *header(const char *head, const char *name)
{
	size_t n = strlen(name);

	for (const char *l = strstr(head, "\r\n"); l; l = strstr(l + 2, "\r\n"))
		if (strncasecmp(l + 2, name, n) == 0 && l[2 + n] == ':')
			return l + 3 + n;
	return NULL;
}

/* One whole request out of the buffer, if it is there. */
static bool serve_one(struct peer *p)
{
	char method[16], path[512];
	char *end = p->in.len ? strstr(p->in.p, "\r\n\r\n") : NULL;

	if (!end)
		return false;
	*end = 0;
	const char *v = header(p->in.p, "Content-Length");
	size_t want = v ? strtoul(v, NULL, 10) : 0, head = (size_t)(end + 4 - p->in.p);
	if (p->in.len < head + want) {
		bool expect = header(p->in.p, "Expect") && !p->told;
		*end = '\r';
		if (expect) {
			adds(&p->out, "HTTP/1.1 100 Continue\r\n\r\n");
			p->told = true;
		}
		return false;
	}
	struct request r = { .method = method, .path = path, .text = end + 4 };
	v = header(p->in.p, "Depth");
	r.depth = v ? atoi(v) : 0;
	r.only_new = header(p->in.p, "If-None-Match") != NULL;
	if (sscanf(p->in.p, "%15s %511s", method, path) != 2)
		exit(1);
	char *text = end + 4, keep = text[want];
	text[want] = 0;
	answer(&r, &p->out);
	text[want] = keep;
	p->told = false;
	p->in.len -= head + want;
	memmove(p->in.p, p->in.p + head + want, p->in.len + 1);
	return true;
}

static bool peer_turn(struct peer *p, short events)
{
	char chunk[65536];

	if (events & (POLLIN | POLLHUP)) {
		ssize_t n = read(p->fd, chunk, sizeof(chunk));
		if (n <= 0)
			return false;
		add(&p->in, chunk, (size_t)n);
		while (serve_one(p))
			;
	}
	if (p->sent < p->out.len) {
		ssize_t n = send(p->fd, p->out.p + p->sent, p->out.len - p->sent,
		    MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0 && errno != EAGAIN)
			return false;
		p->sent += n > 0 ? (size_t)n : 0;
	}
	if (p->sent == p->out.len)
		p->sent = p->out.len = 0;
	return true;
}

static void serve(int port)
{
	static struct peer peers[MAX_CONNECTIONS];
	struct pollfd fds[MAX_CONNECTIONS + 1];
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int one = 1, listener = socket(AF_INET, SOCK_STREAM, 0), n = 0;

	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(listener, (void *)&a, sizeof(a)) || listen(listener, 64)) {
		perror("replay");
		exit(1);
	}
	for (;;) {
		fds[0] = (struct pollfd){ listener, n < MAX_CONNECTIONS ? POLLIN : 0, 0 };
		for (int i = 0; i < n; i++)
			fds[i + 1] = (struct pollfd){ peers[i].fd, (short)(POLLIN |
			    (peers[i].sent < peers[i].out.len ? POLLOUT : 0)), 0 };
		if (poll(fds, (nfds_t)n + 1, -1) < 0)
			continue;
		for (int i = n - 1; i >= 0; i--)
			if (fds[i + 1].revents && !peer_turn(&peers[i], fds[i + 1].revents)) {
				close(peers[i].fd);
				free(peers[i].in.p);
				free(peers[i].out.p);
				peers[i] = peers[--n];
			}
		if (fds[0].revents & POLLIN) {
			int fd = accept(listener, NULL, NULL);
			if (fd < 0)
				continue;
			setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
			peers[n++] = (struct peer){ .fd = fd };
		}
	}
}

static void write_one(size_t count)
{
	puts("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//bench//gen//EN\r");
	fputs(BERLIN, stdout);
	for (size_t i = 0; i < count; i++) {
		char *text = event_text(i, 0);
		char *from = strstr(text, "BEGIN:VEVENT");
		*strstr(from, "END:VCALENDAR") = 0;
		fputs(from, stdout);
		free(text);
	}
	puts("END:VCALENDAR\r");
}

static int write_files(const char *dir, size_t count)
{
	char path[4096];

	for (size_t i = 0; i < count; i++) {
		char *text = event_text(i, 0);
		snprintf(path, sizeof(path), "%s/%016llx-%zu.ics", dir,
		    (unsigned long long)mix(i), i);
		FILE *f = fopen(path, "w");
		if (!f || fputs(text, f) < 0 || fclose(f))
			return perror(path), 1;
		free(text);
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], "--write") == 0)
		return write_files(argv[2], strtoul(argv[3], NULL, 10));
	if (argc == 3 && strcmp(argv[1], "--write-one") == 0) {
		write_one(strtoul(argv[2], NULL, 10));
		return 0;
	}
	if (argc != 3)
		return fprintf(stderr, "usage: replay PORT COUNT\n"), 2;
	size_t count = strtoul(argv[2], NULL, 10);
	object_cap = count * 2 + 20000;
	slot_count = object_cap * 2 + 1;
	objects = calloc(object_cap, sizeof(*objects));
	slots = calloc(slot_count, sizeof(*slots));
	if (!objects || !slots)
		return 1;
	for (size_t i = 0; i < count; i++)
		event_add(i);
	serve(atoi(argv[1]));
}
