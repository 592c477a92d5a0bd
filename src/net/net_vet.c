/* Tells public addresses from all others; knows nothing of names or URLs. */
#include "net/net_vet.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>
#include "util/banned.h"

struct range4 { uint32_t net; int bits; };
struct range6 { uint8_t net[4]; int bits; };

/* IANA special-purpose registry, RFC 6890 and followers. */
static const struct range4 refused4[] = {
	{ 0x00000000, 8 },	/* this network */
	{ 0x0a000000, 8 },	/* private */
	{ 0x64400000, 10 },	/* shared by carriers */
	{ 0x7f000000, 8 },	/* loopback */
	{ 0xa9fe0000, 16 },	/* link-local, metadata services */
	{ 0xac100000, 12 },	/* private */
	{ 0xc0000000, 24 },	/* protocol assignments */
	{ 0xc0000200, 24 },	/* documentation */
	{ 0xc0586300, 24 },	/* 6to4 relays */
	{ 0xc0a80000, 16 },	/* private */
	{ 0xc6120000, 15 },	/* benchmarks */
	{ 0xc6336400, 24 },	/* documentation */
	{ 0xcb007100, 24 },	/* documentation */
	{ 0xe0000000, 3 },	/* multicast, reserved, broadcast */
};

/* Inside 2000::/3, the only block that is handed out. */
static const struct range6 refused6[] = {
	{ { 0x20, 0x01, 0x00, 0x00 }, 23 },	/* Teredo, ORCHID, benchmarks */
	{ { 0x20, 0x01, 0x0d, 0xb8 }, 32 },	/* documentation */
	{ { 0x20, 0x02, 0x00, 0x00 }, 16 },	/* 6to4: an IPv4 address inside */
	{ { 0x3f, 0xff, 0x00, 0x00 }, 20 },	/* documentation */
};

static bool public4(uint32_t address)
{
	for (size_t i = 0; i < sizeof(refused4) / sizeof(refused4[0]); i++) {
		uint32_t mask = ~UINT32_C(0) << (32 - refused4[i].bits);

		if ((address & mask) == refused4[i].net)
			return false;
	}
	return true;
}

static bool public6(const uint8_t address[16])
{
	uint32_t head = (uint32_t)address[0] << 24 | (uint32_t)address[1] << 16
	    | (uint32_t)address[2] << 8 | address[3];

	if ((address[0] & 0xe0) != 0x20)
		return false;
	for (size_t i = 0; i < sizeof(refused6) / sizeof(refused6[0]); i++) {
		const uint8_t *n = refused6[i].net;
		uint32_t net = (uint32_t)n[0] << 24 | (uint32_t)n[1] << 16
		    | (uint32_t)n[2] << 8 | n[3];
		uint32_t mask = ~UINT32_C(0) << (32 - refused6[i].bits);

		if ((head & mask) == net)
			return false;
	}
	return true;
}

bool net_vet_is_public(const struct sockaddr *address)
{
	struct sockaddr_in in4;
	struct sockaddr_in6 in6;

	switch (address->sa_family) {
	case AF_INET:
		memcpy(&in4, address, sizeof(in4));
		return public4(ntohl(in4.sin_addr.s_addr));
	case AF_INET6:
		memcpy(&in6, address, sizeof(in6));
		return public6(in6.sin6_addr.s6_addr);
	default:
		return false;
	}
}

/* 4 or 6 with the bytes filled in, 0 = no literal. */
static int read_literal(const char *text, uint8_t bytes[16])
{
	char plain[INET6_ADDRSTRLEN];
	size_t len = strcspn(text, "%");

	if (inet_pton(AF_INET, text, bytes) == 1)
		return 4;
	if (len >= sizeof(plain))
		return 0;
	memcpy(plain, text, len);
	plain[len] = '\0';
	return inet_pton(AF_INET6, plain, bytes) == 1 ? 6 : 0;
}

bool net_vet_text_is_public(const char *literal)
{
	uint8_t bytes[16];
	uint32_t address;

	switch (read_literal(literal, bytes)) {
	case 4:
		memcpy(&address, bytes, sizeof(address));
		return public4(ntohl(address));
	case 6:
		return public6(bytes);
	default:
		return false;
	}
}

bool net_vet_is_literal(const char *host)
{
	uint8_t bytes[16];

	return read_literal(host, bytes) != 0;
}

bool net_vet_same(const char *literal, const char *other)
{
	uint8_t a[16], b[16];
	int kind = read_literal(literal, a);

	return kind && kind == read_literal(other, b)
	    && memcmp(a, b, kind == 4 ? 4 : 16) == 0;
}

bool net_vet_is_odd_number(const char *host)
{
	struct in_addr loose;
	uint8_t strict[16];

	/* inet_aton reads whatever the C library's resolver would. */
	return inet_aton(host, &loose) && inet_pton(AF_INET, host, strict) != 1;
}
