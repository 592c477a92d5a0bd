/*
 * One decision carried out, inside the transaction of its batch. Nothing here
 * talks to a provider: what must be written there stays as a planned push.
 */
#include "sync/engine_p.h"
#include <string.h>
#include "sync/conflict.h"
#include "util/str.h"
#include "util/banned.h"

struct deed {			/* what perform_* functions work on */
	struct batch *bt;
	size_t at;
	struct action_row *row;
	struct item_state *s;
	struct delta_out d;
};

struct stmt_blob perform_format(struct pool *pool, const struct event *e)
{
	struct pool *scratch;
	struct stmt_blob out = { 0 };

	if (!e)
		return out;
	scratch = pool_new(pool);	/* text grows there, by doubling */
	out.data = pool_strdup(pool, event_format(scratch, e));
	out.len = strlen(out.data);
	pool_free(scratch);
	return out;
}

static struct event *base_of(struct pool *pool, const struct link_row *link)
{
	struct event *e;
	struct err ignored = { 0 };

	if (!link || !event_parse(pool, link->base.data, link->base.len, &e,
	    &ignored))
		return NULL;
	return e;
}

static bool done(struct deed *d, bool counts_in)
{
	d->row->phase = PHASE_DONE;
	d->bt->r->row.done++;
	d->bt->r->row.count_in += counts_in;
	return true;
}

/* The row goes on as a push, in the second half of the run. */
static bool turn_to(struct deed *d, enum sync_kind kind)
{
	d->row->kind = kind;
	d->row->phase = PHASE_PLANNED;
	return true;
}

static bool add_conflict(struct deed *d, const char *fields,
    enum event_side winner, struct err *err)
{
	struct run *r = d->bt->r;
	const struct item_state *s = d->s;
	bool there = s->there && !s->there->gone;
	struct conflict_row c = {
		.run_id = r->row.id, .binding_id = d->bt->b->binding_id,
		.event_id = s->here->id, .fields = fields,
		.winner = winner == EVENT_LOCAL ? 1 : 2,
	};

	if (s->link)
		c.base = s->link->base;
	if (s->local != DELTA_GONE)
		c.local = perform_format(d->bt->pool, s->here->event);
	if (there)
		c.remote = perform_format(d->bt->pool, s->there->event);
	r->row.count_conflicts++;
	return store_conflict_add(r->db, r->org, &c, err);
}

static bool image_here(struct deed *d, struct err *err)
{
	return journal_image_event(d->bt->r, d->bt->pool, d->row, IMAGE_LOCAL,
	    d->s->here->event, err);
}

/* The link as the provider holds it now. */
static struct link_row link_there(const struct deed *d, uint64_t event_id)
{
	const struct provider_item *t = d->s->there;

	return (struct link_row){
		.binding_id = d->bt->b->binding_id, .event_id = event_id,
		.remote_key = d->row->remote_key,
		.remote_id = t->remote_id ? t->remote_id : d->row->remote_id,
		.version = t->version,
		.remote_raw = { t->raw, t->raw_len },
	};
}

void perform_fill(struct pool *pool, struct link_row *link,
    const struct event *there, const struct digest *local_hash, uint64_t rev)
{
	link->base = perform_format(pool, there);
	link->remote_hash = event_hash(pool, there);
	link->local_hash = local_hash ? *local_hash : link->remote_hash;
	link->synced_rev = rev;
}

bool perform_agree(struct run *r, const struct cursor_row *b,
    struct pool *pool, struct link_row *link, const struct event *there,
    const struct digest *local_hash, uint64_t rev, struct err *err)
{
	perform_fill(pool, link, there, local_hash, rev);
	if (!store_link_put(r->db, r->org, link, b->generation, err))
		return false;
	return rev == 0 || store_pending_remove(r->db, r->org, b->binding_id,
	    link->event_id, rev, err);
}

static bool agree(struct deed *d, uint64_t event_id,
    const struct digest *local_hash, uint64_t rev, struct err *err)
{
	struct link_row link = link_there(d, event_id);

	d->row->event_id = event_id;
	d->bt->recount = true;
	return perform_agree(d->bt->r, d->bt->b, d->bt->pool, &link,
	    d->s->there->event, local_hash, rev, err) &&
	    journal_clear(d->bt->r, d->bt->b, d->row, err);
}

