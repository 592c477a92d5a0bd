/* A thread that posts; knows nothing of what it carries. */
#include <curl/curl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "sandbox/sandbox.h"
#include "sandbox/sandbox_postman.h"
#include "util/str.h"
#include "util/banned.h"

#define TRIES_MOST 5
#define FIRST_WAIT_MS 250
#define TIMEOUT_MS 10000L

struct letter {
	struct pool *pool;		/* holds it */
	const char *about, *url, *body;
	struct curl_slist *headers;
	int64_t due_ms;
	int tries;
	struct letter *next;		/* ordered by due_ms */
};

struct sandbox_postman {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct letter *first;
	json_t *counts;
	bool leaving;
};

static void
free_headers(void *list)
{
	curl_slist_free_all(list);
}

static void
queue(struct sandbox_postman *pm, struct letter *letter)
{
	struct letter **at = &pm->first;

	while (*at && (*at)->due_ms <= letter->due_ms)
		at = &(*at)->next;
	letter->next = *at;
	*at = letter;
	pthread_cond_signal(&pm->wake);
}

void
sandbox_postman_send(struct sandbox_postman *pm, const struct sandbox_letter *l)
{
	struct pool *pool = pool_new(NULL);
	struct letter *letter = POOL_NEW(pool, struct letter);
	const char *const *h;

	*letter = (struct letter){ .pool = pool,
	    .about = pool_strdup(pool, l->about),
	    .url = pool_strdup(pool, l->url),
	    .body = pool_strdup(pool, l->body ? l->body : ""),
	    .due_ms = when_mono_ms() + l->delay_ms };
	for (h = l->headers; *h; h++)
		letter->headers = curl_slist_append(letter->headers, *h);
	pool_adopt(pool, letter->headers, free_headers);
	pthread_mutex_lock(&pm->lock);
	queue(pm, letter);
	pthread_mutex_unlock(&pm->lock);
}

static size_t
ignore(char *data, size_t size, size_t n, void *arg)
{
	(void)data;
	(void)arg;
	return size * n;
}

/* Nobody waits for a slow receiver at the end. */
static int
go_on(void *arg, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	struct sandbox_postman *pm = arg;
	bool leaving;

	(void)a;
	(void)b;
	(void)c;
	(void)d;
	pthread_mutex_lock(&pm->lock);
	leaving = pm->leaving;
	pthread_mutex_unlock(&pm->lock);
	return leaving;
}

/* The answer's status; 0 = it did not get through. */
static long
post(struct sandbox_postman *pm, const struct letter *letter)
{
	CURL *curl = curl_easy_init();
	long status = 0;

	if (!curl)
		die("libcurl gives no handle");
	curl_easy_setopt(curl, CURLOPT_URL, letter->url);
	curl_easy_setopt(curl, CURLOPT_POST, 1L);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDS, letter->body);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)strlen(letter->body));
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, letter->headers);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, TIMEOUT_MS);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, ignore);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, go_on);
	curl_easy_setopt(curl, CURLOPT_XFERINFODATA, pm);
	if (curl_easy_perform(curl) == CURLE_OK)
		curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_cleanup(curl);
	return status;
}

static void
add(json_t *counts, const char *name)
{
	json_object_set_new(counts, name, json_integer(1 +
	    json_integer_value(json_object_get(counts, name))));
}

static json_t *
counts_of(struct sandbox_postman *pm, const char *about)
{
	json_t *c = json_object_get(pm->counts, about);

	if (!c) {
		c = json_pack("{s:i, s:i, s:i, s:i}", "tries", 0, "delivered", 0,
		    "failed", 0, "last_status", 0);
		json_object_set_new(pm->counts, about, c);
	}
	return c;
}

/* With the lock held again. */
static void
judge(struct sandbox_postman *pm, struct letter *letter, long status)
{
	json_t *c = counts_of(pm, letter->about);
	bool good = (status >= 200 && status <= 204) || status == 102;
	bool again = status == 0 || status == 500 ||
	    (status >= 502 && status <= 504);

	letter->tries++;
	add(c, "tries");
	json_object_set_new(c, "last_status", json_integer(status));
	if (again && letter->tries < TRIES_MOST && !pm->leaving) {
		letter->due_ms = when_mono_ms() +
		    (FIRST_WAIT_MS << (letter->tries - 1));
		queue(pm, letter);
		return;
	}
	add(c, good ? "delivered" : "failed");
	pool_free(letter->pool);
}

static void
wait_until(struct sandbox_postman *pm, int64_t ms)
{
	struct timespec at = { .tv_sec = ms / 1000,
	    .tv_nsec = ms % 1000 * 1000000L };

	pthread_cond_timedwait(&pm->wake, &pm->lock, &at);
}

static void *
work(void *arg)
{
	struct sandbox_postman *pm = arg;
	struct letter *letter;
	long status;

	pthread_mutex_lock(&pm->lock);
	while (!pm->leaving) {
		letter = pm->first;
		if (!letter) {
			pthread_cond_wait(&pm->wake, &pm->lock);
		} else if (letter->due_ms > when_mono_ms()) {
			wait_until(pm, letter->due_ms);
		} else {
			pm->first = letter->next;
			pthread_mutex_unlock(&pm->lock);
			status = post(pm, letter);
			pthread_mutex_lock(&pm->lock);
			judge(pm, letter, status);
		}
	}
	pthread_mutex_unlock(&pm->lock);
	return NULL;
}

struct sandbox_postman *
sandbox_postman_open(struct sandbox *sb)
{
	struct sandbox_postman *pm = POOL_NEW(sb->pool, struct sandbox_postman);
	pthread_condattr_t attr;

	curl_global_init(CURL_GLOBAL_ALL);
	pm->counts = json_object();
	pthread_mutex_init(&pm->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&pm->wake, &attr);
	pthread_condattr_destroy(&attr);
	if (pthread_create(&pm->thread, NULL, work, pm) != 0)
		die("no thread can be made");
	return pm;
}

static void
throw_away(struct sandbox_postman *pm)
{
	struct letter *letter;

	while ((letter = pm->first) != NULL) {
		pm->first = letter->next;
		pool_free(letter->pool);
	}
}

void
sandbox_postman_forget(struct sandbox_postman *pm)
{
	if (!pm)
		return;
	pthread_mutex_lock(&pm->lock);
	throw_away(pm);
	json_object_clear(pm->counts);
	pthread_mutex_unlock(&pm->lock);
}

void
sandbox_postman_close(struct sandbox_postman *pm)
{
	pthread_mutex_lock(&pm->lock);
	pm->leaving = true;
	pthread_cond_signal(&pm->wake);
	pthread_mutex_unlock(&pm->lock);
	pthread_join(pm->thread, NULL);
	throw_away(pm);
	json_decref(pm->counts);
	pthread_cond_destroy(&pm->wake);
	pthread_mutex_destroy(&pm->lock);
	curl_global_cleanup();
}

json_t *
sandbox_postman_counts(struct sandbox_postman *pm, const char *about)
{
	json_t *copy;

	pthread_mutex_lock(&pm->lock);
	copy = json_deep_copy(counts_of(pm, about));
	pthread_mutex_unlock(&pm->lock);
	return copy;
}
