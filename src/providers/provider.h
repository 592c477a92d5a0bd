#ifndef HAWSER_PROVIDERS_PROVIDER_H
#define HAWSER_PROVIDERS_PROVIDER_H
/*
 * Everything Hawser asks of others. A provider is a const struct with flags
 * and operations; a missing operation is the shared provider_unsupported_*,
 * never NULL. Providers know nothing of the database: they get a session that
 * is ready to use and give back plain structs in the caller's pool.
 *
 * Errors carry their reach: ITEM (this one is bad, go on), COLLECTION (list it
 * again), CONNECTION (park it), see util/err.h.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "model/event.h"
#include "net/http.h"
#include "oauth/oauth.h"
#include "util/config.h"
#include "util/err.h"
#include "util/pool.h"
#include "util/secret.h"

enum provider_flag {
	PROVIDER_DELTA = 1 << 0,	/* changes() takes a cursor */
	PROVIDER_CONDITIONAL = 1 << 1,	/* writes honour version tags */
	PROVIDER_CLIENT_IDS = 1 << 2,	/* creates get an id made from the op id */
	PROVIDER_PASSWORD = 1 << 3,	/* login + password, tested before saving */
	PROVIDER_OAUTH = 1 << 4,	/* the person signs in there, see app */
	PROVIDER_WATCH = 1 << 5,	/* tells of changes: watch, unwatch */
};

/* What is kept of a provider's own words; longer ones are as good as none. */
#define PROVIDER_ID_BYTES 1024
#define PROVIDER_VERSION_BYTES 255
#define PROVIDER_CURSOR_BYTES 4000
#define PROVIDER_RESOURCE_BYTES 255

#define PROVIDER_PART 2000	/* entries handed over at a time */

struct provider;

/* One ready-to-use access. Lives as long as its pool. */
struct provider_session {
	const struct provider *provider;
	struct pool *pool;
	struct http *http;
	const char *base_url;		/* what the user gave, or the preset */
	const char *home_url;		/* found by discover; "" = ask again */
	const char *login;
	const struct secret *password;	/* PROVIDER_PASSWORD */
	const struct secret *bearer;	/* PROVIDER_OAUTH: the access token */
	/* The token was refused: another one into bearer, once a call. */
	bool (*renew)(struct provider_session *session, struct err *err);
	void *renew_arg;
	const struct config *config;	/* where an OAuth provider is */
	int parallel;			/* calls at a time, at least 1 */
	bool looks_only;		/* a dry run: nothing is written, whatever is found */
	void *memory;			/* of the provider alone, in pool; begins NULL */
};

struct provider_account {		/* answer of discover */
	const char *account;		/* shown to the user: address or login */
	const char *principal_url;
	const char *home_url;		/* stored with the connection */
};

struct provider_collection {
	const char *remote_id;		/* stable: CalDAV the href path */
	const char *name, *color;	/* color "#rrggbb" or NULL */
	bool read_only;
	const char *version;		/* ctag or sync-token, NULL = unknown */
};

/* One entry of a change list; its body is fetched by remote_id. */
struct provider_entry {
	const char *remote_id;		/* CalDAV: href path in the server's spelling */
	const char *version;		/* etag with its quotes; NULL = not given */
	bool gone;
};

/* One object as it was fetched. */
struct provider_item {
	const char *remote_id, *version;	/* as in an entry */
	bool gone;
	struct event *event;
	const char *raw;		/* the object as the provider holds it */
	size_t raw_len;
	when_t changed_at;		/* by the provider's word; <= 0 = not said */
	struct err err;			/* kind != NONE: this one is unreadable, */
	const char *title;		/* as far as it can be told; NULL = not */
};

struct provider_since {			/* what changes are asked for */
	const char *collection_id;
	const char *cursor;		/* NULL or "" = list everything */
	const char *page_cursor;	/* continues a sequence of pages */
	/* Takes the first entries of a long listing while the others still come,
	 * PROVIDER_PART at a time; they live until it returns, and its error is
	 * the call's. The last ones are in the answer. NULL = all of them are. */
	bool (*take)(void *arg, const struct provider_entry *entries,
	    size_t count, struct err *err);
	void *take_arg;
};

struct provider_changes {
	struct provider_entry *entries;
	size_t count;
	bool listing;			/* everything that exists, not a delta */
	bool complete;			/* last page: cursor is valid */
	const char *cursor;		/* for the next run; NULL = none offered */
	const char *page_cursor;	/* for the next call when !complete */
};

enum provider_verb { PROVIDER_CREATE, PROVIDER_UPDATE, PROVIDER_REMOVE };

struct provider_write {
	enum provider_verb verb;
	uint8_t op_id[16];		/* fixed before the first try */
	const char *remote_id;		/* update, remove; create: NULL, made from op_id */
	const char *version;		/* precondition; NULL = none known */
	const struct event *event;	/* create, update */
	const char *base_raw;		/* object to edit in place, NULL = none */
	size_t base_raw_len;
};

