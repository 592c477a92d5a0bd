#ifndef HAWSER_T_DIES_H
#define HAWSER_T_DIES_H
/* Does it end in die()? Tried in a child, whose words are thrown away. */
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static inline bool
dies(void (*fn)(void))
{
	int status = 0, fd;
	pid_t pid;

	fflush(stdout);
	if ((pid = fork()) == 0) {
		fd = open("/dev/null", O_WRONLY);
		if (fd >= 0)
			dup2(fd, STDERR_FILENO);
		fn();
		_exit(0);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid &&
	    WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}
#endif
