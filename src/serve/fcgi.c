/* FastCGI records on the way out; knows nothing of what they carry. */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <unistd.h>
#include <sys/uio.h>
#include <fastcgi.h>
#include "serve/fcgi.h"
#include "util/banned.h"

enum { RECORD_MOST = 65528 };	/* a multiple of 8: no padding */

static FCGI_Header
header(const FCGX_Request *request, int type, size_t len)
{
	return (FCGI_Header){ .version = FCGI_VERSION_1,
	    .type = (unsigned char)type,
	    .requestIdB1 = (unsigned char)(request->requestId >> 8 & 0xff),
	    .requestIdB0 = (unsigned char)(request->requestId & 0xff),
	    .contentLengthB1 = (unsigned char)(len >> 8),
	    .contentLengthB0 = (unsigned char)(len & 0xff) };
}

static bool
write_all(int fd, struct iovec *part, int count)
{
	ssize_t n = 0;

	for (;;) {
		while (count > 0 && (size_t)n >= part->iov_len) {
			n -= (ssize_t)part->iov_len;
			part++;
			count--;
		}
		if (count == 0)
			return true;
		part->iov_base = (char *)part->iov_base + n;
		part->iov_len -= (size_t)n;
		while ((n = writev(fd, part, count)) < 0)
			if (errno != EINTR)
				return false;
	}
}

static struct iovec
part(const void *at, size_t len)
{
	return (struct iovec){ (void *)(uintptr_t)at, len };
}

void
fcgi_take_end(FCGX_Request *request)
{
	(void)FCGX_GetChar(request->in);
}

/* libfcgi waits until the peer has closed, too, for a connection that is closed
 * with input unread is broken off. When nothing can be left that wait, in which
 * this process serves nobody, is for nothing. */
static void
end(FCGX_Request *request)
{
	bool whole = request->in->isClosed;

	if (whole) {
		close(request->ipcFd);
		request->ipcFd = -1;
	}
	FCGX_Free(request, !whole);
}

/* Most answers are one write, which wakes nginx once. */
void
fcgi_answer(FCGX_Request *request, const struct fcgi_bytes *head,
    const struct fcgi_bytes *body)
{
	const struct { FCGI_Header none; FCGI_EndRequestRecord end; } last = {
		header(request, FCGI_STDOUT, 0),
		{ header(request, FCGI_END_REQUEST, sizeof(FCGI_EndRequestBody)),
		    { .protocolStatus = FCGI_REQUEST_COMPLETE } } };
	const FCGI_Header first = header(request, FCGI_STDOUT, head->len);
	struct iovec parts[5] = { part(&first, sizeof(first)),
	    part(head->at, head->len) };
	const char *at = body->at;
	size_t left = body->len, n;
	FCGI_Header next;
	int count = 2;
	bool good = true;

	do {
		n = left < RECORD_MOST ? left : RECORD_MOST;
		next = header(request, FCGI_STDOUT, n);
		if (n > 0) {
			parts[count++] = part(&next, sizeof(next));
			parts[count++] = part(at, n);
		}
		at += n;
		left -= n;
		if (left == 0)
			parts[count++] = part(&last, sizeof(last));
		good = write_all(request->ipcFd, parts, count);
		count = 0;
	} while (good && left > 0);
	end(request);
}
