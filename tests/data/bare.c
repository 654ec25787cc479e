/* SPDX-License-Identifier: MIT */
/* `bare PROGRAM`: becomes PROGRAM without arguments, not even a name, and without an environment.
 */
#include <err.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    char *none[] = {NULL};
    if (argc != 2)
        errx(2, "one argument is needed");
    execve(argv[1], none, none);
    err(1, "%s", argv[1]);
}
