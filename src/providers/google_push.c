/*
 * Writes: each as the smallest patch, conditional on what is known, and silent
 * for guests. In stages, each of them a batch or two:
 *
 *	look	series as they are now, so that all their parts are of one moment
 *	first	masters: insert, patch, delete
 *	then	single dates of series, which hang on their master
 *	see	what is there now: the answer of a single event, a series read again
 */
#include <string.h>
#include "providers/google_p.h"
#include "util/str.h"
#include "util/banned.h"

#define NO_ANSWER "What Google made of it was not in its answer."

struct job {
	const struct provider_write *w;
	struct provider_written *out;
	const char *id;
	struct google_map_parts parts;	/* as Google has it; master NULL = none */
	struct google_map_changes changes;
	const char *if_match;
	bool sent;			/* parts are of now */
	bool ended;			/* out says how */
	bool again;			/* its dates move: patch once more */
};

struct push {
	struct provider_session *session;
	struct pool *pool;
	const char *collection;
	struct google_memory *memory;
	struct google_map_context ctx;
	struct job *jobs;
	size_t count;
};

static void end(struct job *j, const struct err *why)
{
	j->ended = true;
	j->out->err = *why;
}

/* ---- look ---- */

/* What the link kept of it; of a single event that is enough to patch by. */
static void unpack_base(struct push *p, struct job *j)
{
	struct err ignored;

	if (!j->w->base_raw || !google_map_unpack(p->pool, j->w->base_raw,
	    j->w->base_raw_len, &j->parts, &ignored))
		j->parts = (struct google_map_parts){ 0 };
	j->if_match = j->w->version;
}

static bool must_look(const struct job *j)
{
	return j->w->verb != PROVIDER_CREATE && !j->ended &&
	    (!j->parts.master || google_items_is_series(&j->parts));
}

static const char *etag_of(const json_t *event)
{
	const char *etag = google_text(event, "etag");

	return *etag ? etag : NULL;
}

static void take_look(struct push *p, struct job *j,
    const struct google_item *item)
{
	const char *version;
	struct err why = { 0 };

	if (item->err.kind != ERR_NONE) {
		end(j, &item->err);
		return;
	}
	j->parts = item->parts;
	j->if_match = etag_of(item->parts.master);
	version = google_map_version(p->pool, &item->parts);
	if (j->w->version && !str_eq(version, j->w->version)) {
		(void)!err_set(&why, ERR_CONFLICT,
		    "It was changed at Google in the meantime.");
		end(j, &why);
	}
}

static void look(struct push *p)
{
	struct google_item *items = pool_array(p->pool, p->count,
	    sizeof(*items));
	struct job **of = pool_array(p->pool, p->count, sizeof(*of));
	size_t n = 0;

	for (size_t i = 0; i < p->count; i++) {
		unpack_base(p, &p->jobs[i]);
		if (!must_look(&p->jobs[i]))
			continue;
		of[n] = &p->jobs[i];
		items[n++] = (struct google_item){ .id = p->jobs[i].id };
	}
	google_items_read(p->session, p->pool, p->collection, items, n);
	for (size_t i = 0; i < n; i++)
		take_look(p, of[i], &items[i]);
}

/* ---- what is to be sent ---- */

static bool may_write(const struct job *j, struct err *err)
{
	return !j->parts.master || google_map_use(j->parts.master) !=
	    GOOGLE_MAP_READ_ONLY || err_set(err, ERR_FORBIDDEN,
	    "Google lets nobody but its organiser change this event.");
}

static void plan(struct push *p, struct job *j)
{
	struct err why = { 0 };
	bool fine = true;

	if (j->ended || j->w->verb == PROVIDER_REMOVE)
		return;
	fine = j->w->verb == PROVIDER_CREATE ? google_map_insert(p->pool,
	    &p->ctx, j->w->op_id, j->w->event, &j->changes, &why) :
	    may_write(j, &why) && google_map_patch(p->pool, &p->ctx, &j->parts,
	    j->w->event, &j->changes, &why);
	if (!fine)
		end(j, &why);
}

static bool first_part(struct push *p, struct job *j, struct google_part *out)
{
	bool create = j->w->verb == PROVIDER_CREATE;
	bool remove = j->w->verb == PROVIDER_REMOVE;

	if (j->ended || (!remove && !j->changes.master))
		return false;
	*out = (struct google_part){
		.method = create ? "POST" : remove ? "DELETE" : "PATCH",
		.path = google_event_path(p->pool, p->collection,
		    create ? NULL : j->id, GOOGLE_SILENT),
		.body = remove ? NULL : j->changes.master,
		.if_match = create ? NULL : j->if_match,
	};
	return true;
}

