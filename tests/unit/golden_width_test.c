/* SPDX-License-Identifier: MIT */
/* Every golden screen has exactly the size that its name says, counted in columns: no line is short
 * or long, so no wide character was split by an edge. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <glob.h>
#include <stdio.h>
#include <string.h>

#include "tcptop/base/utf8.h"

static void check(const char *path)
{
    const char *size = strrchr(path, '-');
    char line[4096];
    int w = 0, h = 0, lines = 0;
    FILE *file = fopen(path, "r");

    assert_non_null(file);
    while (size > path && size[-1] != '-')
        size--;
    assert_int_equal(sscanf(size, "%dx%d", &w, &h), 2);
    while (fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = '\0';
        lines++;
        if (utf8_width(line) != w)
            fail_msg("%s:%d: %d columns", path, lines, utf8_width(line));
        if (strstr(line, "\xef\xbf\xbd"))
            fail_msg("%s:%d: a character was damaged", path, lines);
    }
    fclose(file);
    if (lines != h)
        fail_msg("%s: %d lines", path, lines);
}

static void test_goldens_have_their_size(void **state)
{
    glob_t found;

    (void)state;
    assert_int_equal(glob("tests/view/golden/*.txt", 0, NULL, &found), 0);
    assert_true(found.gl_pathc > 20);
    for (size_t i = 0; i < found.gl_pathc; i++)
        check(found.gl_pathv[i]);
    globfree(&found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_goldens_have_their_size)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
