/* One tree of JSON with a journal; knows nothing of what hangs in it. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "sandbox/sandbox_tree.h"
#include "util/jsonx.h"
#include "util/banned.h"

#define DEPTH_MOST 8

bool
sandbox_same(const json_t *a, const json_t *b)
{
	return a == b || json_equal(a, b);
}

void
sandbox_release(void *json)
{
	json_decref(json);
}

const char *
sandbox_text(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

json_t *
sandbox_tree_get(const struct sandbox_tree *tree, ...)
{
	json_t *at = tree->root;
	const char *key;
	va_list ap;

	va_start(ap, tree);
	while (at && (key = va_arg(ap, const char *)) != NULL)
		at = json_object_get(at, key);
	va_end(ap);
	return at;
}

static void
put_at(struct sandbox_tree *tree, const char *const *keys, size_t count,
    json_t *value)
{
	json_t *at = tree->root, *next;
	size_t i;

	if (count == 0) {
		json_decref(tree->root);
		tree->root = value ? value : json_object();
		return;
	}
	for (i = 0; i + 1 < count; i++) {
		next = json_object_get(at, keys[i]);
		if (!next) {
			next = json_object();
			json_object_set_new(at, keys[i], next);
		}
		at = next;
	}
	if (value)
		json_object_set_new(at, keys[i], value);
	else
		json_object_del(at, keys[i]);
}

static void
note(struct sandbox_tree *tree, const char *const *keys, size_t count,
    json_t *value)
{
	json_t *line, *path = json_array();
	size_t i;

	for (i = 0; i < count; i++)
		json_array_append_new(path, json_string(keys[i]));
	line = json_object();
	json_object_set_new(line, "p", path);
	if (value)
		json_object_set(line, "v", value);
	if (json_dumpf(line, tree->journal, JSON_COMPACT) != 0 ||
	    fputc('\n', tree->journal) == EOF || fflush(tree->journal) != 0)
		die("%s cannot be written: %s", tree->path, strerror(errno));
	json_decref(line);
}

void
sandbox_tree_put(struct sandbox_tree *tree, json_t *value, ...)
{
	const char *keys[DEPTH_MOST], *key;
	size_t count = 0;
	va_list ap;

	va_start(ap, value);
	while ((key = va_arg(ap, const char *)) != NULL) {
		if (count == DEPTH_MOST)
			die("a path of the sandbox's tree is too long");
		keys[count++] = key;
	}
	va_end(ap);
	if (tree->journal)
		note(tree, keys, count, value);
	put_at(tree, keys, count, value);
}

static void
play(struct sandbox_tree *tree, json_t *line)
{
	const char *keys[DEPTH_MOST];
	json_t *path = json_object_get(line, "p");
	size_t i, count = json_array_size(path);

	for (i = 0; i < count && i < DEPTH_MOST; i++) {
		keys[i] = json_string_value(json_array_get(path, i));
		if (!keys[i])
			return;
	}
	put_at(tree, keys, i, json_incref(json_object_get(line, "v")));
}

/* A last line without its end is one that a kill cut off. */
static bool
play_back(struct sandbox_tree *tree, FILE *f, struct err *err)
{
	char *text = NULL;
	size_t size = 0, n = 0;
	json_error_t where;
	json_t *line;
	ssize_t len;

	while ((len = getline(&text, &size, f)) > 0) {
		n++;
		line = text[len - 1] != '\n' ? NULL :
		    json_loadb(text, (size_t)len, 0, &where);
		if (line) {
			play(tree, line);
			json_decref(line);
		} else if (text[len - 1] == '\n') {
			free(text);
			return err_set(err, ERR_INPUT, "%s, line %zu: %s. Remove the "
			    "file to begin anew.", tree->path, n, where.text);
		}
	}
	free(text);
	return true;
}

static bool
write_anew(struct sandbox_tree *tree, struct err *err)
{
	struct pool *pool = pool_new(NULL);
	char *fresh = pool_printf(pool, "%s.new", tree->path);
	int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	bool good = fd >= 0;

	if (good) {
		tree->journal = fdopen(fd, "w");
		if (!tree->journal)
			die("out of memory: a stream");
		note(tree, NULL, 0, tree->root);
		good = rename(fresh, tree->path) == 0;
	}
	if (!good)
		(void)err_set(err, ERR_INPUT, "%s cannot be written: %s.", fresh,
		    strerror(errno));
	pool_free(pool);
	return good;
}

bool
sandbox_tree_open(struct sandbox_tree *tree, const char *path, struct err *err)
{
	bool good = true;
	FILE *f;

	*tree = (struct sandbox_tree){ json_object(), NULL, path };
	if (!path)
		return true;
	f = fopen(path, "re");
	if (!f && errno != ENOENT)
		return err_set(err, ERR_INPUT, "%s cannot be read: %s.", path,
		    strerror(errno));
	if (f) {
		good = play_back(tree, f, err);
		fclose(f);
	}
	return good && write_anew(tree, err);
}

void
sandbox_tree_clear(struct sandbox_tree *tree)
{
	if (tree->journal)
		fclose(tree->journal);
	tree->journal = NULL;
	json_decref(tree->root);
	tree->root = json_object();
	if (tree->path) {
		struct err err;

		if (!write_anew(tree, &err))
			die("%s", err.msg);
	}
}

void
sandbox_tree_close(struct sandbox_tree *tree)
{
	if (tree->journal)
		fclose(tree->journal);
	json_decref(tree->root);
}
