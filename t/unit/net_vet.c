/* Which addresses are public, and which spellings hide a number. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>
#include "net/net_vet.h"
#include "t/tap.h"

static const char *const private_ones[] = {
	"0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1",
	"100.127.255.255", "127.0.0.1", "127.255.255.254", "169.254.169.254",
	"172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1",
	"192.88.99.1", "192.168.0.1", "198.18.0.1", "198.19.255.255",
	"198.51.100.7", "203.0.113.9", "224.0.0.1", "239.255.255.250",
	"240.0.0.1", "255.255.255.255", "::", "::1", "::ffff:127.0.0.1",
	"::ffff:8.8.8.8", "::127.0.0.1", "::8.8.8.8", "64:ff9b::7f00:1",
	"64:ff9b::808:808", "64:ff9b:1::1", "100::1", "2001::1",
	"2001:0:53aa:64c::1", "2001:db8::1", "2001:10::1", "2002:7f00:1::",
	"2002:808:808::1", "3fff::1", "fc00::1", "fd12:3456::1", "fe80::1",
	"fe80::1%eth0", "fec0::1", "ff02::1", "ff0e::1", "4000::1", "5f00::1",
};
static const char *const public_ones[] = {
	"1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.1", "100.63.255.255",
	"100.128.0.1", "126.255.255.255", "128.0.0.1", "169.253.255.255",
	"172.15.255.255", "172.32.0.1", "192.0.1.1", "192.167.255.255",
	"192.169.0.1", "198.17.255.255", "198.20.0.1", "223.255.255.255",
	"2606:4700::1111", "2a00:1450:4001::200e", "2001:200::1",
	"2003::1", "2620:149:a44::1",
};
static const char *const odd_ones[] = {
	"2130706433", "0x7f000001", "017700000001", "0x7f.1", "127.1",
	"127.0.1", "0177.0.0.1", "127.0.0.01", "0x7f.0x0.0x0.0x1", "0", "1",
	"010.0.0.1", "00000177.0.0.1", "0x7F.0.0.1", "3232235521",
	"192.168.257", "0x0a000001", "8.8.2056",
};
static const char *const plain_names[] = {
	"127.0.0.1", "8.8.8.8", "example.com", "a1.2b.example", "0x7f.example",
	"::1", "256.256.256.256.example",
};

static bool by_socket(const char *text)
{
	struct sockaddr_in in4 = { .sin_family = AF_INET };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };

	if (inet_pton(AF_INET, text, &in4.sin_addr) == 1)
		return net_vet_is_public((struct sockaddr *)&in4);
	if (inet_pton(AF_INET6, text, &in6.sin6_addr) == 1)
		return net_vet_is_public((struct sockaddr *)&in6);
	return net_vet_text_is_public(text);
}

#define EACH(i, list) \
	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)

int main(void)
{
	struct sockaddr_un local = { .sun_family = AF_UNIX };

	EACH(i, private_ones)
		ok(!net_vet_text_is_public(private_ones[i])
		    && !by_socket(private_ones[i]),
		    "%s is private", private_ones[i]);
	EACH(i, public_ones)
		ok(net_vet_text_is_public(public_ones[i])
		    && by_socket(public_ones[i]),
		    "%s is public", public_ones[i]);
	EACH(i, odd_ones) {
		ok(net_vet_is_odd_number(odd_ones[i]), "%s is an odd number",
		    odd_ones[i]);
		ok(!net_vet_text_is_public(odd_ones[i]),
		    "%s is no public literal", odd_ones[i]);
	}
	EACH(i, plain_names)
		ok(!net_vet_is_odd_number(plain_names[i]),
		    "%s is not an odd number", plain_names[i]);
	ok(!net_vet_is_public((struct sockaddr *)&local),
	    "a unix socket is not public");
	ok(net_vet_same("::1", "0:0:0:0:0:0:0:1"), "two spellings of ::1");
	ok(net_vet_same("127.0.0.1", "127.0.0.1"), "the same IPv4 address");
	ok(!net_vet_same("127.0.0.1", "127.0.0.2"), "another IPv4 address");
	ok(!net_vet_same("127.0.0.1", "::ffff:127.0.0.1"),
	    "a mapped address is not the IPv4 one");
	ok(!net_vet_same("name", "name"), "names are no literals");
	return done();
}
