/* SPDX-License-Identifier: MIT */
/* Makes and removes the folder of a test. */
#include "lib/folder.h"

#include <stdio.h>
#include <stdlib.h>

int folder_make(char path[FOLDER_SIZE])
{
    snprintf(path, FOLDER_SIZE, "/tmp/tcptop-test-XXXXXX");
    return mkdtemp(path) ? 0 : -1;
}

int folder_remove(const char *path)
{
    char command[FOLDER_SIZE + 16];

    snprintf(command, sizeof command, "rm -rf '%s'", path);
    return system(command);
}
