/* A provider in shared memory with a ledger and faults. */
#include "t/sync/provider_fake.h"
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "util/str.h"
#include "util/banned.h"

static struct fake *fake;

struct fake *fake_new(void)
{
	struct fake *f = mmap(NULL, sizeof(*f), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (f == MAP_FAILED)
		die("no shared memory");
	fake = f;
	return f;
}

void fake_use(struct fake *f)
{
	fake = f;
}

void fake_forget(struct fake *f)
{
	munmap(f, sizeof(*f));
}

static void lock(struct fake *f)
{
	while (__sync_lock_test_and_set(&f->lock, 1))
		sched_yield();
}

static void unlock(struct fake *f)
{
	__sync_lock_release(&f->lock);
}

struct event *fake_event(struct pool *pool, const char *uid,
    const char *title, const char *place)
{
	struct event *e = POOL_NEW(pool, struct event);

	e->uid = pool_strdup(pool, uid);
	e->kind = "event";
	e->zones = "";
	e->has_master = true;
	e->master = (struct event_part){
		.summary = pool_strdup(pool, title),
		.location = pool_strdup(pool, place), .extra = "",
		.start = { 2026, 11, 20, 9, 0, 0 },
		.end = { 2026, 11, 20, 10, 0, 0 },
		.zone_kind = EVENT_ZONE_UTC,
	};
	return e;
}

static struct fake_object *by_id(struct fake *f, const char *id)
{
	for (size_t i = 0; i < f->count; i++)
		if (str_eq(f->objects[i].id, id))
			return &f->objects[i];
	return NULL;
}

struct fake_object *fake_find(struct fake *f, const char *uid)
{
	for (size_t i = 0; i < f->count; i++)
		if (str_eq(f->objects[i].uid, uid) && !f->objects[i].gone)
			return &f->objects[i];
	return NULL;
}

static struct fake_object *add(struct fake *f, const char *id, const char *uid)
{
	struct fake_object *o = by_id(f, id);

