/* Finds the row of the route table that fits; knows no handler's meaning. */
#include <string.h>
#include "serve/request_p.h"
#include "serve/route.h"
#include "util/str.h"
#include "util/banned.h"

static bool
segment_fits(const char *want, size_t want_len, const char *got, size_t got_len,
    struct request *req)
{
	if (want_len < 2 || want[0] != '{')
		return want_len == got_len && memcmp(want, got, got_len) == 0;
	if (got_len == 0)
		return false;
	request_add_pair(req->pool, &req->segments,
	    pool_strndup(req->pool, want + 1, want_len - 2),
	    pool_strndup(req->pool, got, got_len));
	return true;
}

static bool
path_fits(const char *want, struct request *req)
{
	const char *got = req->path;
	size_t want_len, got_len;

	req->segments = (struct request_pairs){ 0 };
	while (*want == '/' && *got == '/') {
		want_len = strcspn(++want, "/");
		got_len = strcspn(++got, "/");
		if (!segment_fits(want, want_len, got, got_len, req))
			return false;
		want += want_len;
		got += got_len;
	}
	return !*want && !*got;
}

enum route_result
route_match(const struct route *table, size_t count, struct request *req,
    const struct route **out, unsigned *allow_out)
{
	size_t i;

	*allow_out = 0;
	for (i = 0; i < count; i++) {
		if (!path_fits(table[i].path, req))
			continue;
		*allow_out |= table[i].methods;
		if (table[i].methods & req->method) {
			*out = &table[i];
			return ROUTE_FOUND;
		}
	}
	req->segments = (struct request_pairs){ 0 };
	return *allow_out ? ROUTE_METHOD_REFUSED : ROUTE_UNKNOWN;
}

char *
route_allow(struct pool *pool, unsigned allowed)
{
	struct str s;
	unsigned bit;

	str_init(&s, pool, 100);
	for (bit = REQUEST_GET; bit <= REQUEST_DELETE; bit <<= 1) {
		if (!(allowed & bit))
			continue;
		str_add(&s, s.len ? ", " : "");
		str_add(&s, request_method_name((enum request_method)bit));
		str_add(&s, bit == REQUEST_GET ? ", HEAD" : "");
	}
	return s.data;
}
