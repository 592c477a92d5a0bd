/* Conflicts: the list, and one with its versions side by side. */
#include <string.h>
#include "acts/acts_conflict.h"
#include "util/str.h"
#include "views/tpl_conflict.h"
#include "views/tpl_conflicts.h"
#include "web/page.h"
#include "web/words.h"
#include "util/banned.h"

static const char *
winner_words(struct web *web, const struct acts_conflict *c)
{
	return c->winner == ACTS_CONFLICT_HERE ? "ours was taken" :
	    pool_printf(web->pool, "%s’s was taken", c->there);
}

bool
page_conflict_list(struct web *web, struct err *err)
{
	struct tpl_page page = web_page(web, "Conflicts", WEB_NAV_CONFLICTS);
	const struct zone *zone = words_zone(web->time_zone);
	struct tpl_conflicts view = { .page = &page };
	struct tpl_conflicts_row *rows;
	struct acts_conflict *list;
	when_t now = when_now();
	size_t n;

	view.all = str_eq(request_query(web->req, "all"), "1");
	if (!acts_conflict_list(&web->act, !view.all, &list, &n, err))
		return false;
	rows = pool_array(web->pool, n + 1, sizeof(*rows));
	for (size_t i = 0; i < n; i++)
		rows[i] = (struct tpl_conflicts_row){
			.id = (int64_t)list[i].id, .title = list[i].title,
			.calendar = list[i].calendar_name,
			.fields = list[i].fields,
			.winner = winner_words(web, &list[i]),
			.ago = words_ago(web->pool, now, list[i].created_at,
			    zone),
			.exact = words_exact(web->pool, list[i].created_at,
			    zone, web->time_zone),
			.open = list[i].resolved_at == WHEN_NONE,
		};
	view.rows = rows;
	view.rows_count = n;
	tpl_conflicts(&web->reply->body, &view);
	return true;
}

/* What of a text is not as in the last agreed one, in whole words; all of it
 * when nothing but leaving out makes the difference. */
static void
differing(struct pool *pool, const char *base, const char *text,
    const char **before_out, const char **mark_out, const char **after_out)
{
	size_t len = text ? strlen(text) : 0, old = base ? strlen(base) : 0;
	size_t head = 0, tail = 0, n;

	for (n = 0; n < len && n < old && text[n] == base[n]; n++)
		if (text[n] == ' ' || text[n] == '\n')
			head = n + 1;
	if (n == old && n < len && text[n] == ' ')
		head = n + 1;
	for (n = 0; n + head < len && n + head < old &&	/* head may be old + 1 */
	    text[len - n - 1] == base[old - n - 1]; n++)
		if (text[len - n - 1] == ' ' || text[len - n - 1] == '\n')
			tail = n + 1;
	if (head + tail >= len)
		head = tail = 0;
	*before_out = pool_strndup(pool, text ? text : "", head);
	*mark_out = pool_strndup(pool, text ? text + head : "",
	    len - head - tail);
	*after_out = text ? text + len - tail : "";
}

static struct tpl_conflict_field *
fill_fields(struct web *web, const struct acts_conflict_view *v)
{
	struct tpl_conflict_field *out = pool_array(web->pool,
	    v->field_count + 1, sizeof(*out));

	for (size_t i = 0; i < v->field_count; i++) {
		const struct event_words_field *f = &v->fields[i];
		bool ours = v->head.winner == ACTS_CONFLICT_HERE;

		out[i] = (struct tpl_conflict_field){
			.label = f->label, .base = f->base, .here = f->here,
			.there = f->there, .here_differs = f->here_differs,
			.there_differs = f->there_differs, .clash = f->clash,
			.here_kept = f->clash ? ours : f->here_differs,
			.there_kept = f->clash ? !ours : f->there_differs,
		};
		differing(web->pool, f->base, f->here, &out[i].here_before,
		    &out[i].here_mark, &out[i].here_after);
		differing(web->pool, f->base, f->there, &out[i].there_before,
		    &out[i].there_mark, &out[i].there_after);
	}
	return out;
}