	if (!o) {
		if (f->count == FAKE_OBJECTS)
			die("the fake is full");
		o = &f->objects[f->count++];
	}
	o->gone = false;
	snprintf(o->id, sizeof(o->id), "%s", id);
	snprintf(o->uid, sizeof(o->uid), "%s", uid);
	return o;
}

static void save(struct fake *f, struct fake_object *o, const struct event *e)
{
	struct pool *pool = pool_new(NULL);
	struct event *kept = event_copy(pool, e);

	/* A server that keeps texts its own way. */
	if (f->rewrites && !kept->master.description)
		kept->master.description = "kept by the server";
	if (snprintf(o->text, sizeof(o->text), "%s", event_format(pool, kept)) >=
	    (int)sizeof(o->text))
		die("too large for the fake");
	o->version = o->changed = ++f->seq;
	pool_free(pool);
}

struct fake_object *fake_put(struct fake *f, const char *uid,
    const char *title, const char *place)
{
	struct pool *pool = pool_new(NULL);
	struct fake_object *o = fake_find(f, uid);

	if (!title) {
		if (o) {
			o->gone = true;
			o->changed = ++f->seq;
		}
	} else {
		if (!o)
			o = add(f, pool_printf(pool, "/cal/%s.ics", uid), uid);
		save(f, o, fake_event(pool, uid, title, place));
	}
	pool_free(pool);
	return o;
}

size_t fake_alive(const struct fake *f)
{
	size_t n = 0;

	for (size_t i = 0; i < f->count; i++)
		n += !f->objects[i].gone;
	return n;
}

int fake_writes(const struct fake *f)
{
	return f->creates + f->updates + f->removes;
}

static struct event *read_object(struct pool *pool,
    const struct fake_object *o)
{
	struct event *e;
	struct err err = { 0 };

	if (!event_parse(pool, o->text, strlen(o->text), &e, &err))
		die("the fake holds rubbish: %s", err.msg);
	return e;
}

const char *fake_words(struct pool *pool, struct fake *f, const char *uid)
{
	struct fake_object *o = fake_find(f, uid);
	struct event *e;

	if (!o)
		return NULL;
	e = read_object(pool, o);
	return pool_printf(pool, "%s/%s", e->master.summary,
	    e->master.location ? e->master.location : "");
}

static const char *tag(struct pool *pool, const struct fake_object *o)
{
	return pool_printf(pool, "\"v%llu\"", (unsigned long long)o->version);
}

static bool fails(int *left, struct err *err)
{
	if (*left <= 0)
		return false;
	if (fake->fail_after > 0) {
		fake->fail_after--;
		return false;
	}
	--*left;
	err_set_scope(err, fake->fail_kind, ERR_CONNECTION, "The fake fails.");
	err->retry_after_secs = fake->retry_after_secs;
	return true;
}

/* ---- the operations ---- */

static bool fake_list_collections(struct provider_session *session,
    struct pool *pool, struct provider_collection **out, size_t *count_out,
    struct err *err)
{
	(void)session;
	(void)err;
	*out = pool_array(pool, 1, sizeof(**out));
	(*out)[0] = (struct provider_collection){ .remote_id = "/cal/a/",
	    .name = "Work" };
	*count_out = !fake->missing;
	return true;
}

static void fill(struct pool *pool, struct provider_changes *out,
    unsigned long long since, size_t from, size_t most)
{
	size_t n = 0;

	out->entries = pool_array(pool, fake->count + 1,
	    sizeof(*out->entries));
	for (size_t i = from; i < fake->count && n < most; i++) {
		const struct fake_object *o = &fake->objects[i];
		bool tells = since ? o->changed > since : !o->gone;

		n++;
		if (!tells || fake->empty)
			continue;
		out->entries[out->count++] = (struct provider_entry){
			.remote_id = pool_strdup(pool, o->id),
			.version = tag(pool, o), .gone = o->gone };
	}
}

static bool changes_locked(struct pool *pool, const char *cursor,
    const char *page_cursor, struct provider_changes *out, struct err *err)
{
	unsigned long long since = 0, first = fake->seq + 1;
	size_t from = 0, most = fake->page_size ? fake->page_size : SIZE_MAX;
	unsigned long from_text = 0;

	fake->lists++;
	if (fails(&fake->fail_lists, err))
		return false;
	if (fake->missing)
		return err_set_scope(err, ERR_NOT_FOUND, ERR_COLLECTION,
		    "There is no such calendar.");
	if (cursor && *cursor && fake->cursor_lost) {
		fake->cursor_lost = false;
		return err_set_scope(err, ERR_GONE, ERR_COLLECTION,
		    "The cursor is lost.");
	}
	if (cursor && *cursor)
		since = strtoull(cursor, NULL, 10);
	if (page_cursor && sscanf(page_cursor, "%lu %llu", &from_text,
	    &first) == 2)
		from = from_text;
	*out = (struct provider_changes){ .listing = since == 0 };
	fill(pool, out, since, from, most);
	out->complete = fake->count - from <= most || from >= fake->count;
	if (out->complete)
		out->cursor = pool_printf(pool, "%llu", first);
	else
		out->page_cursor = pool_printf(pool, "%zu %llu", from + most,
		    first);
	return true;
}

/* A long listing while it comes, and its end before it is whole. */
static bool hand_over(const struct provider_since *since,
    struct provider_changes *out, struct err *err)
{
	size_t n = fake->part_size;

	for (int part = 1; n && since->take && out->listing && out->count > n;
	    part++) {
		if (part == fake->fail_part)
			return err_set_scope(err, ERR_FORBIDDEN,
			    ERR_CONNECTION, "The fake ends here.");
		if (!since->take(since->take_arg, out->entries, n, err))
			return false;
		out->entries += n;
		out->count -= n;
	}
	return true;
}

static bool fake_changes(struct provider_session *session, struct pool *pool,
    const struct provider_since *since, struct provider_changes *out,
    struct err *err)
{
	const char *page_cursor = since->page_cursor;
	bool fine;

	(void)session;
	lock(fake);
	if (fake->seq == 0)
		fake->seq = 1;
	fine = changes_locked(pool, since->cursor, page_cursor, out, err) &&
	    hand_over(since, out, err);
	/* The change counter of before the first page is the cursor. */
	if (fine && out->complete && !page_cursor)
		out->cursor = pool_printf(pool, "%llu",
		    (unsigned long long)fake->seq);
	else if (fine && !out->complete && !page_cursor)
		out->page_cursor = pool_printf(pool, "%zu %llu",
		    fake->page_size, (unsigned long long)fake->seq);
	unlock(fake);
	return fine;
}

static void answer(struct pool *pool, const char *id,
    struct provider_item *out)
{
	const struct fake_object *o = by_id(fake, id);

	*out = (struct provider_item){ .remote_id = id };
	if (!o || o->gone) {
		out->gone = true;
		return;
	}
	out->version = tag(pool, o);
	if (o->poison) {
		err_set(&out->err, ERR_INPUT, "It has no start.");
		return;
	}
	out->event = read_object(pool, o);
	out->raw = pool_strdup(pool, o->text);
	out->raw_len = strlen(o->text);
	out->changed_at = (when_t)o->changed;
}

static bool fake_fetch(struct provider_session *session, struct pool *pool,
    const char *collection_id, const char *const *ids, size_t count,
    struct provider_item *out, struct err *err)
{
	bool fine;

