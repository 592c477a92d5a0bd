/* Colours, by the formulas of WCAG 2.2. */
#include <stdlib.h>
#include <string.h>
#include "util/colour.h"
#include "util/banned.h"

bool
colour_is(const char *text)
{
	return text[0] == '#' && strlen(text) == 7 &&
	    strspn(text + 1, "0123456789abcdefABCDEF") == 6;
}

/* Red, green, blue: 0, 1, 2; 0 to 255. */
static int
part(const char *colour, int i)
{
	char digits[3] = { colour[1 + 2 * i], colour[2 + 2 * i], '\0' };

	return (int)strtol(digits, NULL, 16);
}

/* v to the 2.4, v from 0 to 1: its square times the square's fifth root, found
 * by Newton's steps. No start of ours loads a library for this. */
static double
power(double v)
{
	double square = v * v, root = 1, fourth;
	int i;

	for (i = 0; i < 20; i++) {
		fourth = root * root * root * root;
		root -= (fourth * root - square) / (5 * fourth);
	}
	return square * root;
}

static double
luminance(const char *colour)
{
	static const double weight[] = { 0.2126, 0.7152, 0.0722 };
	double sum = 0, v;
	int i;

	for (i = 0; i < 3; i++) {
		v = part(colour, i) / 255.0;
		v = v <= 0.04045 ? v / 12.92 : power((v + 0.055) / 1.055);
		sum += weight[i] * v;
	}
	return sum;
}

double
colour_contrast(const char *a, const char *b)
{
	double x = luminance(a), y = luminance(b);

	return x > y ? (x + 0.05) / (y + 0.05) : (y + 0.05) / (x + 0.05);
}

const char *
colour_mix(struct pool *pool, const char *a, const char *b, int percent)
{
	int i, rgb[3];

	for (i = 0; i < 3; i++)
		rgb[i] = (part(a, i) * (100 - percent) + part(b, i) * percent) / 100;
	return pool_printf(pool, "#%02x%02x%02x", (unsigned)rgb[0],
	    (unsigned)rgb[1], (unsigned)rgb[2]);
}