static bool is_ours(const struct push *p, const struct job *j,
    const json_t *event)
{
	const json_t *mine = json_object_get(json_object_get(event,
	    "extendedProperties"), "private");

	return str_eq(google_text(mine, "hawserOp"), digest_hex(p->pool,
	    j->w->op_id, sizeof(j->w->op_id)));
}

/* The id of an event that was deleted stays taken: it comes back under it, as
 * it is wanted now. Nothing of the deleted one is worth keeping. */
static void bring_back(struct push *p, struct job *j, const json_t *deleted)
{
	const json_t *sequence = json_object_get(deleted, "sequence");
	json_t *body = jsonx_pack(p->pool, "{s:s}", "status", "confirmed");
	struct google_part part = { .method = "PUT",
	    .path = google_event_path(p->pool, p->collection, j->id,
	    GOOGLE_SILENT), .body = body, .if_match = etag_of(deleted) };

	json_object_update(body, j->changes.master);
	if (json_is_integer(sequence))
		json_object_set_new(body, "sequence", json_integer(
		    json_integer_value(sequence)));
	google_batch_send(p->session, p->pool, &part, 1);
	if (part.err.kind == ERR_NONE && !json_is_object(part.json))
		(void)!err_set(&part.err, ERR_UNCERTAIN, NO_ANSWER);
	if (part.err.kind != ERR_NONE) {
		end(j, &part.err);
		return;
	}
	j->parts = (struct google_map_parts){ .master = part.json };
	j->sent = true;
	j->again = true;
}

/* Its own earlier success, or what somebody deleted since. */
static void find_earlier(struct push *p, struct job *j)
{
	struct google_item item = { .id = j->id };
	struct err why = { 0 };

	google_items_read(p->session, p->pool, p->collection, &item, 1);
	if (item.parts.master && !is_ours(p, j, item.parts.master)) {
		(void)!err_set(&why, ERR_CONFLICT, "Google has another event "
		    "under this name.");
		end(j, &why);
	} else if (item.err.kind == ERR_GONE && item.parts.master) {
		bring_back(p, j, item.parts.master);
	} else if (item.err.kind != ERR_NONE) {
		end(j, &item.err);
	} else {
		j->parts = item.parts;
		j->again = true;	/* its single dates may be missing */
	}
}

static void take_first(struct push *p, struct job *j,
    const struct google_part *part)
{
	if (part->status == 409 && j->w->verb == PROVIDER_CREATE) {
		find_earlier(p, j);
		return;
	}
	if (part->err.kind != ERR_NONE || j->w->verb == PROVIDER_REMOVE) {
		end(j, &part->err);
		return;
	}
	if (!json_is_object(part->json)) {
		struct err why = { 0 };

		(void)!err_set(&why, ERR_UNCERTAIN, NO_ANSWER);
		end(j, &why);
		return;
	}
	j->again = j->changes.moves;
	j->sent = true;
	j->parts.master = part->json;
}

static void send_first(struct push *p)
{
	struct google_part *parts = pool_array(p->pool, p->count,
	    sizeof(*parts));
	struct job **of = pool_array(p->pool, p->count, sizeof(*of));
	size_t n = 0;

	for (size_t i = 0; i < p->count; i++)
		if (first_part(p, &p->jobs[i], &parts[n]))
			of[n++] = &p->jobs[i];
	google_batch_send(p->session, p->pool, parts, n);
	for (size_t i = 0; i < n; i++)
		take_first(p, of[i], &parts[i]);
}

/* ---- single dates ---- */

static void take_instance(struct job *j, const struct google_map_instance *in,
    const struct google_part *part)
{
	if (part->err.kind == ERR_NONE || j->ended || (in->verb ==
	    GOOGLE_MAP_CANCEL && (part->err.kind == ERR_NOT_FOUND ||
	    part->err.kind == ERR_GONE)))
		return;
	end(j, &part->err);
	/* The series is there, its date is not: no word about the item. */
	if (part->err.kind == ERR_NOT_FOUND || part->err.kind == ERR_GONE)
		(void)!err_set(&j->out->err, ERR_INPUT, "Google's series has no "
		    "such date. Change the series as a whole, or make an event "
		    "of its own for that date.");
}

static void send_instances(struct push *p)
{
	struct google_part *parts;
	struct job **of;
	const struct google_map_instance **which;
	size_t n = 0, all = 0;

	for (size_t i = 0; i < p->count; i++)
		if (!p->jobs[i].ended && !p->jobs[i].again)
			all += p->jobs[i].changes.count;
	parts = pool_array(p->pool, all, sizeof(*parts));
	of = pool_array(p->pool, all, sizeof(*of));
	which = pool_array(p->pool, all, sizeof(*which));
	for (size_t i = 0; i < p->count; i++) {
		struct job *j = &p->jobs[i];

		for (size_t k = 0; !j->ended && !j->again &&
		    k < j->changes.count; k++) {
			const struct google_map_instance *in =
			    &j->changes.instances[k];

			which[n] = in;
			of[n] = j;
			parts[n] = (struct google_part){ .method = "PATCH",
			    .path = google_event_path(p->pool, p->collection,
			    in->id, GOOGLE_SILENT), .body = in->body,
			    .if_match = in->etag };
			n++;
		}
	}
	google_batch_send(p->session, p->pool, parts, n);
	for (size_t i = 0; i < n; i++)
		take_instance(of[i], which[i], &parts[i]);
}

