/* FastCGI records on the way out; knows nothing of what they carry. */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
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

static bool
write_record(const FCGX_Request *request, const char *bytes, size_t len)
{
	FCGI_Header head = header(request, FCGI_STDOUT, len);
	struct iovec parts[] = { { &head, sizeof(head) },
	    { (void *)(uintptr_t)bytes, len } };

	return write_all(request->ipcFd, parts, 2);
}

void
fcgi_answer(FCGX_Request *request, const char *bytes, size_t len)
{
	bool good = true;

	for (; good && len > RECORD_MOST; bytes += RECORD_MOST, len -= RECORD_MOST)
		good = write_record(request, bytes, RECORD_MOST);
	if (good) {
		FCGI_Header head = header(request, FCGI_STDOUT, len);
		struct { FCGI_Header none; FCGI_EndRequestRecord end; } last = {
			header(request, FCGI_STDOUT, 0),
			{ header(request, FCGI_END_REQUEST,
			    sizeof(FCGI_EndRequestBody)),
			    { .protocolStatus = FCGI_REQUEST_COMPLETE } } };
		struct iovec parts[] = { { &head, sizeof(head) },
		    { (void *)(uintptr_t)bytes, len }, { &last, sizeof(last) } };

		(void)write_all(request->ipcFd, parts, 3);
	}
	FCGX_Free(request, 1);
}
