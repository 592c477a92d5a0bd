#ifndef HAWSER_ACTS_ACTS_OAUTH_H
#define HAWSER_ACTS_ACTS_OAUTH_H
/*
 * A person connects an account by signing in at its provider (RFC 6749 4.1 with
 * PKCE), or renews the access of a connection in place.
 *
 *	start	a state of this session's own, and where the browser goes
 *	finish	[waits] what the browser came back with: the state is used up first,
 *		whatever follows; then the code is exchanged and the account saved
 *	find	how it stands, for the page that waits
 *
 * What is not as it should be makes no connection, asks the token endpoint
 * nothing and stands in the audit.
 */
#include "acts/act.h"
#include "store/store_oauth.h"

#define OAUTH_FLOW_CHARS 32		/* hex */

struct oauth_start {
	const char *provider;
	uint64_t connection_id;		/* whose access is renewed; 0 = a new one */
	const char *flow;		/* hex, made by the page; "" = made here */
	bool popup;
	struct digest session_hash;	/* of whoever asks */
};

struct oauth_started {
	const char *who;		/* "Google" */
	const char *url;		/* the provider's page; holds the state */
	const char *flow;		/* hex: our name for this try */
};

/* In the hooks pool: it seals. ERR_UNSUPPORTED: not set up by the operator;
 * ERR_LIMIT: too many tries. The owner of the connection. */
ERR_CHECKED bool acts_oauth_start(const struct act *act,
    const struct oauth_start *start, struct oauth_started *out,
    struct err *err);

/* A redirect as it came; texts are NULL where they were not there. */
struct oauth_back {
	const char *provider, *kind;	/* of the path */
	const char *state, *code, *error, *iss;
	bool doubled;			/* a parameter came twice */
	bool signed_in;			/* which session, the database knows */
};

/* A try, as its own person may see it. */
struct oauth_view {
	const char *flow, *provider, *label;
	bool popup;
	enum oauth_outcome outcome;	/* OAUTH_OPEN: not yet */
	bool late;			/* open, and its time is over */
	const char *message;		/* a sentence, "" = none */
	uint64_t connection_id;		/* of what was connected or is renewed */
	enum oauth_return return_to;
	bool in_part;			/* done, but something is to be granted still */
};

/* [waits] True: it was a try of this session, out says what came of it. */
ERR_CHECKED bool acts_oauth_finish(const struct act *act,
    const struct oauth_back *back, struct oauth_view *out, struct err *err);

/* ERR_NOT_FOUND: there is no such try of this session. */
ERR_CHECKED bool acts_oauth_find(const struct act *act, const char *flow,
    const struct digest *session_hash, struct oauth_view *out,
    struct err *err);
/* A sentence about access that was asked for and not granted; NULL = all of it
 * was. The owner's. */
ERR_CHECKED bool acts_oauth_lacks(const struct act *act, uint64_t connection_id,
    const char **out, struct err *err);
/* The person gives up: its state is good for nothing more. */
ERR_CHECKED bool acts_oauth_cancel(const struct act *act, const char *flow,
    const struct digest *session_hash, struct err *err);
#endif