/* ---- what is there now ---- */

/* Had it single dates to write, or has it some: the master's answer is not all
 * of it. */
static bool must_see(const struct job *j)
{
	return !j->ended && (j->again || j->changes.count > 0 ||
	    j->parts.count > 0 || (google_items_is_series(&j->parts) &&
	    j->w->verb != PROVIDER_CREATE));
}

static void see(struct push *p)
{
	struct google_item *items = pool_array(p->pool, p->count,
	    sizeof(*items));
	struct job **of = pool_array(p->pool, p->count, sizeof(*of));
	size_t n = 0;

	for (size_t i = 0; i < p->count; i++)
		if (must_see(&p->jobs[i])) {
			of[n] = &p->jobs[i];
			items[n++] = (struct google_item){
				.id = p->jobs[i].id };
		}
	google_items_read(p->session, p->pool, p->collection, items, n);
	google_items_tidy(p->session, p->pool, p->collection, items, n);
	for (size_t i = 0; i < n; i++) {
		if (items[i].err.kind == ERR_NONE) {
			of[i]->sent = true;
			of[i]->parts = items[i].parts;
			of[i]->if_match = etag_of(items[i].parts.master);
			continue;
		}
		end(of[i], &items[i].err);
		if (items[i].err.scope >= ERR_CONNECTION)
			of[i]->out->err.kind = ERR_UNCERTAIN;
	}
}

/* Those whose dates moved, or whose insert had come before: once more by what
 * is there now. */
static bool plan_again(struct push *p)
{
	bool any = false;

	for (size_t i = 0; i < p->count; i++) {
		struct job *j = &p->jobs[i];
		struct err why = { 0 };

		if (j->ended || !j->again) {
			j->changes = (struct google_map_changes){ 0 };
			continue;
		}
		if (!google_map_patch(p->pool, &p->ctx, &j->parts, j->w->event,
		    &j->changes, &why)) {
			end(j, &why);
			continue;
		}
		any |= j->changes.master || j->changes.count > 0;
	}
	return any;
}

/* An insert's second try patches what the first one left. */
static void send_again(struct push *p)
{
	struct provider_write *w;

	for (size_t i = 0; i < p->count; i++) {
		struct job *j = &p->jobs[i];

		if (j->ended || !j->again)
			continue;
		w = POOL_NEW(p->pool, struct provider_write);
		*w = *j->w;
		w->verb = PROVIDER_UPDATE;
		j->w = w;
		j->again = false;
	}
	send_first(p);
	for (size_t i = 0; i < p->count; i++)
		p->jobs[i].again = false;
	send_instances(p);
	see(p);
}

static void tell(struct push *p, struct job *j)
{
	struct provider_written *out = j->out;

	if (j->ended)
		return;
	out->remote_id = j->id;
	out->version = j->sent || !j->w->version ?
	    google_map_version(p->pool, &j->parts) : j->w->version;
	out->raw = google_map_pack(p->pool, &j->parts, &out->raw_len);
	if (!google_map_read(p->pool, &p->ctx, &j->parts, &out->event,
	    &out->err))
		out->event = NULL;
}

bool google_push(struct provider_session *session, struct pool *pool,
    const char *collection_id, const struct provider_write *writes,
    size_t count, struct provider_written *results, struct err *err)
{
	struct push p = { .session = session, .pool = pool, .count = count,
	    .collection = collection_id,
	    .memory = google_memory_of(session, collection_id) };

	if (!google_memory_context(session, p.memory, &p.ctx, err))
		return false;
	p.jobs = pool_array(pool, count, sizeof(*p.jobs));
	for (size_t i = 0; i < count; i++) {
		results[i] = (struct provider_written){ 0 };
		p.jobs[i] = (struct job){ .w = &writes[i], .out = &results[i],
		    .id = writes[i].remote_id ? writes[i].remote_id :
		    google_map_id(pool, writes[i].op_id) };
		google_memory_forget(p.memory, p.jobs[i].id);
	}
	look(&p);
	for (size_t i = 0; i < count; i++)
		plan(&p, &p.jobs[i]);
	send_first(&p);
	send_instances(&p);
	see(&p);
	if (plan_again(&p))
		send_again(&p);
	for (size_t i = 0; i < count; i++)
		tell(&p, &p.jobs[i]);
	return true;
}
