/* The audit, for owners: a table with filters, its export, its check. */
#include <stdlib.h>
#include <string.h>
#include "acts/acts_audit.h"
#include "store/store_user.h"
#include "util/str.h"
#include "views/tpl_audit.h"
#include "web/page.h"
#include "web/words.h"
#include "util/banned.h"

enum { SHOWN = 50, EXPORTED = 20000,
	/* A row has at most 20 KB: 600 bytes of detail, names and addresses. */
	EXPORTED_MOST_BYTES = REPLY_MAX_BYTES - 64 * 1024 };

/* A file that holds only part says so at its end. */
#define CUT_ROW ",,,,,,,,\"Older entries do not fit into this file. Choose " \
	"dates and export them by themselves.\",,,\r\n"

static const struct { const char *kind, *label; } kinds[] = {
	{ "", "Everything" }, { "connection", "Connections" },
	{ "collection", "Choice of calendars" }, { "calendar", "Calendars" },
	{ "event", "Events" }, { "item", "Items tried again" },
	{ "conflict", "Conflicts" }, { "run", "Held syncs" },
	{ "session", "Signing in and out" }, { "user", "People" },
	{ "org", "Organisation" }, { "provider", "Providers" },
	{ "oauth", "Sign-ins at providers" },
	{ "credential", "Broken access" }, { "key", "Keys" },
};

static const struct { const char *action, *words; } phrases[] = {
	{ "calendar.add", "made a calendar" },
	{ "calendar.edit", "changed a calendar" },
	{ "calendar.remove", "removed a calendar" },
	{ "collection.select", "chose a calendar to sync" },
	{ "collection.unselect", "stopped syncing a calendar" },
	{ "conflict.resolve", "settled a conflict" },
	{ "connection.add", "connected an account" },
	{ "connection.pause", "paused a connection" },
	{ "connection.reconnect", "renewed the access of a connection" },
	{ "connection.remove", "disconnected an account" },
	{ "connection.removed", "finished disconnecting an account" },
	{ "connection.rescan", "looked for calendars again" },
	{ "connection.resume", "resumed a connection" },
	{ "connection.sync", "asked for a sync" },
	{ "connection.revoked", "gave the access back at the provider" },
	{ "connection.not_revoked", "could not give the access back at the provider" },
	{ "oauth.denied", "said no at the provider" },
	{ "oauth.failed", "could not sign in at the provider" },
	{ "oauth.repeated", "came back twice with one sign-in" },
	{ "oauth.refused", "came with a sign-in that is none, or another’s" },
	{ "oauth.misused", "found a sign-in of here used elsewhere" },
	{ "watch.misused", "got messages that are none of its provider’s" },
	{ "credential.broken", "found stored access that was tampered with" },
	{ "event.create", "made an event" },
	{ "event.edit", "changed an event" },
	{ "event.import", "imported events" },
	{ "event.move", "moved an event to another calendar" },
	{ "event.remove", "deleted an event" },
	{ "event.restore", "restored an event" },
	{ "item.retry", "tried an item again" },
	{ "key.drop", "dropped a retired key" },
	{ "key.retire", "finished sealing the passwords anew" },
	{ "key.rotate", "gave the organisation a fresh key" },
	{ "key_file.drop", "dropped a key of the key file" },
	{ "key_file.rotate", "wrapped the organisation’s keys anew" },
	{ "org.add", "made the organisation" },
	{ "provider.off", "switched a provider off" },
	{ "provider.on", "switched a provider on" },
	{ "run.approve", "let a held sync delete its events" },
	{ "run.refuse", "kept the events of a held sync" },
	{ "session.begin", "signed in" },
	{ "session.end", "signed out" },
	{ "user.add", "added a person" },
	{ "user.password", "set a new password" },
	{ "user.role", "gave a person another role" },
	{ "user.time_zone", "chose a time zone" },
	{ "user.remove", "removed a person" },
};

/* What has a page of its own. */
static const struct { const char *kind, *label, *path; } places[] = {
	{ "connection", "connection", "/settings/connections" },
	{ "event", "event", "/settings/events" },
	{ "run", "run", "/settings/runs" },
	{ "conflict", "conflict", "/settings/conflicts" },
};

