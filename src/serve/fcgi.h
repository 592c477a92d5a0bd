#ifndef HAWSER_SERVE_FCGI_H
#define HAWSER_SERVE_FCGI_H
/*
 * A whole answer as FastCGI records. libfcgi's own stream writes 8 KB at a time
 * and the end by itself: each wakes nginx once more.
 */
#include <stddef.h>
#include <fcgiapp.h>

/* Answers, ends the request and closes its connection; FCGX_Finish_r finds
 * nothing left to do. Nobody is told when the peer has gone. */
void fcgi_answer(FCGX_Request *request, const char *bytes, size_t len);
#endif
