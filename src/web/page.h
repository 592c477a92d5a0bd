#ifndef HAWSER_WEB_PAGE_H
#define HAWSER_WEB_PAGE_H
/* Every page's handlers, one block a file page_*.c; router.c says which path
 * leads where, and who may. */
#include "web/web.h"

/* page_health.c */
bool page_health_alive(struct web *web, struct err *err);
bool page_health_ready(struct web *web, struct err *err);

/* page_brand.c */
bool page_brand_css(struct web *web, struct err *err);
bool page_brand_logo(struct web *web, struct err *err);

/* page_components.c */
bool page_components_show(struct web *web, struct err *err);

/* page_login.c */
bool page_login_home(struct web *web, struct err *err);
bool page_login_show(struct web *web, struct err *err);
bool page_login_enter(struct web *web, struct err *err);
bool page_login_leave(struct web *web, struct err *err);
bool page_login_orgs(struct web *web, struct err *err);
bool page_login_choose(struct web *web, struct err *err);

/* page_account.c */
bool page_account_show(struct web *web, struct err *err);
bool page_account_save(struct web *web, struct err *err);
bool page_password_show(struct web *web, struct err *err);
bool page_password_save(struct web *web, struct err *err);

/* page_integrations.c */
bool page_integrations_show(struct web *web, struct err *err);

/* page_status.c */
bool page_status_show(struct web *web, struct err *err);

/* page_connect.c */
bool page_connect_show(struct web *web, struct err *err);
bool page_connect_add(struct web *web, struct err *err);
bool page_reconnect_show(struct web *web, struct err *err);
bool page_reconnect_save(struct web *web, struct err *err);

/* page_hook.c */
bool page_hook_google(struct web *web, struct err *err);

/* page_sign_in.c */
bool page_sign_in_start(struct web *web, struct err *err);
bool page_sign_in_back(struct web *web, struct err *err);
bool page_sign_in_show(struct web *web, struct err *err);
bool page_sign_in_status(struct web *web, struct err *err);
bool page_sign_in_cancel(struct web *web, struct err *err);

/* page_connection.c */
bool page_connection_show(struct web *web, struct err *err);
bool page_connection_sync(struct web *web, struct err *err);
bool page_connection_pause(struct web *web, struct err *err);
bool page_connection_resume(struct web *web, struct err *err);
bool page_connection_rescan(struct web *web, struct err *err);
bool page_remove_show(struct web *web, struct err *err);
bool page_remove_save(struct web *web, struct err *err);
bool page_aside_retry(struct web *web, struct err *err);

/* page_calendars.c */
bool page_calendars_show(struct web *web, struct err *err);
bool page_calendars_again(struct web *web, struct err *err);
bool page_calendars_save(struct web *web, struct err *err);

/* page_run.c */
bool page_activity_show(struct web *web, struct err *err);
bool page_run_show(struct web *web, struct err *err);
bool page_run_approve(struct web *web, struct err *err);
bool page_run_refuse(struct web *web, struct err *err);

/* page_deleted.c */
struct deleted_row;
bool page_deleted_show(struct web *web, struct err *err);
bool page_deleted_restore_date(struct web *web, struct err *err);
/* By whom, in words; where the form that restores it goes. */
const char *page_deleted_who(struct web *web, const struct deleted_row *row);
const char *page_deleted_action(struct web *web, const struct deleted_row *row);

/* page_search.c */
bool page_search_show(struct web *web, struct err *err);
const char *page_search_text(struct web *web);	/* ?q=; "" = none */

/* page_own_calendars.c */
bool page_own_calendars_show(struct web *web, struct err *err);
bool page_own_calendars_add(struct web *web, struct err *err);
bool page_own_calendars_share(struct web *web, struct err *err);

/* page_agenda.c */
bool page_agenda_show(struct web *web, struct err *err);

/* page_event.c */
bool page_event_show(struct web *web, struct err *err);
bool page_event_ask_delete(struct web *web, struct err *err);
bool page_event_delete(struct web *web, struct err *err);
bool page_event_deleted(struct web *web, struct err *err);
bool page_event_restore(struct web *web, struct err *err);

/* page_event_form.c */
bool page_event_new(struct web *web, struct err *err);
bool page_event_create(struct web *web, struct err *err);
bool page_event_edit(struct web *web, struct err *err);
bool page_event_save(struct web *web, struct err *err);

/* page_help.c */
bool page_help_list(struct web *web, struct err *err);
bool page_help_show(struct web *web, struct err *err);

/* page_audit.c */
bool page_audit_show(struct web *web, struct err *err);
bool page_audit_export(struct web *web, struct err *err);
bool page_audit_check(struct web *web, struct err *err);

/* page_conflict.c */
bool page_conflict_list(struct web *web, struct err *err);
bool page_conflict_show(struct web *web, struct err *err);
bool page_conflict_keep(struct web *web, struct err *err);
bool page_conflict_here(struct web *web, struct err *err);
bool page_conflict_there(struct web *web, struct err *err);
#endif
