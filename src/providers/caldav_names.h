#ifndef HAWSER_PROVIDERS_CALDAV_NAMES_H
#define HAWSER_PROVIDERS_CALDAV_NAMES_H
/* The element names we know; for caldav_xml.c alone. */

enum caldav_el {
	EL_OTHER, EL_MULTISTATUS, EL_RESPONSE, EL_PROPSTAT, EL_PROP, EL_ERROR,
	EL_HREF, EL_STATUS, EL_UNAUTHENTICATED,
	/* properties with text, in the order of enum caldav_text */
	EL_ETAG, EL_DATA, EL_NAME, EL_COLOR, EL_CTAG, EL_TOKEN,
	EL_CONTENT_TYPE,
	/* properties with structure */
	EL_PRINCIPAL, EL_HOME, EL_ADDRESSES, EL_TYPES, EL_PRIVILEGES,
	EL_PRIVILEGE, EL_REPORTS, EL_SUPPORTED_REPORT, EL_REPORT,
	EL_COMPONENTS, EL_COMP,
	/* members of resourcetype */
	EL_T_COLLECTION, EL_T_CALENDAR, EL_T_SKIPPED,
	/* members of privilege */
	EL_P_READ, EL_P_WRITE,
	/* members of report */
	EL_R_SYNC,
	/* members of error */
	EL_E_TOKEN, EL_E_TRUNCATED, EL_E_UID, EL_E_DATA, EL_E_SIZE,
	EL_E_PRIVILEGE, EL_E_QUOTA,
};

/* With what stands between namespace and local name: CALDAV_PARSER_SEP. */
#define NS_D "DAV:\n"
#define NS_C "urn:ietf:params:xml:ns:caldav\n"
#define NS_CS "http://calendarserver.org/ns/\n"
#define NS_A "http://apple.com/ns/ical/\n"
#define NS_NC "http://nextcloud.com/ns\n"

enum caldav_el caldav_names_find(const char *name);
#endif
