/*
 * What is done while the database is waited for. The connector's hook has no
 * argument of its own, so there is one for the process; its other files know
 * nothing of it.
 */
#include <errno.h>
#include <poll.h>
#include "store/db_p.h"
#include "util/banned.h"

static db_wait_fn *wait_fn;
static void *wait_arg;

void db_set_wait(db_wait_fn *fn, void *arg)
{
	wait_fn = fn;
	wait_arg = arg;
}

static int wait_for(my_socket fd, my_bool is_read, int timeout_ms)
{
	struct pollfd p = { .fd = fd, .events = is_read ? POLLIN : POLLOUT };
	int n;

	if (wait_fn)
		return wait_fn(wait_arg, fd, is_read, timeout_ms);
	do
		n = poll(&p, 1, timeout_ms ? timeout_ms : -1);
	while (n < 0 && errno == EINTR);
	if (n == 0)
		errno = ETIMEDOUT;
	return n;
}

void db_wait_set_up(MYSQL *my)
{
	mysql_optionsv(my, MARIADB_OPT_IO_WAIT, (void *)wait_for);
}
