/* getpwuid_r(), with as much memory as it asks for. */
#include "tcptop/source/user_name.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>

#define BUFFER_MAX (1u << 20)

void user_name(uint32_t uid, char out[USER_NAME_MAX])
{
    struct passwd entry, *found = NULL;
    char *buffer = NULL;
    int error = ERANGE;

    out[0] = '\0';
    for (size_t size = 1024; error == ERANGE && size <= BUFFER_MAX; size *= 4) {
        char *larger = realloc(buffer, size);
        if (!larger)
            break;
        buffer = larger;
        error = getpwuid_r(uid, &entry, buffer, size, &found);
    }
    if (found)
        snprintf(out, USER_NAME_MAX, "%s", found->pw_name);
    free(buffer);
}
