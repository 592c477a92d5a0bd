#ifndef HAWSER_SANDBOX_SANDBOX_GOOGLE_H
#define HAWSER_SANDBOX_SANDBOX_GOOGLE_H
/*
 * Google: OAuth 2.0 and Calendar v3, below /google. Errors have Google's form;
 * what is known of it stands with the discovery document of the API.
 */
#include "sandbox/sandbox_call.h"
#include "sandbox/sandbox_grant.h"

#define SANDBOX_GOOGLE "/google"
#define SANDBOX_GOOGLE_SCOPE "https://www.googleapis.com/auth/"

extern const struct sandbox_routes sandbox_google_routes;
extern const struct sandbox_routes sandbox_page_routes;
extern const struct sandbox_grant_spelling sandbox_google_spelling;

/* route flags */
enum {
	SANDBOX_GOOGLE_OPEN = 1,	/* asks for no token */
	SANDBOX_GOOGLE_OUTER = 2,	/* a token, but neither scope nor limit */
};

void sandbox_google_fail(struct sandbox_call *call, int status,
    const char *reason, const char *message);
/* The same, of a parameter or header. */
void sandbox_google_fail_at(struct sandbox_call *call, int status,
    const char *reason, const char *message, const char *kind,
    const char *where);
/* 401 as OAuth's own places say it: {"error", "error_description"}. */
void sandbox_google_oauth_fail(struct sandbox_call *call, int status,
    const char *error, const char *description);

/* fields=...: leaves of the answer what is asked for. */
void sandbox_google_fields(struct sandbox_call *call);

/* sandbox_google_oauth.c */
char *sandbox_google_scope_list(struct pool *pool, const json_t *scopes);
void sandbox_google_consent(struct sandbox_call *call);
void sandbox_google_answer(struct sandbox_call *call);
/* sandbox_google_token.c */
void sandbox_google_token(struct sandbox_call *call);
void sandbox_google_revoke(struct sandbox_call *call);
void sandbox_google_oidc_user(struct sandbox_call *call);
void sandbox_google_user(struct sandbox_call *call);
void sandbox_google_discovery(struct sandbox_call *call);
#endif