struct provider_written {
	struct err err;			/* NONE = done; CONFLICT = precondition failed;
					 * NOT_FOUND/GONE = no such object; UNCERTAIN */
	const char *remote_id;
	const char *version;		/* of what the provider now holds */
	struct event *event;		/* re-read after the write (create, update) */
	const char *raw;
	size_t raw_len;
};

/* What is asked for: messages of one collection's changes. */
struct provider_watch {
	const char *collection_id;
	const char *channel_id;		/* ours, never used before; ASCII */
	const struct secret *token;	/* comes with each message; text */
	const char *address;		/* where messages go */
	int secs;			/* for so long, or less */
};

/* A channel at the provider. */
struct provider_channel {
	const char *channel_id, *resource_id;
	when_t expires_at;		/* WHEN_NONE = not said; out of watch alone */
};

/* How a person signs in: what the operator registered there, and what is asked
 * for. Scopes are separated by blanks. */
struct provider_app {
	struct oauth_server server;
	const char *client_id;
	const char *secret_file;
	const char *sign_in_scopes;	/* who it is; not among what may be missing */
	const char *scopes;		/* what it takes to sync */
	const char *needed;		/* those of them without which nothing goes */
	const char *api_url;		/* base_url of its connections */
};

/* From the configuration. ERR_UNSUPPORTED: the operator has not set it up. */
typedef bool provider_app_fn(struct pool *pool, const struct config *config,
    struct provider_app *out, struct err *err);
/* Who is this, and where is the home? Idempotent. ERR_RECONNECT: refused. */
typedef bool provider_discover_fn(struct provider_session *session,
    struct pool *pool, struct provider_account *out, struct err *err);
/* All collections that can hold events. Idempotent. */
typedef bool provider_list_collections_fn(struct provider_session *session,
    struct pool *pool, struct provider_collection **out, size_t *count_out,
    struct err *err);
/*
 * One page of what changed. ERR_GONE scope COLLECTION: the cursor
 * is lost, start again with none. Items come in no particular order; the
 * collection itself is never among them. Idempotent.
 */
typedef bool provider_changes_fn(struct provider_session *session,
    struct pool *pool, const struct provider_since *since,
    struct provider_changes *out, struct err *err);
/* Objects by remote_id (at most 100): out has count items in the same order;
 * gone or err per item. */
typedef bool provider_fetch_fn(struct provider_session *session,
    struct pool *pool, const char *collection_id, const char *const *remote_ids,
    size_t count, struct provider_item *out, struct err *err);
/*
 * Writes count items (order free, at most 200), results in the same order.
 * A create repeated with the same op_id makes no second object: when it exists
 * with our UID it is reported as written. After each success the object is
 * read again, so that written.event is the stored form. False only when nothing
 * was tried; otherwise look at each result.
 */
typedef bool provider_push_fn(struct provider_session *session,
    struct pool *pool, const char *collection_id,
    const struct provider_write *writes, size_t count,
    struct provider_written *results, struct err *err);
/*
 * Opens a channel; the first message may come before the answer. Not idempotent:
 * after ERR_TIMEOUT, ERR_UPSTREAM or ERR_UNCERTAIN there may be one.
 * ERR_UNSUPPORTED scope COLLECTION: nobody is told of this one's changes; scope
 * CONNECTION: nor of any at that address.
 */
typedef bool provider_watch_fn(struct provider_session *session,
    struct pool *pool, const struct provider_watch *ask,
    struct provider_channel *out, struct err *err);
/* Ends it. True also when there is no such channel; messages that are on their
 * way may still come. Idempotent. */
typedef bool provider_unwatch_fn(struct provider_session *session,
    struct pool *pool, const struct provider_channel *channel,
    struct err *err);

struct provider {
	const char *name;		/* "caldav": stored, never shown */
	const char *label;		/* "CalDAV" */
	const char *about;		/* one line for the card */
	const char *preset_url;		/* NULL = the user gives one */
	unsigned flags;
	provider_app_fn *app;
	provider_discover_fn *discover;
	provider_list_collections_fn *list_collections;
	provider_changes_fn *changes;
	provider_fetch_fn *fetch;
	provider_push_fn *push;
	provider_watch_fn *watch;
	provider_unwatch_fn *unwatch;
};

provider_app_fn provider_unsupported_app;
provider_discover_fn provider_unsupported_discover;
provider_list_collections_fn provider_unsupported_list_collections;
provider_changes_fn provider_unsupported_changes;
provider_fetch_fn provider_unsupported_fetch;
provider_push_fn provider_unsupported_push;
provider_watch_fn provider_unsupported_watch;
provider_unwatch_fn provider_unsupported_unwatch;

/* NULL = unknown name. */
const struct provider *provider_find(const char *name);
const struct provider *const *provider_list(size_t *count_out);

#endif