/* What the address asks for, and the people it may name. */
struct search {
	struct web *web;
	const struct zone *zone;
	struct user_row *users;
	size_t users_count;
	struct audit_filter filter;
	const char *who, *what, *from, *to;
	const char *message;		/* a filter that made no sense */
};

static const char *
query(struct web *web, const char *name)
{
	const char *value = request_query(web->req, name);

	return value ? value : "";
}

static const char *
phrase(const char *action)
{
	for (size_t i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++)
		if (str_eq(phrases[i].action, action))
			return phrases[i].words;
	return action;
}

/* The start of a day in the reader's zone, some days on, as the audit has it
 * (without the Z, so that it comes before every time within that second). */
static const char *
day_bound(struct search *s, const char *label, const char *text, int days)
{
	struct wall w;
	when_t t;
	char *out;

	if (!*text)
		return "";
	if (strlen(text) != 10 || !when_parse(pool_printf(s->web->pool,
	    "%sT00:00:00Z", text), &t)) {
		s->message = pool_printf(s->web->pool, "%s is not a date like "
		    "2026-11-20, so it was left out.", label);
		return "";
	}
	w = wall_from_utc(t);
	if (days)
		w = wall_add_days(&w, days);
	out = when_format(s->web->pool, zone_to_utc(s->zone, &w));
	out[strlen(out) - 1] = '\0';
	return out;
}

static bool
is_kind(const char *kind)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (str_eq(kinds[i].kind, kind))
			return true;
	return false;
}

static bool
read_search(struct web *web, struct search *s, struct err *err)
{
	*s = (struct search){ .web = web, .zone = words_zone(web->time_zone),
	    .who = query(web, "who"), .what = query(web, "what"),
	    .from = query(web, "from"), .to = query(web, "to") };
	if (!store_user_list(web->db, web->pool, web->act.org_id, &s->users,
	    &s->users_count, err))
		return false;
	s->filter = (struct audit_filter){ .via = "",
	    .kind = is_kind(s->what) ? s->what : "",
	    .from = day_bound(s, "From", s->from, 0),
	    .before = day_bound(s, "To", s->to, 1),
	    .before_seq = strtoull(query(web, "before"), NULL, 10) };
	if (str_eq(s->who, "operator"))
		s->filter.via = "command";
	else if (str_eq(s->who, "worker"))
		s->filter.via = "worker";
	else
		s->filter.user_id = strtoull(s->who, NULL, 10);
	return true;
}

/* The address of the same search on another page. */
static const char *
search_href(struct search *s, const char *path, uint64_t before)
{
	struct str out;

	str_init(&out, s->web->pool, 2048);
	str_addf(&out, "%s?who=", path);
	str_urlarg(&out, s->who);
	str_add(&out, "&what=");
	str_urlarg(&out, s->filter.kind);
	str_add(&out, "&from=");
	str_urlarg(&out, *s->filter.from ? s->from : "");
	str_add(&out, "&to=");
	str_urlarg(&out, *s->filter.before ? s->to : "");
	if (before)
		str_addf(&out, "&before=%llu", (unsigned long long)before);
	return out.data;
}

static const struct user_row *
find_user(const struct search *s, uint64_t id)
{
	for (size_t i = 0; i < s->users_count; i++)
		if (s->users[i].id == id)
			return &s->users[i];
	return NULL;
}

static const char *
who_words(struct search *s, const struct acts_audit_entry *e,
    const char **title_out)
{
	const struct user_row *user = find_user(s, e->user_id);

	*title_out = user ? user->email : "";
	if (user)
		return user->name;
	if (e->user_id)
		return pool_printf(s->web->pool, "Former member %llu",
		    (unsigned long long)e->user_id);
	return str_eq(e->via, "worker") ? "The sync worker" : "The operator";
}