	(void)session;
	(void)collection_id;
	lock(fake);
	fake->fetches++;
	fine = !fails(&fake->fail_fetches, err);
	for (size_t i = 0; i < count && fine; i++)
		answer(pool, pool_strdup(pool, ids[i]), &out[i]);
	fake->fetched += fine ? (int)count : 0;
	unlock(fake);
	return fine;
}

static void create(struct pool *pool, const struct provider_write *w,
    struct provider_written *out)
{
	char *id = pool_printf(pool, "/cal/%s.ics", digest_hex(pool, w->op_id,
	    16));
	struct fake_object *o = by_id(fake, id), *same;

	out->remote_id = id;
	if (o && !o->gone)
		return;		/* made by the first try */
	same = fake_find(fake, w->event->uid);
	if (same) {
		err_set(&out->err, ERR_CONFLICT, "This UID is there already.");
		return;
	}
	o = add(fake, id, w->event->uid);
	save(fake, o, w->event);
	o->writes++;
	fake->creates++;
}

static void change(const struct provider_write *w,
    struct provider_written *out, struct pool *pool)
{
	struct fake_object *o = by_id(fake, w->remote_id);

	out->remote_id = w->remote_id;
	if (!o || o->gone) {
		err_set(&out->err, ERR_NOT_FOUND, "There is no such event.");
		return;
	}
	if (w->version && !str_eq(w->version, tag(pool, o))) {
		fake->refused_late++;
		err_set(&out->err, ERR_CONFLICT, "It was changed meanwhile.");
		return;
	}
	if (w->verb == PROVIDER_REMOVE) {
		o->gone = true;
		o->changed = ++fake->seq;
		fake->removes++;
		return;
	}
	save(fake, o, w->event);
	o->writes++;
	fake->updates++;
}

static void write_one(struct pool *pool, const struct provider_write *w,
    struct provider_written *out)
{
	const struct fake_object *o;

	*out = (struct provider_written){ 0 };
	/* Somebody else is always a moment faster. */
	if (fake->move_on_write && w->remote_id &&
	    (o = by_id(fake, w->remote_id)) && !o->gone)
		fake_put(fake, o->uid, pool_printf(pool, "moved %llu",
		    (unsigned long long)fake->seq), "x");
	if (w->event && strstr(w->event->master.summary, "poison"))
		err_set(&out->err, ERR_INPUT, "The server does not take it.");
	else if (fake->full && w->verb == PROVIDER_CREATE)
		err_set(&out->err, ERR_LIMIT, "The storage is full.");
	else if (fake->missing)
		err_set_scope(&out->err, ERR_NOT_FOUND, ERR_COLLECTION,
		    "There is no such calendar.");
	else if (w->verb == PROVIDER_CREATE)
		create(pool, w, out);
	else
		change(w, out, pool);
	o = out->remote_id ? by_id(fake, out->remote_id) : NULL;
	if (out->err.kind != ERR_NONE || !o || o->gone)
		return;
	out->version = tag(pool, o);
	out->event = read_object(pool, o);
	out->raw = pool_strdup(pool, o->text);
	out->raw_len = strlen(o->text);
}

static bool fake_push(struct provider_session *session, struct pool *pool,
    const char *collection_id, const struct provider_write *writes,
    size_t count, struct provider_written *results, struct err *err)
{
	bool late, refused;

	(void)session;
	(void)collection_id;
	lock(fake);
	fake->pushes++;
	late = fake->fail_late;
	refused = fails(&fake->fail_pushes, err);
	if (refused && !late) {
		unlock(fake);
		return false;
	}
	for (size_t i = 0; i < count; i++) {
		write_one(pool, &writes[i], &results[i]);
		if (refused)
			err_set(&results[i].err, ERR_UNCERTAIN,
			    "The answer did not come.");
	}
	unlock(fake);
	return true;
}

const struct provider fake_provider = {
	.name = "fake", .label = "Fake", .about = "Fake",
	.flags = PROVIDER_DELTA | PROVIDER_CONDITIONAL | PROVIDER_CLIENT_IDS,
	.app = provider_unsupported_app,
	.discover = provider_unsupported_discover,
	.list_collections = fake_list_collections,
	.changes = fake_changes, .fetch = fake_fetch, .push = fake_push,
	.watch = provider_unsupported_watch,
	.unwatch = provider_unsupported_unwatch,
};
