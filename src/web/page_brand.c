/* The style sheet and the logo of the host application. */
#include <string.h>
#include "web/page.h"
#include "web/web_p.h"
#include "util/banned.h"

/* Kept for good under the address of its version alone. */
static void
give(struct web *web, const char *type, const char *bytes, size_t len)
{
	web->reply->type = type;
	web->reply->cache = str_eq(request_query(web->req, "v"),
	    web->worker->brand.version) ?
	    "public, max-age=31536000, immutable" : "no-cache";
	str_addn(&web->reply->body, bytes, len);
}

bool
page_brand_css(struct web *web, struct err *err)
{
	const char *css = web->worker->brand.css;

	(void)err;
	give(web, "text/css; charset=utf-8", css, strlen(css));
	return true;
}

bool
page_brand_logo(struct web *web, struct err *err)
{
	const struct brand *b = &web->worker->brand;

	if (!b->logo)
		return err_set(err, ERR_NOT_FOUND, "There is no logo.");
	give(web, b->logo_type, b->logo, b->logo_len);
	return true;
}
