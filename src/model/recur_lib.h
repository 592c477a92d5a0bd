#ifndef HAWSER_MODEL_RECUR_LIB_H
#define HAWSER_MODEL_RECUR_LIB_H
/*
 * libical, loaded when the first rule or foreign zone is worked out. It brings
 * ICU and libstdc++ along, which cost every start as much as all the rest of
 * ours, and most runs meet no rule; so no program is linked with it.
 */
#include <libical/ical.h>
#include "util/err.h"

#define RECUR_LIB_FUNCTIONS(F) \
	F(icalcomponent_free) \
	F(icalcomponent_new_from_string) \
	F(icalerror_set_errors_are_fatal) \
	F(icalrecur_iterator_free) \
	F(icalrecur_iterator_new) \
	F(icalrecur_iterator_next) \
	F(icalrecurrencetype_from_string) \
	F(icaltime_as_timet_with_zone) \
	F(icaltimezone_free) \
	F(icaltimezone_new) \
	F(icaltimezone_set_component)

/* Each under its own name and with the type its header gives it. */
struct recur_lib {
#define RECUR_LIB_MEMBER(name) __typeof__(name) *name;
	RECUR_LIB_FUNCTIONS(RECUR_LIB_MEMBER)
#undef RECUR_LIB_MEMBER
};

/* Loads it unless it is there; a child of this process has it, too. */
ERR_CHECKED bool recur_lib_load(struct err *err);
/* The same; where it is not installed, die(). */
const struct recur_lib *recur_lib_get(void);
#endif
