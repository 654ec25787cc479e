/* Names of users. The system's look-up may ask a directory in the network and take its time. */
#ifndef TCPTOP_SOURCE_USER_NAME_H
#define TCPTOP_SOURCE_USER_NAME_H

#include <stdint.h>

#define USER_NAME_MAX 256

/** The name of a user as the system has it, not sanitised; "" where it has none. */
void user_name(uint32_t uid, char out[USER_NAME_MAX]);

#endif