/* "connection:12" becomes a link; a person becomes a name. */
static void
fill_object(struct search *s, const struct acts_audit_entry *e,
    struct tpl_audit_entry *out)
{
	const char *colon = strchr(e->object, ':');
	const char *id = colon ? colon + 1 : "";
	size_t len = colon ? (size_t)(colon - e->object) : 0;
	const struct user_row *user;

	if (!colon || str_eq(id, "0"))
		return;
	out->object = pool_printf(s->web->pool, "%.*s %s",
	    (int)strcspn(e->object, "_:"), e->object, id);
	user = find_user(s, strtoull(id, NULL, 10));
	if (len == 4 && memcmp(e->object, "user", 4) == 0)
		out->object = e->user_id == strtoull(id, NULL, 10) ? "" :
		    user ? user->name : out->object;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (strlen(places[i].kind) == len &&
		    memcmp(places[i].kind, e->object, len) == 0)
			out->href = pool_printf(s->web->pool, "%s/%s",
			    places[i].path, id);
}

static struct tpl_audit_entry
show_entry(struct search *s, const struct acts_audit_entry *e)
{
	struct web *web = s->web;
	struct tpl_audit_entry out = { .seq = (int64_t)e->seq,
	    .what = phrase(e->action), .action = e->action,
	    .detail = e->detail, .fits = e->fits };

	out.who = who_words(s, e, &out.who_title);
	fill_object(s, e, &out);
	if (e->at == WHEN_NONE) {
		out.when = "unknown";
		return out;
	}
	out.when = words_clock(web->pool, when_now(), e->at, s->zone);
	out.exact = words_exact(web->pool, e->at, s->zone, web->time_zone);
	return out;
}

static void
fill_options(struct search *s, struct tpl_audit *view)
{
	size_t most = s->users_count + 3, n = 0;
	struct tpl_audit_option *whos = pool_array(s->web->pool, most,
	    sizeof(*whos));
	struct tpl_audit_option *whats = pool_array(s->web->pool,
	    sizeof(kinds) / sizeof(kinds[0]), sizeof(*whats));

	whos[n++] = (struct tpl_audit_option){ "", "Anybody", false };
	for (size_t i = 0; i < s->users_count; i++)
		whos[n++] = (struct tpl_audit_option){ pool_printf(s->web->pool,
		    "%llu", (unsigned long long)s->users[i].id),
		    s->users[i].name, false };
	whos[n++] = (struct tpl_audit_option){ "operator", "The operator", false };
	whos[n++] = (struct tpl_audit_option){ "worker", "The sync worker", false };
	for (size_t i = 0; i < n; i++)
		whos[i].selected = str_eq(whos[i].value, s->who);
	view->whos = whos;
	view->whos_count = n;
	for (n = 0; n < sizeof(kinds) / sizeof(kinds[0]); n++)
		whats[n] = (struct tpl_audit_option){ kinds[n].kind,
		    kinds[n].label, str_eq(kinds[n].kind, s->filter.kind) };
	view->kinds = whats;
	view->kinds_count = n;
}

static bool
fill_check(struct search *s, struct tpl_audit *view, struct tpl_badge *badge,
    struct err *err)
{
	struct web *web = s->web;
	struct audit_check check;
	int got = acts_audit_find_check(&web->act, &check, err);

	if (got < 0)
		return false;
	view->checked = badge;
	if (got == 0) {
		*badge = (struct tpl_badge){ "off", "Not checked yet" };
		view->check_text = "The whole audit is checked once a day; the "
		    "entries shown below are checked as you look.";
	} else if (check.bad_seq) {
		*badge = (struct tpl_badge){ "bad", "Changed from outside" };
		view->check_text = pool_printf(web->pool, "Entry %llu is wrong: "
		    "%s. Keep the database as it is and tell the operator, who "
		    "can compare it with a backup.",
		    (unsigned long long)check.bad_seq, check.reason);
	} else {
		*badge = (struct tpl_badge){ "ok", "Verified" };
		view->check_text = pool_printf(web->pool, "All %s fitted together "
		    "when they were checked %s.", words_count(web->pool,
		    check.entries, "entry", "entries"), words_ago(web->pool,
		    when_now(), check.checked_at, s->zone));
	}
	return true;
}

