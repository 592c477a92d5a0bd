/* The element names of WebDAV and CalDAV, as data. */
#include "providers/caldav_names.h"
#include <stddef.h>
#include <string.h>
#include "util/banned.h"

static const struct { const char *name; enum caldav_el el; } names[] = {
	{ NS_D "response", EL_RESPONSE },
	{ NS_D "href", EL_HREF },
	{ NS_D "propstat", EL_PROPSTAT },
	{ NS_D "prop", EL_PROP },
	{ NS_D "status", EL_STATUS },
	{ NS_D "getetag", EL_ETAG },
	{ NS_C "calendar-data", EL_DATA },
	{ NS_D "multistatus", EL_MULTISTATUS },
	{ NS_D "error", EL_ERROR },
	{ NS_D "sync-token", EL_TOKEN },
	{ NS_D "displayname", EL_NAME },
	{ NS_A "calendar-color", EL_COLOR },
	{ NS_CS "getctag", EL_CTAG },
	{ NS_D "getctag", EL_CTAG },
	{ NS_D "getcontenttype", EL_CONTENT_TYPE },
	{ NS_D "current-user-principal", EL_PRINCIPAL },
	{ NS_D "unauthenticated", EL_UNAUTHENTICATED },
	{ NS_C "calendar-home-set", EL_HOME },
	{ NS_C "calendar-user-address-set", EL_ADDRESSES },
	{ NS_D "resourcetype", EL_TYPES },
	{ NS_D "collection", EL_T_COLLECTION },
	{ NS_C "calendar", EL_T_CALENDAR },
	{ NS_C "schedule-inbox", EL_T_SKIPPED },
	{ NS_C "schedule-outbox", EL_T_SKIPPED },
	{ NS_CS "subscribed", EL_T_SKIPPED },
	{ NS_CS "notification", EL_T_SKIPPED },
	{ NS_CS "dropbox-home", EL_T_SKIPPED },
	{ NS_NC "trash-bin", EL_T_SKIPPED },
	{ NS_NC "deleted-calendar", EL_T_SKIPPED },
	{ NS_D "current-user-privilege-set", EL_PRIVILEGES },
	{ NS_D "privilege", EL_PRIVILEGE },
	{ NS_D "read", EL_P_READ },
	{ NS_D "write", EL_P_WRITE },
	{ NS_D "write-content", EL_P_WRITE },
	{ NS_D "bind", EL_P_WRITE },
	{ NS_D "all", EL_P_WRITE },
	{ NS_D "supported-report-set", EL_REPORTS },
	{ NS_D "supported-report", EL_SUPPORTED_REPORT },
	{ NS_D "report", EL_REPORT },
	{ NS_D "sync-collection", EL_R_SYNC },
	{ NS_C "supported-calendar-component-set", EL_COMPONENTS },
	{ NS_C "comp", EL_COMP },
	{ NS_D "valid-sync-token", EL_E_TOKEN },
	{ NS_D "number-of-matches-within-limits", EL_E_TRUNCATED },
	{ NS_C "no-uid-conflict", EL_E_UID },
	{ NS_C "valid-calendar-data", EL_E_DATA },
	{ NS_C "valid-calendar-object-resource", EL_E_DATA },
	{ NS_C "supported-calendar-data", EL_E_DATA },
	{ NS_C "supported-calendar-component", EL_E_DATA },
	{ NS_C "min-date-time", EL_E_DATA },
	{ NS_C "max-date-time", EL_E_DATA },
	{ NS_C "max-instances", EL_E_DATA },
	{ NS_C "max-attendees-per-instance", EL_E_DATA },
	{ NS_C "max-resource-size", EL_E_SIZE },
	{ NS_D "need-privileges", EL_E_PRIVILEGE },
	{ NS_D "quota-not-exceeded", EL_E_QUOTA },
	{ NS_D "sufficient-disk-space", EL_E_QUOTA },
};

enum caldav_el caldav_names_find(const char *name)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i].name, name) == 0)
			return names[i].el;
	return EL_OTHER;
}
