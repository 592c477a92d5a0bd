#ifndef HAWSER_NET_NET_VET_H
#define HAWSER_NET_NET_VET_H
/*
 * Which network addresses the outside world may send us to. Pure. Judged is
 * the address a socket would really use, so the spelling of the host plays no
 * part. Refused: everything that is not globally reachable unicast (loopback,
 * private, link-local, shared, documentation, benchmark, multicast, reserved)
 * and every IPv6 form that carries an IPv4 address inside.
 */
#include <stdbool.h>
#include <sys/socket.h>

/* IPv4 and IPv6; every other family is not public. */
bool net_vet_is_public(const struct sockaddr *address);
/* A literal as inet_pton reads it, IPv6 with or without a %zone. */
bool net_vet_text_is_public(const char *literal);
bool net_vet_is_literal(const char *host);
/* Is the literal exactly this address? */
bool net_vet_same(const char *literal, const char *other);
/*
 * Host spellings that some resolvers read as an IPv4 address although they are
 * not four plain decimal numbers: 2130706433, 0x7f.1, 0177.0.0.1, 127.1.
 */
bool net_vet_is_odd_number(const char *host);
#endif
