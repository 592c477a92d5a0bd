#ifndef HAWSER_SERVE_FCGI_H
#define HAWSER_SERVE_FCGI_H
/*
 * A whole answer as FastCGI records. libfcgi's own stream writes 8 KB at a time
 * and the end by itself: each wakes nginx once more.
 */
#include <stddef.h>
#include <fcgiapp.h>

/* Reads on to the end of the input: for who has taken all that was announced. */
void fcgi_take_end(FCGX_Request *request);
struct fcgi_bytes { const char *at; size_t len; };

/* Answers, ends the request and closes its connection; FCGX_Finish_r finds
 * nothing left to do. Nobody is told when the peer has gone. The head fits into
 * a record: less than 64 KB. */
void fcgi_answer(FCGX_Request *request, const struct fcgi_bytes *head,
    const struct fcgi_bytes *body);
#endif