/* What needs no more than its rows is written with the others of its kind. */
static bool is_plain(const struct deed *d)
{
	const struct item_state *s = d->s;

	return s->link && s->link->event_id == s->here->id &&
	    digest_eq(&s->link->remote_key, &d->row->remote_key) &&
	    s->here->event && s->here->event->override_count == 0 &&
	    s->here->deleted_at == WHEN_NONE &&
	    s->here->calendar_id == d->bt->b->calendar_id && !d->d.conflict &&
	    (!s->there || s->there->gone || s->there->event->override_count == 0);
}

static bool leave_for_last(struct deed *d, struct batch_later *later)
{
	later->items[later->count++] = (struct batch_item){ d->at, d->s->here,
	    d->s->link, d->s->there_hash, d->s->local == DELTA_SAME &&
	    digest_eq(&d->s->link->local_hash, &d->s->link->remote_hash) };
	d->row->event_id = d->s->here->id;
	return done(d, true);
}

static bool pull_update(struct deed *d, struct err *err)
{
	const struct stored_event *here = d->s->here;
	uint64_t rev;

	if (is_plain(d))
		return leave_for_last(d, &d->bt->updates);
	return image_here(d, err) &&
	    (!d->d.conflict || add_conflict(d, "the event is read-only there",
	    EVENT_REMOTE, err)) &&
	    store_event_put_if(d->bt->r->db, d->bt->r->org, here->id, here->rev,
	    d->s->there->event, &rev, err) &&
	    agree(d, here->id, NULL, rev, err) && done(d, true);
}

static bool forget_link(struct deed *d, struct err *err)
{
	struct run *r = d->bt->r;
	const struct stored_event *here = d->s->here;

	d->bt->recount = true;
	if (d->s->link && !store_link_remove(r->db, r->org, d->s->link->id, err))
		return false;
	return journal_clear(r, d->bt->b, d->row, err) &&
	    (!here || store_pending_remove(r->db, r->org, d->bt->b->binding_id,
	    here->id, here->rev, err));
}

static bool pull_delete(struct deed *d, struct err *err)
{
	struct run *r = d->bt->r;

	if (is_plain(d))
		return leave_for_last(d, &d->bt->deletes);
	return image_here(d, err) &&
	    (!d->d.conflict || add_conflict(d, "deleted there, changed here",
	    EVENT_REMOTE, err)) && forget_link(d, err) &&
	    store_event_remove(r->db, r->org, d->s->here->id, NULL, err) &&
	    done(d, true);
}

/* Deletes found after the guard had spoken wait with the others. */
static bool hold(struct deed *d)
{
	d->row->phase = PHASE_HELD;
	d->row->message = "Waits for your answer.";
	return true;
}

static void settle(struct deed *d, struct conflict_out *out);
static bool pull_create(struct deed *d);

/* It lies in another calendar now. */
static bool is_moved(const struct deed *d)
{
	return d->s->here->deleted_at == WHEN_NONE &&
	    d->s->here->calendar_id != d->bt->b->calendar_id;
}

/* Changed there after the move: the change goes along, what is left there goes. */
static bool follow_move(struct deed *d, struct err *err)
{
	struct run *r = d->bt->r;
	const struct stored_event *here = d->s->here;
	struct conflict_out c;
	uint64_t rev = here->rev;

	d->s->local = DELTA_CHANGED;
	d->d.write_here = true;
	settle(d, &c);
	d->row->reason = "Moved here and changed there: the change goes along.";
	if ((c.clash && !add_conflict(d, c.fields, c.winner, err)) ||
	    (c.here && (!image_here(d, err) || !store_event_put_if(r->db,
	    r->org, here->id, here->rev, c.merged, &rev, err))) ||
	    !agree(d, here->id, NULL, 0, err) || !store_pending_add(r->db,
	    r->org, d->bt->b->binding_id, here->id, rev, err))
		return false;
	r->row.count_in += c.here;
	return turn_to(d, SYNC_PUSH_DELETE) &&
	    (r->row.guard != GUARD_HELD || hold(d));
}

/* What only comes from there comes again, beside the one that was moved. */
static bool stay_behind(struct deed *d, struct err *err)
{
	if (!forget_link(d, err))
		return false;
	d->row->event_id = d->row->link_id = 0;
	return pull_create(d);
}

