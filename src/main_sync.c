/*
 * hawser-sync: invoked every minute by cron. Does what is due, lingers for what
 * comes, and leaves when the next one has taken over. With --connection it
 * works on that one alone; with --dry-run it prints the plan and does
 * nothing.
 */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "jobs/duty.h"
#include "jobs/queue.h"
#include "store/store_connection.h"
#include "store/store_lookup.h"
#include "store/store_org.h"
#include "store/store_retention.h"
#include "store/store_run.h"
#include "sync/delta.h"
#include "util/confine.h"
#include "util/jsonx.h"
#include "util/log.h"
#include "util/str.h"
#include "util/banned.h"

#if defined(__SANITIZE_ADDRESS__)
#define TRACED true		/* the leak checker looks at the end */
#else
#define TRACED false
#endif

struct options {
	bool once, dry_run, full, json;
	unsigned long long connection;
	int linger_secs;		/* -1 = as configured */
};

struct program {
	struct pool *pool;
	struct config *config;
	struct options options;
};

static volatile bool stop;

static void on_term(int signal)
{
	(void)signal;
	stop = true;
}

static int usage(FILE *to)
{
	fputs("usage: hawser-sync [--once] [--connection ID] [--dry-run] [--full]\n"
	    "                   [--json] [--linger SECS]\n"
	    "  --once           do what is due, then leave\n"
	    "  --connection ID  this connection, now, whether due or not; the dates\n"
	    "                   of series that came are left to the queue\n"
	    "  --dry-run        print what a run would do, and why; of every\n"
	    "                   connection, or of the one named\n"
	    "  --full           with --connection: list everything, as once a "
	    "week\n"
	    "  --json           one JSON value instead of words\n"
	    "  --linger SECS    wait so long for more work, default [sync] "
	    "linger_secs\n", to);
	return to == stderr ? 2 : 0;
}

static int wrong(const char *what, const char *given)
{
	fprintf(stderr, "hawser-sync: %s%s\n", what, given);
	return usage(stderr) + 1;
}

