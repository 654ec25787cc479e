/* A whole small file in memory, or the reason why not. */
#ifndef TCPTOP_SRC_CONFIG_FILE_H
#define TCPTOP_SRC_CONFIG_FILE_H

#include <stdbool.h>

#include "tcptop/base/err.h"

struct str;

#define FILE_SIZE_MAX (1024 * 1024)

/** Append the contents of `path`, a regular file of at most FILE_SIZE_MAX bytes, to `text`. Never
 *  waits: a FIFO or a device is refused. It is opened with the rights of the caller
 *  (tcptop/base/privileges.h) unless `own_rights`. `shown` names the file in `err`. Returns 0 or
 *  -errno. */
int file_read(const char *path, const char *shown, bool own_rights, struct str *text,
              struct err *err);

#endif
