/*
 * The multistatus parser on any bytes. With libFuzzer: built with
 * -fsanitize=fuzzer. Alone: files named as arguments, or none: a bounded
 * number of mutations of known answers, the seed printed.
 */
#include <stdint.h>
#include <time.h>
#include "providers/caldav_xml.h"
#include "t/tap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool touch(void *arg, const struct caldav_response *r, struct err *err)
{
	size_t *sum = arg;

	(void)err;
	*sum += strlen(r->href);
	for (int i = 0; i < CALDAV_TEXTS; i++)
		*sum += r->props.text[i] ? strlen(r->props.text[i]) : 0;
	for (size_t i = 0; i < r->props.home_count; i++)
		*sum += strlen(r->props.homes[i]);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pool *pool = pool_new(NULL);
	size_t sum = 0, step = size ? data[0] % 64 + 1 : 1;
	struct caldav_xml *x = caldav_xml_new(pool, "host", touch, &sum);
	struct err err;
	bool good = true;

	for (size_t at = 0; good && at < size; at += step)
		good = caldav_xml_feed(x, (const char *)data + at,
		    size - at < step ? size - at : step, &err);
	if (good && caldav_xml_finish(x, &err))
		sum += caldav_xml_result(x).responses;
	pool_free(pool);
	return 0;
}

#ifndef FUZZ_WITH_LIBFUZZER
static const char seed_doc[] = "<?xml version=\"1.0\"?><multistatus "
    "xmlns=\"DAV:\" xmlns:c=\"urn:ietf:params:xml:ns:caldav\"><response>"
    "<href>/a/b.ics</href><propstat><prop><getetag>\"1\"</getetag>"
    "<c:calendar-data><![CDATA[BEGIN:VCALENDAR]]>&amp;&#13;</c:calendar-data>"
    "<c:calendar-home-set><href>/h/</href></c:calendar-home-set>"
    "<resourcetype><collection/><c:calendar/></resourcetype></prop>"
    "<status>HTTP/1.1 200 OK</status></propstat><error><c:no-uid-conflict/>"
    "</error></response><sync-token>t:1</sync-token></multistatus>";

static void mutate(uint8_t *doc, size_t *len)
{
	static const char *const bits[] = {
		"<", ">", "</", "<!DOCTYPE a>", "<!--", "]]>", "&", "<![CDATA[",
		"\"", "<response>", "</response>", "<href>", "&#0;", "<?x ?>",
	};

	for (int n = rand() % 6 + 1; n > 0; n--) {
		size_t at = (size_t)rand() % *len;
		const char *bit = bits[(size_t)rand()
		    % (sizeof(bits) / sizeof(bits[0]))];
		size_t bit_len = strlen(bit);

		if (rand() % 2 || at + bit_len > *len)
			doc[at] = (uint8_t)rand();
		else
			memcpy(doc + at, bit, bit_len);
	}
	if (rand() % 4 == 0)
		*len = (size_t)rand() % *len + 1;
}

static void run_file(const char *path)
{
	static uint8_t bytes[1 << 20];
	FILE *f = fopen(path, "rb");
	size_t n = f ? fread(bytes, 1, sizeof(bytes), f) : 0;

	ok(f != NULL, "%s", path);
	if (f)
		fclose(f);
	LLVMFuzzerTestOneInput(bytes, n);
}

int main(int argc, char **argv)
{
	uint8_t doc[sizeof(seed_doc)];
	unsigned seed = (unsigned)time(NULL);
	time_t end = time(NULL) + 20;
	int n = 0;

	for (int i = 1; i < argc; i++)
		run_file(argv[i]);
	srand(seed);
	note("seed %u", seed);
	for (; argc < 2 && n < 30000 && time(NULL) < end; n++) {
		size_t len = sizeof(seed_doc) - 1;

		memcpy(doc, seed_doc, len);
		mutate(doc, &len);
		LLVMFuzzerTestOneInput(doc, len);
	}
	ok(argc > 1 || n > 100, "%d mutations without a fault", n);
	return done();
}
#endif
