/* SPDX-License-Identifier: MIT */
/* Any bytes as a configuration file: no crash, no leak, values in range, bounded problems of one
 * line each. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/fuzz.h"
#include "tcptop/config/ini.h"

FUZZ_SEEDS(FUZZ_SEED("[general]\ninterval = 250 ms\nmouse = no\nhistory = 60 ; x\n"),
           FUZZ_SEED("\xef\xbb\xbf[keys]\nquit = \"q ;\"\nhelp='?'\n"),
           FUZZ_SEED("[general:interval]\n[general\n= \n\"\nmouse = yes\\\n"),
           FUZZ_SEED("interval = 2\n[colors]\ntheme = 'a'b\n\0\n"))

static const struct option rows[] = {
    {"general", "interval", OPTION_DURATION, 0.1, 60, NULL, "1 s", "", "", NULL},
    {"general", "mouse", OPTION_BOOL, 0, 0, NULL, "yes", "", "", NULL},
    {"general", "history", OPTION_NUMBER, 60, 3600, NULL, "300", "", "", NULL},
    {"general", "lang", OPTION_CHOICE, 0, 0, "auto en ko", "auto", "", "", NULL},
    {"keys", "quit", OPTION_TEXT, 0, 60, NULL, "q", "", "", NULL},
    {"keys", "help", OPTION_TEXT, 0, 60, NULL, "?", "", "", NULL},
    {"colors", "theme", OPTION_TEXT, 0, 30, NULL, "", "", "", NULL},
};
#define N (sizeof(rows) / sizeof(rows[0]))

static void demand(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "ini_fuzz: %s\n", what);
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    char path[32];
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    if (fd < 0 || write(fd, data, len) != (ssize_t)len) {
        abort();
    }
    struct option_value values[N];
    struct ini_problems problems;
    struct err err = {""};
    demand(ini_load(path, rows, N, values, &problems, &err) == 0, err.msg);
    demand(problems.n <= 20, "too many problems");
    for (size_t i = 0; i < problems.n; i++) {
        demand(strncmp(problems.list[i].msg, path, strlen(path)) == 0, "a problem names the file");
        demand(!strchr(problems.list[i].msg, '\n'), "a problem is one line");
    }
    demand(values[0].number >= 0.1 && values[0].number <= 60, "range of a duration");
    demand(values[2].number >= 60 && values[2].number <= 3600, "range of a number");
    demand(strlen(values[6].text) <= 30, "length of a text");
    ini_problems_fini(&problems);
    close(fd);
    return 0;
}
