#ifndef HAWSER_UTIL_BANNED_H
#define HAWSER_UTIL_BANNED_H
/* Functions that are never the right one here; included last by every .c. */
#pragma GCC poison strcpy strcat sprintf vsprintf strtok strncpy strncat
#pragma GCC poison atoi atol gmtime localtime gets
#endif
