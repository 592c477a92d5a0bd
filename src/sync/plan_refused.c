/*
 * A collection that cannot be listed: is it gone, or is it the way there? Must
 * not remove anything here.
 */
#include "sync/engine_p.h"
#include "util/log.h"
#include "util/str.h"
#include "util/banned.h"

struct missing { struct cursor_row *b; bool twice; };

static bool write_missing(struct run *r, void *arg, struct err *err)
{
	const struct missing *m = arg;

	r->row.message = pool_printf(r->pool, "\"%s\" is not there any more. "
	    "Its events stay here; choose it again or remove it.",
	    str_cut(r->pool, m->b->collection_name, 80));
	return store_cursor_put_missing(r->db, r->org, m->b->collection_id, true,
	    err) && (!m->twice || store_cursor_pause(r->db, r->org,
	    m->b->binding_id, err)) && store_action_skip(r->db, r->org,
	    r->row.id, m->b->binding_id, "The calendar is not there any more.",
	    err) && store_run_put(r->db, r->org, &r->row, err);
}

/* Believed only when the list of collections says so too; nothing here is
 * removed for it, and at the second time it is left alone until a person
 * answers. */
static bool confirm_missing(struct run *r, struct cursor_row *b,
    bool *gone_out, struct err *err)
{
	struct provider_collection *all;
	struct missing m = { b, b->missing_since != WHEN_NONE };
	size_t n;

	if (!journal_may_call(r, err) || !r->session->provider->list_collections(
	    r->session, r->pool, &all, &n, err))
		return false;
	*gone_out = true;
	for (size_t i = 0; i < n; i++)
		if (str_eq(all[i].remote_id, b->remote_id))
			*gone_out = false;
	return !*gone_out || journal_tx(r, "missing", write_missing, &m, err);
}

struct refusal { struct cursor_row *b; const char *msg; };

static bool write_refusal(struct run *r, void *arg, struct err *err)
{
	const struct refusal *f = arg;

	r->row.message = journal_clip(r->pool, pool_printf(r->pool,
	    "\"%s\": %s", str_cut(r->pool, f->b->collection_name, 60),
	    f->msg));
	return store_action_skip(r->db, r->org, r->row.id, f->b->binding_id,
	    "Its calendar could not be listed.", err) &&
	    store_run_put(r->db, r->org, &r->row, err);
}

/* What concerns one collection alone ends here; the others go on. */
bool plan_refused(struct run *r, struct cursor_row *b,
    const struct err *why, bool *skip_out, struct err *err)
{
	struct refusal f = { b, why->msg };

	*skip_out = true;
	if (why->kind == ERR_NOT_FOUND && why->scope <= ERR_COLLECTION) {
		bool gone;

		if (!confirm_missing(r, b, &gone, err))
			return false;
		if (gone) {
			r->refused = true;
			return true;
		}
	} else if (why->scope != ERR_COLLECTION || why->kind == ERR_LIMIT ||
	    why->kind == ERR_TIMEOUT || why->kind == ERR_RECONNECT) {
		*err = *why;
		return false;
	}
	log_err("collection skipped", why);
	r->refused = true;
	return journal_tx(r, "refusal", write_refusal, &f, err);
}
