/* SPDX-License-Identifier: MIT */
/* A DNS server of the tests' own. It answers for the last byte N of the address that is asked for:
 * below 50 "host-N.example", 50 that there is none, 51 bytes that would move a cursor, 52 the
 * longest name there may be, 53 "host-53.example" after 400 ms, more: never. */
#ifndef TESTS_LIB_DNS_H
#define TESTS_LIB_DNS_H

/** A UDP socket on the loopback; `port` 0: any, put there. Returns it or -1. */
int dns_open(unsigned short *port);

/** Serve until dns_end(). */
void dns_serve(int fd);
void dns_end(unsigned short port);

#endif
