/* SPDX-License-Identifier: MIT */
/* Files that are replaced as a whole. */
#ifndef TCPTOP_SRC_APP_REPLACE_FILE_H
#define TCPTOP_SRC_APP_REPLACE_FILE_H

#include <stddef.h>

/** Put a new file with these bytes in the place of `path`: whoever opens that finds the old file or
 *  the new one, each whole. It is written beside it first, as ".NAME.new", with the rights of the
 *  caller, and can be read by everybody whom the umask lets. A symbolic link is replaced, not
 *  followed. Returns 0 or -errno; then the old file stands. */
int replace_file(const char *path, const void *bytes, size_t len);

#endif
