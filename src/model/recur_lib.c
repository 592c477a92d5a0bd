/* Loads libical. Must not know what is asked of it. */
#include "model/recur_lib.h"
#include <dlfcn.h>
#include <stddef.h>
#include <string.h>
#include "util/banned.h"

static const struct { const char *name; size_t at; } functions[] = {
#define RECUR_LIB_NAME(name) { #name, offsetof(struct recur_lib, name) },
	RECUR_LIB_FUNCTIONS(RECUR_LIB_NAME)
#undef RECUR_LIB_NAME
};

static struct recur_lib lib;
static bool loaded;

static bool cannot(struct err *err)
{
	const char *why = dlerror();

	return err_set(err, ERR_INTERNAL, "%s cannot be loaded (%.120s). Install "
	    "libical, in Debian the package libical3.", HAWSER_ICAL_SONAME,
	    why ? why : "no reason given");
}

bool recur_lib_load(struct err *err)
{
	struct recur_lib found;
	void *handle;

	if (loaded)
		return true;
	/* All or nothing, and nobody else's names are changed by it. */
	handle = dlopen(HAWSER_ICAL_SONAME, RTLD_NOW | RTLD_LOCAL);
	if (!handle)
		return cannot(err);
	for (size_t i = 0; i < sizeof(functions) / sizeof(*functions); i++) {
		void *at = dlsym(handle, functions[i].name);

		if (!at) {
			cannot(err);
			dlclose(handle);
			return false;
		}
		memcpy((char *)&found + functions[i].at, &at, sizeof(at));
	}
	lib = found;
	lib.icalerror_set_errors_are_fatal(0);
	loaded = true;
	return true;
}

const struct recur_lib *recur_lib_get(void)
{
	struct err err = { 0 };

	if (!recur_lib_load(&err))
		die("%s", err.msg);
	return &lib;
}