/* 0 = go on, else the exit status + 1. */
static int read_options(int argc, char **argv, struct options *o)
{
	static const struct option LONG[] = {
		{ "once", no_argument, NULL, 'o' },
		{ "connection", required_argument, NULL, 'c' },
		{ "dry-run", no_argument, NULL, 'n' },
		{ "full", no_argument, NULL, 'f' },
		{ "json", no_argument, NULL, 'j' },
		{ "linger", required_argument, NULL, 'l' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	unsigned long long n;
	int c;

	*o = (struct options){ .linger_secs = -1 };
	while ((c = getopt_long(argc, argv, "", LONG, NULL)) >= 0)
		switch (c) {
		case 'o': o->once = true; break;
		case 'n': o->dry_run = true; break;
		case 'f': o->full = true; break;
		case 'j': o->json = true; break;
		case 'h': return usage(stdout) + 1;
		case 'c':
			if (!str_to_u64(optarg, &o->connection) || !o->connection)
				return wrong("--connection needs an id, not ",
				    optarg);
			break;
		case 'l':
			if (!str_to_u64(optarg, &n) || n > 86400)
				return wrong("--linger needs 0 to 86400 seconds, "
				    "not ", optarg);
			o->linger_secs = (int)n;
			break;
		default:
			return usage(stderr) + 1;
		}
	if (optind < argc)
		return wrong("this argument is one too many: ", argv[optind]);
	if (o->full && !o->connection)
		return wrong("--full needs --connection ID", "");
	return 0;
}

/* Everything a worker needs of its own; a fork inherits none of it. */
static bool open_engine(struct program *p, struct pool *pool,
    struct engine *e, struct err *err)
{
	*e = (struct engine){ .config = p->config, .stop = &stop };
	return db_open(pool, p->config, DB_SYNC, &e->db, err) &&
	    keyring_open(pool, p->config, &e->keyring, err) &&
	    http_open(pool, p->config, &e->http, err);
}

static int fail(const struct err *err)
{
	struct err plain = *err;	/* it may quote what a server said */

	log_err("hawser-sync", err);
	str_plain(plain.msg);
	fprintf(stderr, "hawser-sync: %s\n", plain.msg);
	return 1;
}

static int work_queue(void *arg)
{
	struct program *p = arg;
	struct pool *pool = pool_new(NULL);
	struct engine e;
	struct err err = { 0 };
	bool fine = open_engine(p, pool, &e, &err) &&
	    queue_work(&e, NULL, &err);

	if (e.db)
		db_close(e.db);
	pool_free(pool);
	return fine ? 0 : fail(&err);
}

/* ---- one connection ---- */

static const char *end_words(const struct engine_result *r)
{
	switch (r->end) {
	case ENGINE_DONE: return r->refused ? "not finished" : r->held ?
	    "done, but asks before it deletes" : "done";
	case ENGINE_BUSY: return "another process works on it";
	case ENGINE_PARKED: return "waits";
	case ENGINE_RECONNECT: return "needs to be connected again";
	case ENGINE_STOPPED: return "stopped";
	case ENGINE_IDLE: return "paused or gone";
	case ENGINE_LOST: return "taken over by another process";
	}
	return "";
}

static void say_line(char *text)
{
	str_plain_line(text);
	puts(text);
}

static void print_plan_row(struct pool *pool, const struct action_row *a)
{
	say_line(pool_printf(pool, "%4d  %-24s %s%s%s", a->seq,
	    delta_kind_name((enum sync_kind)a->kind), a->title,
	    a->remote_id ? "  " : "", a->remote_id ? a->remote_id : ""));
	say_line(pool_printf(pool, "      %s%s%s", a->reason,
	    *a->message ? " " : "", a->message));
}

static json_t *plan_json(const struct action_row *rows, size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++) {
		const struct action_row *a = &rows[i];

		json_array_append_new(list, json_pack(
		    "{s:i,s:s,s:s,s:s?,s:s,s:s,s:b}", "seq", a->seq,
		    "action", delta_kind_name((enum sync_kind)a->kind),
		    "title", a->title, "remote_id", a->remote_id,
		    "reason", a->reason, "message", a->message,
		    "held", a->phase == PHASE_HELD));
	}
	return list;
}

static json_t *result_json(struct pool *pool, uint64_t connection,
    const struct engine_result *r, const struct action_row *rows, size_t count)
{
	return jsonx_pack(pool,
	    "{s:s,s:s,s:s,s:i,s:i,s:i,s:i,s:i,s:i,s:i,s:s,s:o}",
	    "connection", pool_printf(pool, "%llu",
	    (unsigned long long)connection),
	    "run_id", pool_printf(pool, "%llu", (unsigned long long)r->run_id),
	    "end", end_words(r), "planned", (int)r->planned,
	    "done", (int)r->done, "in", (int)r->in, "out", (int)r->out,
	    "conflicts", (int)r->conflicts,
	    "set_aside", (int)r->set_aside, "held", (int)r->held,
	    "message", r->message, "actions", plan_json(rows, count));
}

static void print_words(struct pool *pool, const struct options *o,
    const struct engine_result *r, const struct action_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		print_plan_row(pool, &rows[i]);
	if (o->dry_run && r->end == ENGINE_DONE)
		printf("%zu planned, nothing done.", count);
	else
		printf("%s: %u in, %u out, %u conflicts, %u set aside.",
		    end_words(r), r->in, r->out, r->conflicts, r->set_aside);
	say_line(pool_printf(pool, "%s%s", *r->message ? " " : "", r->message));
}

/* json: where the result goes; NULL = words on stdout. */
static bool sync_one(struct program *p, struct engine *e, struct pool *pool,
    uint64_t org, uint64_t connection, json_t *json, bool *done_out,
    struct err *err)
{
	struct engine_opts opts = {
		.org_id = org, .connection_id = connection,
		.cause = RUN_BY_COMMAND, .dry_run = p->options.dry_run,
		.full_listing = p->options.full,
	};
	struct action_filter filter = { .most = 100000 };
	struct engine_result res = { 0 };
	struct action_row *rows = NULL;
	size_t count = 0;

	if (!engine_run(e, &opts, &res, err))
		return false;
	filter.run_id = res.run_id;
	if (p->options.dry_run && !store_action_list(e->db, pool, org,
	    &filter, &rows, &count, err))
		return false;
	if (json) {
		/* The pool keeps its own hold on it. */
		json_array_append(json, result_json(pool, connection, &res,
		    rows, count));
	} else {
		print_words(pool, &p->options, &res, rows, count);
	}
	*done_out = res.end == ENGINE_DONE && !res.refused;
	return true;
}

static bool sync_named(struct program *p, struct engine *e, struct pool *pool,
    json_t *json, bool *done_out, struct err *err)
{
	uint64_t org, id = p->options.connection;
	int found = store_lookup_org(e->db, LOOKUP_CONNECTION, id, &org, err);

	if (found == 0)
		return err_set(err, ERR_NOT_FOUND, "There is no connection %llu.",
		    (unsigned long long)id);
	return found > 0 &&
	    sync_one(p, e, pool, org, id, json, done_out, err);
}

/* What is paused or waits for its person would plan nothing. */
static bool dry_run_org(struct program *p, struct engine *e, struct pool *pool,
    const struct org_row *org, json_t *json, struct err *err)
{
	struct connection_row *rows;
	size_t count;
	bool done;

	if (!store_connection_list(e->db, pool, org->id, 0, &rows, &count, err))
		return false;
	for (size_t i = 0; i < count; i++) {
		bool active = rows[i].state == CONNECTION_ACTIVE;

		if (!json)
			say_line(pool_printf(pool, "%s, connection %llu, %s%s",
			    org->name, (unsigned long long)rows[i].id,
			    rows[i].name, active ? "" : ": not looked at, it is "
			    "paused or waits for its person"));
		if (!active)
			continue;
		if (!sync_one(p, e, pool, org->id, rows[i].id, json, &done, err))
			return false;
	}
	return true;
}

static bool dry_run_all(struct program *p, struct engine *e, struct pool *pool,
    json_t *json, bool *done_out, struct err *err)
{
	struct org_row *orgs;
	size_t count;

	if (!store_org_list(e->db, pool, &orgs, &count, err))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!dry_run_org(p, e, pool, &orgs[i], json, err))
			return false;
	*done_out = true;
	return true;
}

