/* SPDX-License-Identifier: MIT */
/* A folder of the test's own, below /tmp. */
#ifndef TESTS_LIB_FOLDER_H
#define TESTS_LIB_FOLDER_H

#define FOLDER_SIZE 64

/** Make it; `path` gets its name. Returns 0, or -1 with errno. */
int folder_make(char path[FOLDER_SIZE]);

/** Remove it with all that is in it. Returns 0, or what rm(1) returned. */
int folder_remove(const char *path);

#endif
