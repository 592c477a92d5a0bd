/* What Google holds after a patch, as far as can be told: tried before anything
 * is sent. Must not know the event. */
#include <string.h>
#include "providers/google_map_p.h"
#include "util/banned.h"

static const struct google_map_instance *change_of(
    const struct google_map_changes *changes, const char *id)
{
	for (size_t i = 0; id && i < changes->count; i++)
		if (str_eq(changes->instances[i].id, id))
			return &changes->instances[i];
	return NULL;
}

static json_t *new_exception(struct pool *pool, const json_t *master,
    const struct google_map_frame *frame,
    const struct google_map_instance *change)
{
	json_t *made = google_map_time_instance(pool, master, frame,
	    change->key), *out;

	if (!made)
		return NULL;
	out = google_map_merge(pool, made, change->body);
	google_map_set(out, "id", google_map_string(change->id));
	google_map_set(out, "recurringEventId",
	    google_map_string(google_map_word(master, "id")));
	return out;
}

struct applying {
	struct pool *pool;
	const struct google_map_changes *changes;
	struct google_map_frame frame;
	const json_t **list;
	size_t count;
	struct google_map_keys known;
};

static void change_known(struct applying *a, const json_t *master,
    const struct google_map_place *at)
{
	const char *id = google_map_place_id(a->pool, master, at->item,
	    at->told);
	const struct google_map_instance *change = change_of(a->changes, id);

	a->list[a->count++] = change ? google_map_merge(a->pool, at->item,
	    change->body) : at->item;
	if (change)
		google_map_keys_add(a->pool, &a->known, id);
}

bool google_map_apply(struct pool *pool, const struct google_map_context *ctx,
    const struct google_map_parts *parts,
    const struct google_map_changes *changes, struct google_map_parts *out,
    struct err *err)
{
	json_t *master = google_map_merge(pool, parts->master, changes->master);
	struct applying a = { .pool = pool, .changes = changes };
	struct google_map_place *places;
	struct event_part part;

	a.frame.zone = google_map_time_home(pool, ctx);
	a.frame.is_series = true;
	if (!google_map_time_read(pool, master, &a.frame, &part, err))
		return false;
	a.frame.master = &part;
	if (!google_map_places(pool, parts, &a.frame, &places, err))
		return false;
	a.list = pool_array(pool, parts->count + changes->count + 1,
	    sizeof(*a.list));
	for (size_t i = 0; i < parts->count; i++)
		change_known(&a, master, &places[i]);
	for (size_t i = 0; i < changes->count; i++)
		if (!google_map_keys_has(&a.known, changes->instances[i].id)) {
			a.list[a.count] = new_exception(pool, master, &a.frame,
			    &changes->instances[i]);
			if (a.list[a.count])
				a.count++;
		}
	*out = (struct google_map_parts){ master, a.list, a.count };
	return true;
}
