/* Passwords of our own users. It knows no user. */
#include <crypt.h>
#include <stdlib.h>
#include <string.h>
#include "util/digest.h"
#include "util/str.h"
#include "vault/password.h"
#include "util/banned.h"

static const char PREFIX[] = "$y$";
/* Fits no hash: crypt never makes it. */
static const char NO_ANSWER[] = "*none";

static size_t count_chars(const char *text, size_t len)
{
	size_t chars = 0;

	for (size_t i = 0; i < len; i++)
		chars += ((unsigned char)text[i] & 0xc0) != 0x80;
	return chars;
}

static bool is_usable(const struct secret *plain)
{
	size_t len = secret_len(plain);

	return len <= PASSWORD_MOST_BYTES &&
	    strlen(secret_peek(plain)) == len;
}

bool password_check(const struct secret *plain, struct err *err)
{
	size_t len = secret_len(plain);

	if (count_chars(secret_peek(plain), len) < PASSWORD_LEAST_CHARS)
		return err_set(err, ERR_INPUT, "The password is too short. Use "
		    "at least %d characters.", PASSWORD_LEAST_CHARS);
	if (len > PASSWORD_MOST_BYTES)
		return err_set(err, ERR_INPUT, "The password is too long. Use at "
		    "most %d bytes.", PASSWORD_MOST_BYTES);
	if (!is_usable(plain) || !str_utf8_valid(secret_peek(plain), len))
		return err_set(err, ERR_INPUT, "The password holds characters "
		    "that are not text.");
	return true;
}

static char *new_setting(struct pool *pool)
{
	char setting[CRYPT_GENSALT_OUTPUT_SIZE];
	char random[32];

	digest_random(random, sizeof(random));
	if (!crypt_gensalt_rn(PREFIX, 0, random, sizeof(random), setting,
	    sizeof(setting)))
		die("crypt offers no yescrypt");
	return pool_strdup(pool, setting);
}

/* The working memory of crypt holds the password: wiped. */
static char *run_crypt(struct pool *pool, const struct secret *plain,
    const char *setting)
{
	struct crypt_data *data = calloc(1, sizeof(*data));
	char *answer;

	if (!data)
		die("out of memory");
	answer = crypt_r(secret_peek(plain), setting, data);
	answer = answer && *answer != '*' ? pool_strdup(pool, answer) : NULL;
	digest_wipe(data, sizeof(*data));
	free(data);
	return answer;
}

bool password_hash(struct pool *pool, const struct secret *plain, char **out,
    struct err *err)
{
	if (!password_check(plain, err))
		return false;
	*out = run_crypt(pool, plain, new_setting(pool));
	return *out || err_set(err, ERR_INTERNAL,
	    "The password could not be hashed.");
}

char *password_answer(struct pool *pool, const struct secret *plain,
    const char *setting)
{
	struct secret *nothing = secret_new(pool, "", 0);
	bool known = setting && *setting && is_usable(plain);
	char *answer = run_crypt(pool, is_usable(plain) ? plain : nothing,
	    setting && *setting ? setting : new_setting(pool));

	return known && answer ? answer : pool_strdup(pool, NO_ANSWER);
}
