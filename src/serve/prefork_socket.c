/* Where the workers are reached: a unix socket, made or said to be impossible. */
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include "serve/prefork_p.h"
#include "util/banned.h"

#define BACKLOG 511

static bool
make_address(const char *path, struct sockaddr_un *out, struct err *err)
{
	*out = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (strlen(path) >= sizeof(out->sun_path))
		return err_set(err, ERR_INPUT, "The socket path %s is longer "
		    "than %zu bytes.", path, sizeof(out->sun_path) - 1);
	memcpy(out->sun_path, path, strlen(path) + 1);
	return true;
}

bool
prefork_has_place(struct pool *pool, const char *path, struct err *err)
{
	const char *slash = strrchr(path, '/');
	struct sockaddr_un sa;

	if (!make_address(path, &sa, err))
		return false;
	if (!slash)
		return true;
	if (access(pool_printf(pool, "%.*s/.", (int)(slash - path), path),
	    W_OK | X_OK) != 0)
		return err_set(err, ERR_INPUT, "No socket can be made in %.*s: "
		    "%s.", (int)(slash - path), path, strerror(errno));
	return true;
}

static bool
listen_at(int fd, const struct sockaddr_un *sa, struct err *err)
{
	const struct sockaddr *at = (const struct sockaddr *)sa;
	mode_t mask;
	int bound;

	if (connect(fd, at, sizeof(*sa)) == 0 || errno == EAGAIN)
		return err_set(err, ERR_CONFLICT, "Somebody serves %s already.",
		    sa->sun_path);
	unlink(sa->sun_path);
	mask = umask(0117);		/* 0660: see the traps of libfcgi */
	bound = bind(fd, at, sizeof(*sa));
	umask(mask);
	return (bound == 0 && listen(fd, BACKLOG) == 0) || err_set(err,
	    ERR_INTERNAL, "Cannot listen on %s: %s.", sa->sun_path,
	    strerror(errno));
}

int
prefork_socket(const char *path, struct err *err)
{
	struct sockaddr_un sa;
	int fd;

	if (!make_address(path, &sa, err))
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0) {
		(void)err_set(err, ERR_INTERNAL, "socket: %s", strerror(errno));
		return -1;
	}
	if (listen_at(fd, &sa, err))
		return fd;
	close(fd);
	return -1;
}