static const char *
summary(struct web *web, const struct acts_conflict_view *v)
{
	const char *winner = v->head.winner == ACTS_CONFLICT_HERE ? "ours" :
	    "the other side’s";
	size_t clashes = 0, merged = 0;

	for (size_t i = 0; i < v->field_count; i++) {
		clashes += v->fields[i].clash;
		merged += !v->fields[i].clash && (v->fields[i].here_differs ||
		    v->fields[i].there_differs);
	}
	if (!v->here || !v->there)
		return pool_printf(web->pool, "It was deleted on one side and "
		    "changed on the other; %s was taken.", winner);
	return pool_printf(web->pool, "%s. %s %s: %s was taken.", merged ?
	    "What changed on one side alone was merged" :
	    "Nothing else had changed", words_count(web->pool, clashes,
	    "field", "fields"), clashes == 1 ? "clashes" : "clash", winner);
}

/* The next older one that is open, so that one can go through them. */
static bool
find_next(struct web *web, uint64_t id, const char **href_out, struct err *err)
{
	struct acts_conflict *list;
	size_t n;

	*href_out = "";
	if (!acts_conflict_list(&web->act, true, &list, &n, err))
		return false;
	for (size_t i = 0; i < n; i++)
		if (list[i].id != id) {
			*href_out = pool_printf(web->pool,
			    "/settings/conflicts/%llu",
			    (unsigned long long)list[i].id);
			if (list[i].id < id)
				break;
		}
	return true;
}

bool
page_conflict_show(struct web *web, struct err *err)
{
	const struct zone *zone = words_zone(web->time_zone);
	struct acts_conflict_view v;
	const char *next;
	uint64_t id;

	if (!request_id_segment(web->req, "id", &id, err) ||
	    !acts_conflict_show(&web->act, id, zone, &v, err) ||
	    !find_next(web, id, &next, err))
		return false;
	struct tpl_page page = web_page(web, v.head.title, WEB_NAV_CONFLICTS);
	struct tpl_conflict view = {
		.page = &page, .id = (int64_t)id,
		.event_id = v.head.event_deleted ? 0 :
		    (int64_t)v.head.event_id,
		.rev = (int64_t)v.head.event_rev, .title = v.head.title,
		.lead = pool_printf(web->pool, "%s · found %s%s",
		    v.head.calendar_name, words_ago(web->pool, when_now(),
		    v.head.created_at, zone), v.head.resolved_at == WHEN_NONE ?
		    "" : " · answered"),
		.exact = words_exact(web->pool, v.head.created_at, zone,
		    web->time_zone),
		.there = v.head.there, .summary = summary(web, &v),
		.locked = v.locked_reason, .next_href = next,
		.open = v.head.resolved_at == WHEN_NONE,
		.has_base = v.base != NULL, .has_here = v.here != NULL,
		.has_there = v.there != NULL,
		.fields = fill_fields(web, &v), .fields_count = v.field_count,
	};
	tpl_conflict(&web->reply->body, &view);
	return true;
}

struct answer { uint64_t rev; };

static const struct form_field answer_fields[] = {
	FORM_FIELD(struct answer, rev, FORM_ID, "Version"),
};
static const struct form answer_form = FORM(answer_fields);

/* side 0: as it is. */
static bool
answer(struct web *web, int side, struct err *err)
{
	struct form_state *state;
	struct answer in;
	uint64_t id;

	if (!form_read(web->req, &answer_form, &in, &state))
		return err_set(err, ERR_INPUT, "This form is not as we made it. "
		    "Open the page again.");
	if (!request_id_segment(web->req, "id", &id, err))
		return false;
	if (side && !in.rev)	/* without it, another's change is lost */
		return err_set(err, ERR_INPUT, "The form was sent without its "
		    "version. Open the page again.");
	if (side == 0 ? !acts_conflict_resolve(&web->act, id, err) :
	    !acts_conflict_choose(&web->act, id,
	    (enum acts_conflict_side)side, in.rev, err))
		return false;
	return web_redirect(web, "/settings/conflicts", "resolved");
}

bool
page_conflict_keep(struct web *web, struct err *err)
{
	return answer(web, 0, err);
}

bool
page_conflict_here(struct web *web, struct err *err)
{
	return answer(web, ACTS_CONFLICT_HERE, err);
}

bool
page_conflict_there(struct web *web, struct err *err)
{
	return answer(web, ACTS_CONFLICT_THERE, err);
}
