/* The page where a person changes "Google's" calendar by hand. */
#include "sandbox/sandbox_google_event.h"
#include "util/banned.h"

const struct sandbox_routes sandbox_page_routes = { .prefix = "/" };