static bool restore_local(struct deed *d, struct err *err)
{
	struct run *r = d->bt->r;
	uint64_t id = d->s->here->id, rev;

	if (is_moved(d))
		return d->bt->b->direction == BINDING_BOTH && !d->bt->b->
		    read_only ? follow_move(d, err) : stay_behind(d, err);
	return (!d->d.conflict || add_conflict(d, "deleted here, changed there",
	    EVENT_REMOTE, err)) &&
	    store_event_restore(r->db, r->org, id, NULL, err) &&
	    store_event_put(r->db, r->org, id, d->s->there->event, &rev, err) &&
	    agree(d, id, NULL, rev, err) && done(d, true);
}

static bool restore_remote(struct deed *d, struct err *err)
{
	struct run *r = d->bt->r;
	const struct stored_event *here = d->s->here;

	if (d->d.conflict && !add_conflict(d, "changed here, deleted there",
	    EVENT_LOCAL, err))
		return false;
	if (!forget_link(d, err) || !store_pending_add(r->db, r->org,
	    d->bt->b->binding_id, here->id, here->rev, err))
		return false;
	d->row->event_id = here->id;
	d->row->link_id = 0;
	d->row->version = NULL;
	memset(&d->row->remote_key, 0, sizeof(d->row->remote_key));
	return turn_to(d, SYNC_PUSH_CREATE);
}

static bool drop_link(struct deed *d, struct err *err)
{
	if (d->d.conflict && d->s->here && !add_conflict(d,
	    "deleted on one side, changed on the other",
	    d->d.remote_won ? EVENT_REMOTE : EVENT_LOCAL, err))
		return false;
	return forget_link(d, err) && done(d, false);
}

/* New link, old versions of both: who takes what. */
static void settle(struct deed *d, struct conflict_out *out)
{
	const struct item_state *s = d->s;
	struct conflict_in in = {
		.policy = (enum binding_policy)d->bt->b->policy,
		.base = base_of(d->bt->pool, s->link),
		.local = s->here->event, .remote = s->there->event,
		.local_at = s->here->updated_at,
		.remote_at = s->there->changed_at,
	};

	if (!d->d.write_here)
		in.policy = POLICY_LOCAL_WINS;
	conflict_settle(d->bt->pool, &in, out);
	if (d->d.write_here)
		return;
	/* Only the other side is written: it gets all of this one. */
	out->merged = event_copy(d->bt->pool, s->here->event);
	out->here = false;
	out->there = !digest_eq(&s->here_hash, &s->there_hash);
}

static bool merge(struct deed *d, struct err *err)
{
	struct run *r = d->bt->r;
	const struct stored_event *here = d->s->here;
	struct conflict_out c;
	uint64_t rev = here->rev;

	settle(d, &c);
	d->row->reason = pool_printf(d->bt->pool, "%s %s", d->d.reason,
	    c.reason);
	if ((c.clash && !add_conflict(d, c.fields, c.winner, err)) ||
	    (c.here && (!image_here(d, err) || !store_event_put_if(r->db,
	    r->org, here->id, here->rev, c.merged, &rev, err))))
		return false;
	if (!c.there)
		return agree(d, here->id, NULL, rev, err) && done(d, c.here);
	if (!agree(d, here->id, NULL, 0, err) || !store_pending_add(r->db,
	    r->org, d->bt->b->binding_id, here->id, rev, err))
		return false;
	r->row.count_in += c.here;
	return d->d.write_there ? turn_to(d, SYNC_PUSH_UPDATE) : done(d, false);
}

static bool adopt(struct deed *d, struct err *err)
{
	return agree(d, d->s->here->id, &d->s->here_hash, d->s->here->rev, err) &&
	    done(d, false);
}

/* Nothing to do but to note that the tag is another one now. */
static bool nothing(struct deed *d, struct err *err)
{
	const struct item_state *s = d->s;
	struct run *r = d->bt->r;

	d->row->phase = PHASE_SKIPPED;
	r->row.done++;
	if (s->link && s->there && !s->there->gone && s->remote == DELTA_SAME &&
	    !store_link_put_version(r->db, r->org, s->link->id,
	    s->there->version, err))
		return false;
	if (s->link && s->here && s->local == DELTA_SAME && s->remote ==
	    DELTA_SAME && (!store_link_put_rev(r->db, r->org, s->link->id,
	    s->here->rev, err) || !store_pending_remove(r->db, r->org,
	    d->bt->b->binding_id, s->here->id, s->here->rev, err)))
		return false;
	return d->d.waits || journal_clear(r, d->bt->b, d->row, err);
}

