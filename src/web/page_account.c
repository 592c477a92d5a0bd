/* Who is signed in, and where. */
#include "store/store_session.h"
#include "views/tpl_account.h"
#include "views/tpl_page.h"
#include "web/page.h"
#include "util/banned.h"

bool
page_account_show(struct web *web, struct err *err)
{
	static const char *const roles[] = { [ROLE_MEMBER] = "member",
	    [ROLE_ADMIN] = "admin", [ROLE_OWNER] = "owner" };
	struct tpl_page page = web_page(web, "Account", WEB_NAV_NONE);
	struct tpl_account view = { .page = &page, .role = roles[web->act.role],
	    .time_zone = web->time_zone };
	struct session_org *orgs;
	size_t count;

	if (!store_session_list_orgs(web->db, web->pool, &orgs, &count, err))
		return false;
	view.orgs = (int64_t)count;
	tpl_account(&web->reply->body, &view);
	return true;
}
