/* SPDX-License-Identifier: MIT */
/* Texts that stand in the place of an address, a port or a device where another program's output
 * has no number there: host names, names of services, and what is left of an address that was cut.
 *
 * Each different text is kept once, has a number from 1 on and stays for as long as the program
 * runs, so a row can be copied without it. Any thread may call any of these. */
#ifndef TCPTOP_MODEL_END_TEXT_H
#define TCPTOP_MODEL_END_TEXT_H

#include <stddef.h>
#include <stdint.h>

#define END_TEXT_SIZE 64       /* bytes of a text, NUL included */
#define END_TEXTS     1000000u /* so many different ones; a name for each of a million rows */

/** The number of a text of `len` bytes. It is sanitised; one that is too long is cut and ends in
 *  "…". Returns 0 for an empty text, when there is no memory or when there are END_TEXTS. */
uint32_t end_text_add(const char *text, size_t len);

/** The text with that number; "" when there is none. */
const char *end_text(uint32_t number);

/** Put a number into the 16 bytes of an address, and get it back. What is put is no address of the
 *  loopback, no wildcard and none that is mapped from IPv4. */
void end_text_put(uint8_t address[16], uint32_t number);
uint32_t end_text_number(const uint8_t address[16]);

#endif
