/* The mass-deletion guard. Pure: must not know how deletes were found. */
#include "sync/guard.h"
#include "util/str.h"
#include "util/banned.h"

#define NAME_BYTES 80

enum guard_verdict guard_judge(const struct guard_in *in)
{
	size_t deletes = in->deletes_here + in->deletes_there;
	size_t share = in->known * (size_t)in->percent / 100;
	size_t limit = share > (size_t)in->min_deletes ? share :
	    (size_t)in->min_deletes;

	if (deletes > limit)
		return GUARD_TOO_MANY;
	if (in->deletes_here == 0 || in->deletes_here < in->known)
		return GUARD_LETS;
	if (in->known >= GUARD_EMPTIED_LEAST)
		return GUARD_EMPTIED;
	/* A list that is suddenly empty is odder than one delete at a time. */
	return in->listing && in->listed == 0 && in->known > 1 ?
	    GUARD_EMPTIED : GUARD_LETS;
}

char *guard_words(struct pool *pool, const struct guard_in *in,
    enum guard_verdict verdict, const char *collection_name)
{
	size_t n = in->deletes_here + in->deletes_there;
	const char *name = str_cut(pool, collection_name, NAME_BYTES);

	if (verdict == GUARD_EMPTIED)
		return pool_printf(pool, "All %zu events of “%s” are gone there. "
		    "Nothing is deleted until you decide.",
		    in->known, name);
	return pool_printf(pool, "%zu of %zu events of “%s” would be deleted "
	    "(%zu here, %zu there). Nothing is deleted until you decide.", n,
	    in->known, name, in->deletes_here, in->deletes_there);
}
