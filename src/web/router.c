/*
 * The one table: method, path, handler, access rule, pool. Whoever wants to know
 * what the product answers reads this file; literal rows before {id} rows.
 */
#include <stdio.h>
#include "web/page.h"
#include "web/router.h"
#include "util/banned.h"

#define GET REQUEST_GET
#define POST REQUEST_POST

static const struct route table[] = {
	{ GET, "/healthz", page_health_alive, WEB_PUBLIC, ROUTE_ANY },
	{ GET, "/readyz", page_health_ready, WEB_PUBLIC, ROUTE_ANY },

	{ GET, "/brand/accent.css", page_brand_css, WEB_PUBLIC, ROUTE_ANY },
	{ GET, "/brand/logo", page_brand_logo, WEB_PUBLIC, ROUTE_ANY },

	{ POST, "/hooks/google", page_hook_google, WEB_MESSAGE, ROUTE_HOOKS },

	{ GET, "/", page_login_home, WEB_SIGNED_IN, ROUTE_WEB },
	{ GET, "/login", page_login_show, WEB_VISITOR, ROUTE_WEB },
	{ POST, "/login", page_login_enter, WEB_VISITOR, ROUTE_WEB },
	{ GET, "/login/org", page_login_orgs, WEB_SIGNED_IN, ROUTE_WEB },
	{ POST, "/login/org", page_login_choose, WEB_SIGNED_IN, ROUTE_WEB },
	{ POST, "/logout", page_login_leave, WEB_SIGNED_IN, ROUTE_WEB },
	{ GET, "/settings/components", page_components_show, WEB_SIGNED_IN, ROUTE_WEB },
	{ GET, "/settings/account", page_account_show, WEB_SIGNED_IN, ROUTE_WEB },
	{ POST, "/settings/account", page_account_save, WEB_SIGNED_IN, ROUTE_WEB },
	{ GET, "/settings/account/password", page_password_show,
	    WEB_SIGNED_IN, ROUTE_WEB },
	{ POST, "/settings/account/password", page_password_save,
	    WEB_SIGNED_IN, ROUTE_WEB },

	{ GET, "/settings/integrations", page_integrations_show, WEB_SIGNED_IN, ROUTE_WEB,
	    WEB_WITH_CARDS },
	{ GET, "/settings/integrations/status", page_status_show, WEB_SIGNED_IN, ROUTE_WEB,
	    WEB_WITH_CARDS },
	{ GET, "/settings/connect/{provider}", page_connect_show, WEB_SIGNED_IN, ROUTE_WEB },
	{ POST, "/settings/ask/connect/{provider}", page_connect_add,
	    WEB_SIGNED_IN, ROUTE_HOOKS },
	{ POST, "/oauth/{provider}/start", page_sign_in_start,
	    WEB_SIGNED_IN, ROUTE_HOOKS },
	{ GET, "/oauth/{provider}/{kind}/callback", page_sign_in_back,
	    WEB_VISITOR, ROUTE_HOOKS },
	{ GET, "/settings/sign-in/{flow}", page_sign_in_show, WEB_SIGNED_IN, ROUTE_WEB },
	{ GET, "/settings/sign-in/{flow}/status", page_sign_in_status,
	    WEB_SIGNED_IN, ROUTE_WEB },
	{ POST, "/settings/ask/sign-in/{flow}/cancel", page_sign_in_cancel,
	    WEB_SIGNED_IN, ROUTE_HOOKS },
	{ GET, "/settings/connections/{id}", page_connection_show, WEB_SIGNED_IN, ROUTE_WEB },
	{ POST, "/settings/connections/{id}/sync", page_connection_sync,
	    WEB_SIGNED_IN, ROUTE_WEB },
	{ POST, "/settings/connections/{id}/pause", page_connection_pause,
	    WEB_SIGNED_IN, ROUTE_WEB },
	{ POST, "/settings/connections/{id}/resume", page_connection_resume,
	    WEB_SIGNED_IN, ROUTE_WEB },
	{ GET, "/settings/connections/{id}/calendars", page_calendars_show,
	    WEB_SIGNED_IN, ROUTE_WEB },
	{ POST, "/settings/connections/{id}/calendars", page_calendars_save,
	    WEB_SIGNED_IN, ROUTE_WEB },
	{ POST, "/settings/connections/{id}/calendars/{collection}/again",
	    page_calendars_again, WEB_SIGNED_IN, ROUTE_WEB },
	{ POST, "/settings/ask/connections/{id}/rescan", page_connection_rescan,
	    WEB_SIGNED_IN, ROUTE_HOOKS },
	{ GET, "/settings/connections/{id}/reconnect", page_reconnect_show,
	    WEB_SIGNED_IN, ROUTE_WEB },
	{ POST, "/settings/ask/connections/{id}/reconnect", page_reconnect_save,
	    WEB_SIGNED_IN, ROUTE_HOOKS },
	{ GET, "/settings/connections/{id}/remove", page_remove_show,
	    WEB_SIGNED_IN, ROUTE_WEB },
	{ POST, "/settings/connections/{id}/remove", page_remove_save,
	    WEB_SIGNED_IN, ROUTE_WEB },
	{ POST, "/settings/asides/{id}/retry", page_aside_retry, WEB_SIGNED_IN, ROUTE_WEB },

	{ GET, "/settings/agenda", page_agenda_show, WEB_SIGNED_IN, ROUTE_WEB },
	{ GET, "/settings/agenda/deleted", page_deleted_show, WEB_SIGNED_IN, ROUTE_WEB },
	{ POST, "/settings/agenda/deleted/{id}/restore", page_deleted_restore_date,
	    WEB_SIGNED_IN, ROUTE_WEB },
	{ GET, "/settings/agenda/calendars", page_own_calendars_show,
	    WEB_SIGNED_IN, ROUTE_WEB },
	{ POST, "/settings/agenda/calendars", page_own_calendars_add,
	    WEB_SIGNED_IN, ROUTE_WEB },
	{ POST, "/settings/agenda/calendars/{id}", page_own_calendars_share,
	    WEB_SIGNED_IN, ROUTE_WEB },
	{ POST, "/settings/events", page_event_create, WEB_SIGNED_IN, ROUTE_WEB },
	{ GET, "/settings/events/new", page_event_new, WEB_SIGNED_IN, ROUTE_WEB },
	{ GET, "/settings/events/{id}", page_event_show, WEB_SIGNED_IN, ROUTE_WEB },
	{ POST, "/settings/events/{id}", page_event_save, WEB_SIGNED_IN, ROUTE_WEB },
	{ GET, "/settings/events/{id}/edit", page_event_edit, WEB_SIGNED_IN, ROUTE_WEB },
	{ GET, "/settings/events/{id}/delete", page_event_ask_delete,
	    WEB_SIGNED_IN, ROUTE_WEB },
	{ POST, "/settings/events/{id}/delete", page_event_delete,
	    WEB_SIGNED_IN, ROUTE_WEB },
	{ GET, "/settings/events/{id}/deleted", page_event_deleted,
	    WEB_SIGNED_IN, ROUTE_WEB },
	{ POST, "/settings/events/{id}/restore", page_event_restore,
	    WEB_SIGNED_IN, ROUTE_WEB },
	{ GET, "/settings/conflicts", page_conflict_list, WEB_SIGNED_IN, ROUTE_WEB },
	{ GET, "/settings/conflicts/{id}", page_conflict_show, WEB_SIGNED_IN, ROUTE_WEB },
	{ POST, "/settings/conflicts/{id}/keep", page_conflict_keep,
	    WEB_SIGNED_IN, ROUTE_WEB },
	{ POST, "/settings/conflicts/{id}/here", page_conflict_here,
	    WEB_SIGNED_IN, ROUTE_WEB },
	{ POST, "/settings/conflicts/{id}/there", page_conflict_there,
	    WEB_SIGNED_IN, ROUTE_WEB },

	{ GET, "/settings/activity", page_activity_show, WEB_SIGNED_IN, ROUTE_WEB },
	{ GET, "/settings/runs/{id}", page_run_show, WEB_SIGNED_IN, ROUTE_WEB },
	{ POST, "/settings/runs/{id}/approve", page_run_approve, WEB_SIGNED_IN, ROUTE_WEB },
	{ POST, "/settings/runs/{id}/refuse", page_run_refuse, WEB_SIGNED_IN, ROUTE_WEB },

	{ GET, "/settings/help", page_help_list, WEB_SIGNED_IN, ROUTE_WEB },
	{ GET, "/settings/help/{topic}", page_help_show, WEB_SIGNED_IN, ROUTE_WEB },

	{ GET, "/settings/audit", page_audit_show, WEB_OWNER, ROUTE_WEB },
	{ GET, "/settings/audit/export", page_audit_export, WEB_OWNER, ROUTE_WEB },
	{ POST, "/settings/ask/audit/check", page_audit_check, WEB_OWNER, ROUTE_HOOKS },
};

const struct route *
router_table(size_t *count_out)
{
	*count_out = sizeof(table) / sizeof(table[0]);
	return table;
}

static const char *
access_name(int access)
{
	static const char *const names[] = { [WEB_PUBLIC] = "public",
	    [WEB_MESSAGE] = "message",
	    [WEB_VISITOR] = "visitor", [WEB_SIGNED_IN] = "signed in",
	    [WEB_ADMIN] = "admin", [WEB_OWNER] = "owner" };

	return names[access];
}

void
router_print(FILE *out)
{
	const char *comma = "";
	unsigned bit;
	size_t i;

	fputs("[", out);
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		for (bit = REQUEST_GET; bit <= REQUEST_DELETE; bit <<= 1) {
			if (!(table[i].methods & bit))
				continue;
			fprintf(out, "%s\n{\"method\":\"%s\",\"path\":\"%s\","
			    "\"access\":\"%s\",\"pool\":\"%s\"}", comma,
			    request_method_name((enum request_method)bit),
			    table[i].path, access_name(table[i].access),
			    table[i].pool == ROUTE_ANY ? "any" :
			    table[i].pool == ROUTE_HOOKS ? "hooks" : "web");
			comma = ",";
		}
	fputs("\n]\n", out);
}
