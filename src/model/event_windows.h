#ifndef HAWSER_MODEL_EVENT_WINDOWS_H
#define HAWSER_MODEL_EVENT_WINDOWS_H
/* IANA zone of a Windows zone name ("W. Europe Standard Time"), NULL = none. */
const char *event_windows_iana(const char *name);
#endif
