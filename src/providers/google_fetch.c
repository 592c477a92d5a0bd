/* Events by id: from what the listing brought, else read again. */
#include <string.h>
#include "providers/google_p.h"
#include "util/str.h"
#include "util/banned.h"

static when_t changed_at(const struct google_map_parts *parts)
{
	when_t latest, t;

	if (!when_parse(google_text(parts->master, "updated"), &latest))
		return WHEN_NONE;
	for (size_t i = 0; i < parts->count; i++)
		if (when_parse(google_text(parts->exceptions[i], "updated"), &t) &&
		    t > latest)
			latest = t;
	return latest;
}

static void fill(struct pool *pool, const struct google_map_context *ctx,
    const struct google_map_parts *parts, struct provider_item *out)
{
	out->version = google_map_version(pool, parts);
	out->changed_at = changed_at(parts);
	out->raw = google_map_pack(pool, parts, &out->raw_len);
	if (!google_map_read(pool, ctx, parts, &out->event, &out->err)) {
		const char *title = google_text(parts->master, "summary");

		out->event = NULL;
		out->title = *title ? title : NULL;
	}
}

static void fill_read(struct pool *pool, const struct google_map_context *ctx,
    const struct google_item *item, struct provider_item *out)
{
	if (item->err.kind == ERR_NOT_FOUND || item->err.kind == ERR_GONE)
		out->gone = true;
	else if (item->err.kind != ERR_NONE)
		out->err = item->err;
	else if (google_map_use(item->parts.master) == GOOGLE_MAP_SKIP)
		out->gone = true;	/* for us there is none */
	else
		fill(pool, ctx, &item->parts, out);
}

/* What keeps all of them from being read is the error of the call. */
static bool check_way(const struct google_item *items, size_t count,
    struct err *err)
{
	for (size_t i = 0; i < count; i++)
		if (items[i].err.kind != ERR_NONE &&
		    items[i].err.scope >= ERR_CONNECTION) {
			*err = items[i].err;
			return false;
		}
	return true;
}

bool google_fetch(struct provider_session *session, struct pool *pool,
    const char *collection_id, const char *const *remote_ids, size_t count,
    struct provider_item *out, struct err *err)
{
	struct google_memory *m = google_memory_of(session, collection_id);
	struct google_item *items = pool_array(pool, count, sizeof(*items));
	size_t *at = pool_array(pool, count, sizeof(*at)), n = 0;
	struct google_map_context ctx;
	struct google_map_parts parts;
	const char **ids;

	if (!google_memory_context(session, m, &ctx, err))
		return false;
	for (size_t i = 0; i < count; i++) {
		out[i] = (struct provider_item){ .remote_id = remote_ids[i] };
		if (google_memory_find(m, pool, remote_ids[i], &parts) &&
		    !google_map_leftovers(pool, &ctx, &parts, &ids)) {
			fill(pool, &ctx, &parts, &out[i]);
			continue;
		}
		at[n] = i;
		items[n++] = (struct google_item){ .id = remote_ids[i] };
	}
	google_items_read(session, pool, collection_id, items, n);
	if (!check_way(items, n, err))
		return false;
	if (!session->looks_only)
		google_items_tidy(session, pool, collection_id, items, n);
	for (size_t i = 0; i < n; i++)
		fill_read(pool, &ctx, &items[i], &out[at[i]]);
	return true;
}
