/* The datagram that says: look at the queue now. A hint, never a promise. */
#include "jobs/wake.h"
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "util/banned.h"

static bool address(const struct config *config, struct sockaddr_un *out)
{
	int n;

	memset(out, 0, sizeof(*out));
	out->sun_family = AF_UNIX;
	n = snprintf(out->sun_path, sizeof(out->sun_path), "%s/sync.sock",
	    config->run_dir);
	return n > 0 && (size_t)n < sizeof(out->sun_path);
}

void wake_send(const struct config *config)
{
	struct sockaddr_un to;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return;
	if (address(config, &to))
		(void)sendto(fd, "w", 1, MSG_DONTWAIT | MSG_NOSIGNAL,
		    (const struct sockaddr *)&to, sizeof(to));
	close(fd);
}

/* The newest on duty has the name; the one before finds out by the duty row. */
bool wake_open(const struct config *config, int *fd_out, struct err *err)
{
	struct sockaddr_un at;
	int fd;

	if (!address(config, &at))
		return err_set(err, ERR_INPUT, "[paths] run_dir is too long for a "
		    "socket's name.");
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_set(err, ERR_INTERNAL, "No socket could be made.");
	(void)unlink(at.sun_path);
	if (bind(fd, (const struct sockaddr *)&at, sizeof(at)) < 0) {
		err_set(err, ERR_INTERNAL, "%s could not be made: %s.",
		    at.sun_path, strerror(errno));
		close(fd);
		return false;
	}
	*fd_out = fd;
	return true;
}

bool wake_wait(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char drop[16];

	if (poll(&p, 1, ms) <= 0)
		return false;
	while (recv(fd, drop, sizeof(drop), MSG_DONTWAIT) >= 0)
		;
	return true;
}

/* The name is left to whoever came after, or to the next start. */
void wake_close(const struct config *config, int fd)
{
	(void)config;
	close(fd);
}