static bool pull_create(struct deed *d)
{
	d->bt->creates.items[d->bt->creates.count++] = (struct batch_item){
		.at = d->at, .hash = d->s->there_hash };
	return done(d, true);
}

/* The version that was just read is the one to write against. */
static bool push_later(struct deed *d, struct err *err)
{
	const struct item_state *s = d->s;
	struct run *r = d->bt->r;

	if (s->link && s->there && !s->there->gone &&
	    !store_link_put_version(r->db, r->org, s->link->id,
	    s->there->version, err))
		return false;
	if (s->there)
		d->row->version = s->there->version;
	return turn_to(d, d->d.kind);
}

static bool carry_out(struct deed *d, struct err *err)
{
	switch (d->d.kind) {
	case SYNC_PULL_CREATE: return pull_create(d);
	case SYNC_PULL_UPDATE: return pull_update(d, err);
	case SYNC_PULL_DELETE: return pull_delete(d, err);
	case SYNC_RESTORE_LOCAL: return restore_local(d, err);
	case SYNC_RESTORE_REMOTE: return restore_remote(d, err);
	case SYNC_DROP_LINK: return drop_link(d, err);
	case SYNC_MERGE: return merge(d, err);
	case SYNC_ADOPT: return adopt(d, err);
	case SYNC_PUSH_CREATE: case SYNC_PUSH_UPDATE: case SYNC_PUSH_DELETE:
		return push_later(d, err);
	default: return nothing(d, err);
	}
}

/* A write of ours whose answer was lost: what is there is what we sent. */
static bool is_echo(const struct deed *d)
{
	const struct item_state *s = d->s;

	return s->link && s->there && !s->there->gone &&
	    s->local != DELTA_GONE && !digest_is_zero(&d->row->intent_hash) &&
	    digest_eq(&s->there_hash, &d->row->intent_hash);
}

static bool confirm_echo(struct deed *d, struct err *err)
{
	const struct item_state *s = d->s;
	bool current = digest_eq(&s->here_hash, &d->row->intent_hash);

	d->row->kind = SYNC_PUSH_UPDATE;
	d->row->message = "Its answer was lost; it had arrived.";
	d->bt->r->row.count_out++;
	return journal_image(d->bt->r, d->bt->pool, d->row, IMAGE_REMOTE,
	    s->link->base.data, s->link->base.len, err) &&
	    agree(d, s->here->id, &d->row->intent_hash,
	    current ? s->here->rev : 0, err) && done(d, false);
}

/* A person's answer is carried out as it stands, if it still can be. */
static bool is_answer(const struct deed *d)
{
	const struct item_state *s = d->s;

	if (!str_eq(d->row->message, RUN_ANSWERED))
		return false;
	if (d->row->kind == SYNC_RESTORE_REMOTE)
		return s->local != DELTA_GONE && s->remote != DELTA_CHANGED;
	return d->row->kind == SYNC_RESTORE_LOCAL && s->here && s->there &&
	    !s->there->gone && s->local == DELTA_GONE;
}

bool perform_row(struct batch *bt, size_t i, struct item_state *s,
    struct err *err)
{
	struct deed d = { bt, i, &bt->out[i], s, { 0 } };
	enum sync_kind planned = (enum sync_kind)d.row->kind;

	if (s->here && s->here->event)
		d.row->title = journal_clip(bt->pool,
		    s->here->event->master.summary);
	else if (s->there && s->there->event)
		d.row->title = journal_clip(bt->pool,
		    s->there->event->master.summary);
	if (s->there && s->there->remote_id)
		d.row->version = s->there->version;
	if (is_echo(&d))
		return confirm_echo(&d, err);
	d.d = decide_item(bt->b, s);
	if (is_answer(&d))
		d.d = (struct delta_out){ .kind = planned,
		    .reason = d.row->reason };
	else if (planned == SYNC_FETCH || d.d.kind != planned)
		d.row->reason = d.d.reason;
	if (delta_is_delete(d.d.kind) && planned == SYNC_FETCH &&
	    bt->r->row.guard == GUARD_HELD) {
		d.row->kind = d.d.kind;
		return hold(&d);
	}
	d.row->kind = d.d.kind;
	return carry_out(&d, err);
}