bool
page_audit_show(struct web *web, struct err *err)
{
	struct tpl_page page = web_page(web, "Audit", WEB_NAV_AUDIT);
	struct tpl_audit view = { .page = &page };
	struct acts_audit_entry *list;
	struct tpl_audit_entry *entries;
	struct tpl_badge badge;
	struct search s;
	size_t n;
	bool more;

	if (!read_search(web, &s, err) ||
	    !acts_audit_list(&web->act, &s.filter, SHOWN, &list, &n, &more, err) ||
	    !fill_check(&s, &view, &badge, err))
		return false;
	entries = pool_array(web->pool, n, sizeof(*entries));
	for (size_t i = 0; i < n; i++)
		entries[i] = show_entry(&s, &list[i]);
	view.entries = entries;
	view.entries_count = n;
	view.message = s.message;
	view.from = *s.filter.from ? s.from : "";
	view.to = *s.filter.before ? s.to : "";
	view.filtered = *s.who || *s.filter.kind || *view.from || *view.to ||
	    s.filter.before_seq;
	fill_options(&s, &view);
	view.export_href = search_href(&s, "/settings/audit/export",
	    s.filter.before_seq);
	if (s.filter.before_seq)
		view.newer = search_href(&s, "/settings/audit", 0);
	if (more)
		view.older = search_href(&s, "/settings/audit", list[n - 1].seq);
	tpl_audit(&web->reply->body, &view);
	return true;
}

/* A cell that a spreadsheet takes for text, whatever it begins with. */
static void
csv_cell(struct str *out, const char *text, const char *end)
{
	str_add(out, *text && strchr("=+-@\t\r", *text) ? "\"'" : "\"");
	for (; *text; text++)
		str_addn(out, *text == '"' ? "\"\"" : text, *text == '"' ? 2 : 1);
	str_addf(out, "\"%s", end);
}

static void
csv_row(struct search *s, const struct acts_audit_entry *e)
{
	struct str *out = &s->web->reply->body;
	struct pool *pool = s->web->pool;
	const struct user_row *user = find_user(s, e->user_id);
	const char *title;

	str_addf(out, "%llu,", (unsigned long long)e->seq);
	csv_cell(out, e->at == WHEN_NONE ? "" : when_format(pool, e->at), ",");
	csv_cell(out, who_words(s, e, &title), ",");
	csv_cell(out, user ? user->email : "", ",");
	csv_cell(out, e->via, ",");
	csv_cell(out, e->action, ",");
	csv_cell(out, e->object, ",");
	csv_cell(out, e->outcome, ",");
	csv_cell(out, e->detail, ",");
	csv_cell(out, e->request_id, ",");
	csv_cell(out, digest_hex(pool, e->hash.bytes, DIGEST_BYTES), ",");
	csv_cell(out, e->fits ? "verified" : "changed", "\r\n");
}

bool
page_audit_export(struct web *web, struct err *err)
{
	struct acts_audit_entry *list;
	struct search s;
	size_t n;
	bool more;

	if (!read_search(web, &s, err) ||
	    !acts_audit_list(&web->act, &s.filter, EXPORTED, &list, &n, &more,
	    err))
		return false;
	web->reply->type = "text/csv; charset=utf-8";
	reply_header(web->reply, "Content-Disposition",
	    "attachment; filename=\"audit.csv\"");
	str_add(&web->reply->body, "entry,at,who,email,via,action,object,outcome,"
	    "detail,request,hash,check\r\n");
	for (size_t i = 0; i < n; i++) {
		if (web->reply->body.len > EXPORTED_MOST_BYTES) {
			more = true;
			break;
		}
		csv_row(&s, &list[i]);
	}
	if (more)
		str_add(&web->reply->body, CUT_ROW);
	return true;
}

bool
page_audit_check(struct web *web, struct err *err)
{
	struct audit_verdict verdict;

	return acts_audit_check(&web->act, &verdict, err) &&
	    web_redirect(web, "/settings/audit", verdict.ok ? "audit-fits" :
	    "audit-changed");
}
