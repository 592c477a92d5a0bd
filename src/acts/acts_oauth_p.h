#ifndef HAWSER_ACTS_ACTS_OAUTH_P_H
#define HAWSER_ACTS_ACTS_OAUTH_P_H
/* Shared by acts_oauth.c and acts_oauth_connect.c. */
#include "acts/acts_oauth.h"
#include "providers/provider.h"
#include "sync/keyring.h"

/* A state that is this session's, used up. */
struct oauth_landing {
	const struct act *act;
	const struct provider *provider;
	struct provider_app app;
	struct keyring *keyring;
	struct oauth_state_row row;
	const char *code;
	bool denied;			/* by the person, at the provider */
};

char *acts_oauth_redirect_uri(const struct act *act, const char *provider,
    int kind);
const char *acts_oauth_kind_name(int kind);
/* Exchanges the code, asks whose account it is and saves it, the end of the
 * state with it. */
ERR_CHECKED bool acts_oauth_connect(struct oauth_landing *l,
    uint64_t *connection_out, struct err *err);
#endif
