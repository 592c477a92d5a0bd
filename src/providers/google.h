#ifndef HAWSER_PROVIDERS_GOOGLE_H
#define HAWSER_PROVIDERS_GOOGLE_H
/* Google Calendar by its API, version 3. */
#include "providers/provider.h"

extern const struct provider google_provider;
#endif
