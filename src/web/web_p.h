#ifndef HAWSER_WEB_WEB_P_H
#define HAWSER_WEB_WEB_P_H
/* Shared by web.c, web_serve.c, web_error.c and the mains only. */
#include "serve/prefork.h"
#include "web/brand.h"
#include "web/web.h"

/* What a worker keeps from request to request. */
struct web_worker {
	struct pool *forever;
	struct pool *pool;		/* reset for each request */
	const struct config *config;
	struct brand brand;
	enum route_pool pool_id;
	struct db *db;			/* NULL: could not connect yet */
};

/* start, serve, idle and stop of struct prefork_app. The configuration is read again
 * by each new worker, so a roll takes a changed one into use. */
void *web_start(void *arg, int pool_id);
void web_serve(void *state, FCGX_Request *request);
void web_idle(void *state);
void web_stop(void *state);

/* ---- web_confine.c ---- */
/* In a new worker, when everything that only its start needs is read. */
void web_confine(struct pool *pool, const struct config *config,
    enum route_pool pool_id);
/* Their parent, which starts its newer self. */
void web_confine_parent(const struct config *config);

/* ---- web_error.c ---- */
/* The error page (or one line of text for machines) of err's kind. */
void web_error_page(struct web *web, const struct err *err);
/* The same for what is no error of a handler: 404, 405, 413, 415 ... */
void web_error_status(struct web *web, int status, const char *sentence);
#endif
