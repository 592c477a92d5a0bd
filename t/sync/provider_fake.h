#ifndef HAWSER_T_SYNC_PROVIDER_FAKE_H
#define HAWSER_T_SYNC_PROVIDER_FAKE_H
/*
 * A provider in shared memory, so that it survives a worker that is killed: it
 * keeps objects with version tags, a change counter as cursor, and a ledger of
 * what was asked and written. Faults are set by the test.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "providers/provider.h"

#define FAKE_OBJECTS 2800
#define FAKE_TEXT 1024

struct fake_object {
	char id[64], uid[64];
	uint64_t version, changed;
	bool gone, poison;		/* poison: cannot be read */
	int writes;			/* how often it was made or changed by push */
	char text[FAKE_TEXT];		/* event_format */
};

struct fake {
	int lock;
	struct fake_object objects[FAKE_OBJECTS];
	size_t count;
	uint64_t seq;
	/* the ledger */
	int lists, fetches, fetched, pushes, creates, updates, removes;
	int refused_late;		/* writes whose version did not fit */
	/* faults */
	size_t page_size;		/* 0 = everything on one page */
	size_t part_size;		/* of a listing handed over; 0 = in one */
	int fail_part;			/* that part of it never comes; 0 = all do */
	bool cursor_lost, missing, empty, rewrites, move_on_write;
	int fail_lists, fail_fetches, fail_pushes;	/* so many calls fail */
	int fail_after;			/* ... after so many good ones */
	enum err_kind fail_kind;
	int retry_after_secs;
	bool full;			/* no room for one more object */
	bool fail_late;			/* the write arrives, the answer does not */
};

extern const struct provider fake_provider;

/* Shared with children; which one the provider speaks for. */
struct fake *fake_new(void);
void fake_use(struct fake *f);
void fake_forget(struct fake *f);

/* As somebody else's client would do it. title NULL = remove. */
struct fake_object *fake_put(struct fake *f, const char *uid,
    const char *title, const char *place);
struct fake_object *fake_find(struct fake *f, const char *uid);
size_t fake_alive(const struct fake *f);
int fake_writes(const struct fake *f);
/* Title and place of an object, "title/place"; NULL = gone. */
const char *fake_words(struct pool *pool, struct fake *f, const char *uid);

struct event *fake_event(struct pool *pool, const char *uid,
    const char *title, const char *place);
#endif
