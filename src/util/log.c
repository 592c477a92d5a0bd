/*
 * JSON lines, one write each. Knows no secrets: there is no field type for
 * them, and a URL loses userinfo, query and fragment.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "util/err.h"
#include "util/log.h"
#include "util/pool.h"
#include "util/str.h"
#include "util/when.h"
#include "util/banned.h"

#define LOG_TEXT_BYTES 2000		/* of one field */
#define LOG_LINE_BYTES 16000		/* no further field after that */
#define LOG_ROOM_BYTES 65536		/* a field may grow sixfold by escapes */

static int log_fd = STDERR_FILENO;
static enum log_level log_least = LOG_LEVEL_INFO;
static const char *log_program = "hawser";
static struct log_context log_now;
static struct pool *log_pool;		/* of the line being written */
static struct pool *log_names;		/* of program and context */
static pid_t log_pid;			/* 0 = to be asked again */

void
log_open(const char *program, const char *path, enum log_level least)
{
	static struct pool *names;
	struct pool *before = names;
	int fd = STDERR_FILENO, old = log_fd;

	names = pool_new(NULL);
	log_program = pool_strdup(names, program);
	pool_free(before);
	log_least = least;
	if (path != NULL && *path != '\0')
		fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
	log_fd = fd >= 0 ? fd : STDERR_FILENO;
	if (old != STDERR_FILENO && old != log_fd)
		close(old);
	if (fd < 0)
		log_error("log file cannot be opened", LOG_STR("path", path),
		    LOG_STR("reason", strerror(errno)));
}

void
log_set_context(const struct log_context *ctx)
{
	log_now = (struct log_context){ 0 };
	if (log_names == NULL)
		log_names = pool_new(NULL);
	pool_reset(log_names);
	if (ctx != NULL) {
		log_now = *ctx;
		log_now.request_id = pool_strdup(log_names, ctx->request_id);
	}
}

/* Cut at a length, at a character. */
static void
log_text(struct str *s, const char *text)
{
	if (text != NULL && strlen(text) > LOG_TEXT_BYTES)
		text = pool_printf(log_pool, "%s...",
		    str_cut(log_pool, text, LOG_TEXT_BYTES));
	str_json(s, text);
}

/* scheme://host[:port]/path and nothing more. */
static void
log_url(struct str *s, const char *url)
{
	const char *host, *end, *at = NULL, *p;

	if (url == NULL) {
		str_json(s, NULL);
		return;
	}
	end = url + strcspn(url, "?#");
	host = strstr(url, "://");
	host = host != NULL && host < end ? host + 3 : url;
	/* The last @ of the authority; a backslash ends it for some parsers,
	 * so it does not for us: rather too much is dropped. */
	for (p = host; p < end && *p != '/'; p++)
		if (*p == '@')
			at = p;
	if (at == NULL) {
		log_text(s, pool_strndup(log_pool, url, (size_t)(end - url)));
		return;
	}
	log_text(s, pool_printf(log_pool, "%.*s%.*s", (int)(host - url), url,
	    (int)(end - at - 1), at + 1));
}

static void
log_name(struct str *s, const char *name)
{
	str_addc(s, ',');
	str_json(s, name);
	str_addc(s, ':');
}

static void
log_id(struct str *s, const char *name, uint64_t id)
{
	if (id == 0)
		return;
	log_name(s, name);
	str_addf(s, "%" PRIu64, id);
}

static void
log_forked(void)
{
	log_pid = 0;
}

static long
log_own_pid(void)
{
	static bool told;

	if (!told)
		told = pthread_atfork(NULL, NULL, log_forked) == 0;
	if (log_pid == 0 || !told)
		log_pid = getpid();
	return (long)log_pid;
}

static void
log_head(struct str *s, enum log_level level, const char *event)
{
	static const char *const levels[] = { "debug", "info", "warn", "error" };

	str_addf(s, "{\"time\":\"%s\",\"level\":\"%s\"",
	    when_format(log_pool, when_now()), levels[level]);
	log_name(s, "event");
	log_text(s, event);
	log_name(s, "program");
	log_text(s, log_program);
	str_addf(s, ",\"pid\":%ld", log_own_pid());
	if (log_now.request_id != NULL) {
		log_name(s, "request_id");
		log_text(s, log_now.request_id);
	}
	log_id(s, "org_id", log_now.org_id);
	log_id(s, "user_id", log_now.user_id);
	log_id(s, "connection_id", log_now.connection_id);
	log_id(s, "run_id", log_now.run_id);
}

static void
log_fields(struct str *s, const struct log_field *f)
{
	for (; f != NULL && f->name != NULL; f++) {
		if (s->len > LOG_LINE_BYTES) {
			str_add(s, ",\"cut\":true");
			return;
		}
		log_name(s, f->name);
		if (f->type == LOG_F_INT)
			str_addf(s, "%" PRId64, f->number);
		else if (f->type == LOG_F_URL)
			log_url(s, f->text);
		else
			log_text(s, f->text);
	}
}

void
log_write(enum log_level level, const char *event,
    const struct log_field *fields)
{
	int saved = errno;
	struct str s;

	if (level < log_least)
		return;
	if (log_pool == NULL)
		log_pool = pool_new(NULL);
	str_init(&s, log_pool, LOG_ROOM_BYTES);
	log_head(&s, level, event);
	log_fields(&s, fields);
	str_add(&s, "}\n");
	if (!str_ok(&s))
		die("a log line outgrew its room");
	/* One write: lines of several processes never mix. Nobody is left to
	 * tell when the log itself fails. */
	while (write(log_fd, s.data, s.len) < 0 && errno == EINTR)
		;
	pool_reset(log_pool);
	errno = saved;
}

void
log_err(const char *event, const struct err *err)
{
	static const char *const scopes[] = { "item", "collection",
	    "connection", "run" };
	const struct log_field fields[] = {
		LOG_STR("kind", err_kind_name(err->kind)),
		LOG_STR("scope", scopes[err->scope & 3]),
		LOG_STR("msg", err->msg),
		LOG_STR("detail", err->detail),
		{ 0 },
	};

	log_write(err->kind == ERR_INTERNAL ? LOG_LEVEL_ERROR : LOG_LEVEL_WARN,
	    event, fields);
}
