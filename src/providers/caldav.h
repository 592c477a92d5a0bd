#ifndef HAWSER_PROVIDERS_CALDAV_H
#define HAWSER_PROVIDERS_CALDAV_H
/*
 * CalDAV (RFC 4791, 6578, 6764): any server, and iCloud as a preset. home_url
 * of an account holds one or more URLs with a blank between them; collection
 * ids and remote ids are paths in the server's own spelling, relative to the
 * first home (or whole URLs where a home lies on another host).
 */
#include "providers/provider.h"

extern const struct provider caldav_provider;
extern const struct provider caldav_icloud_provider;
#endif
