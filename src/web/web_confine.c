/* What hawser-web gives up before it serves: pages need neither the key file nor
 * the internet. */
#include <string.h>
#include "util/confine.h"
#include "web/web_p.h"
#include "util/banned.h"

#if defined(__SANITIZE_ADDRESS__)
#define TRACED true		/* the leak checker looks at the end */
#define TRACED_READS "/proc"
#else
#define TRACED false
#define TRACED_READS ""
#endif

void
web_confine(struct pool *pool, const struct config *c, enum route_pool pool_id)
{
	const char *clock = *c->clock_file ? confine_folder(pool, c->clock_file) :
	    "";
	const char *const pages[] = { "/usr", "/lib", "/etc/ssl", "/dev/urandom",
	    c->db_web_password_file, c->db_tls_ca_file, clock, TRACED_READS,
	    /* a database on another machine has a name */
	    "/etc/hosts", "/etc/resolv.conf", "/etc/nsswitch.conf",
	    "/run/systemd/resolve",
	    /* where the library for rules is found when one is checked */
	    "/etc/ld.so.cache", NULL };
	const char *const hooks[] = { "/usr", "/lib", "/etc", "/dev/urandom",
	    "/run/systemd/resolve", c->db_hooks_password_file,
	    c->db_tls_ca_file, confine_folder(pool, c->kek_file),
	    confine_folder(pool, c->google.client_secret_file), clock, TRACED_READS, NULL };
	bool is_hooks = pool_id == ROUTE_HOOKS;

	if (c->confine)
		confine_enter(&(struct confine){ .traced = TRACED,
		    .internet = is_hooks || *c->db_hosts != '\0',
		    .reads = is_hooks ? hooks : pages });
}

/* It hears nothing but signals. A filter cannot be taken off, so its newer self
 * has this one and needs no second. */
void
web_confine_parent(const struct config *c)
{
	if (c->confine && !prefork_takes_over())
		confine_enter(&(struct confine){ .traced = TRACED,
		    .internet = true, .runs = true, .all_files = true });
}