/* The connection that was named, or a dry run of all; JSON of all is a list. */
static int work_here(struct program *p)
{
	struct pool *pool = pool_new(NULL);
	json_t *json = p->options.json ? json_array() : NULL;
	struct engine e;
	struct err err = { 0 };
	bool done = false;
	bool fine = open_engine(p, pool, &e, &err) &&
	    (p->options.connection ? sync_named : dry_run_all)(p, &e, pool,
	    json, &done, &err);

	if (fine && json)
		puts(jsonx_dump_ascii(pool, p->options.connection ?
		    json_array_get(json, 0) : json));
	json_decref(json);
	if (e.db)
		db_close(e.db);
	pool_free(pool);
	if (!fine)
		return fail(&err);
	return !done;
}

/* ---- what is due ---- */

static bool seed(struct program *p, struct err *err)
{
	struct pool *pool = pool_new(NULL);
	struct db *db = NULL;
	bool fine = db_open(pool, p->config, DB_SYNC, &db, err) &&
	    store_retention_seed(db, err);

	if (db)
		db_close(db);
	pool_free(pool);
	return fine;
}

static int be_on_duty(struct program *p)
{
	struct duty duty = { .config = p->config, .stop = &stop,
	    .linger_secs = p->options.linger_secs >= 0 ?
	    p->options.linger_secs : p->config->linger_secs,
	    .work = work_queue, .arg = p };
	struct pool *pool = pool_new(NULL);
	struct err err = { 0 };
	bool fine = db_open(pool, p->config, DB_SYNC, &duty.db, &err) &&
	    duty_run(&duty, &err);

	if (duty.db)
		db_close(duty.db);
	pool_free(pool);
	return fine ? 0 : fail(&err);
}

static int run(struct program *p)
{
	struct err err = { 0 };

	if (p->options.connection || p->options.dry_run)
		return work_here(p);
	if (!p->options.once)
		return be_on_duty(p);
	/* One worker in this process: its system calls can be counted. */
	if (p->config->sync_workers == 1)
		return seed(p, &err) ? work_queue(p) : fail(&err);
	p->options.linger_secs = 0;
	return be_on_duty(p);
}

static int set_up(struct program *p)
{
	struct err err = { 0 };

	if (!config_load(p->pool, config_path(), &p->config, &err))
		return fail(&err);
	if (p->config->clock_file && *p->config->clock_file)
		when_use_clock_file(p->config->clock_file);
	if (p->config->log_dir && *p->config->log_dir)
		log_open("hawser-sync", pool_printf(p->pool, "%s/sync.log",
		    p->config->log_dir), LOG_LEVEL_INFO);
	return 0;
}

/* It calls providers, looks into the key file again, sees whether other
 * processes live, and makes the socket that wakes it. */
static void confine_self(struct program *p)
{
	const struct config *c = p->config;
	const char *const reads[] = { "/usr", "/lib", "/etc", "/proc",
	    "/dev/urandom", "/run/systemd/resolve", c->db_sync_password_file,
	    c->db_tls_ca_file, confine_folder(p->pool, c->kek_file),
	    confine_folder(p->pool, c->google.client_secret_file),
	    *c->clock_file ? confine_folder(p->pool, c->clock_file) : "", NULL };
	const char *const sockets[] = { c->run_dir, NULL };

	if (c->confine)
		confine_enter(&(struct confine){ .internet = true,
		    .traced = TRACED, .reads = reads, .sockets = sockets });
}

int main(int argc, char **argv)
{
	struct program p = { 0 };
	struct sigaction sa = { .sa_handler = on_term };
	int status = read_options(argc, argv, &p.options);

	if (status)
		return status - 1;
	confine_basic();
	pool_keep_memory();
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
	log_open("hawser-sync", NULL, LOG_LEVEL_INFO);
	p.pool = pool_new(NULL);
	status = set_up(&p);
	if (status == 0) {
		confine_self(&p);
		status = run(&p);
	}
	pool_free(p.pool);
	/* Without the farewells of libraries that have nothing left to do. */
	if (!TRACED && fflush(NULL) == 0)
		_exit(status);
	return status;
}
