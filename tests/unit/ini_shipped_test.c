/* SPDX-License-Identifier: MIT */
/* config/tcptop.ini documents every key with its default, in English and Korean, in the order of
 * the table within its section (UPDATE=1 writes it anew), and is right: what it shows may be taken
 * as it stands. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tcptop/app/settings.h"
#include "tcptop/base/str.h"

static bool is_section(const struct option *row, const char *section)
{
    return strcmp(row->section, section) == 0;
}

/* The help of a key that stands in its row, or of a command. */
static void write_comment(struct str *out, const struct option *row)
{
    const bool plain = is_section(row, "general") || is_section(row, "columns") ||
                       is_section(row, "doctor") || strcmp(row->key, "background") == 0;
    if (plain)
        str_addf(out, "# %s\n# %s\n", row->help, row->help_ko);
    for (int c = 0; c < COMMAND_COUNT && is_section(row, "keys"); c++)
        if (strcmp(commands[c].name, row->key) == 0)
            str_addf(out, "# %s / %s\n", text_in(LANG_EN, commands[c].help),
                     text_in(LANG_KO, commands[c].help));
}

static void write_section(struct str *out, const char *section, const char *comment)
{
    size_t n;
    const struct option *rows = options_keys(&n);
    str_addf(out, "\n[%s]\n%s", section, comment);
    for (size_t i = 0; i < n; i++) {
        if (!is_section(&rows[i], section))
            continue;
        const char *quote = strpbrk(rows[i].initial, ";#\\\"") ? "\"" : "";
        write_comment(out, &rows[i]);
        str_addf(out, "#%s =%s%s%s%s\n", rows[i].key, *rows[i].initial ? " " : "", quote,
                 rows[i].initial, quote);
    }
}

/* The file that documents the keys, made from the table. */
static void write_ini(struct str *out)
{
    str_add(
        out,
        "# tcptop.ini: every key with its default. tcptop needs no such file; it reads the "
        "first of\n#   --config FILE\n#   $XDG_CONFIG_HOME/tcptop/tcptop.ini (or "
        "~/.config/tcptop/tcptop.ini)\n#   /etc/tcptop.ini\n# An option of the command line "
        "overrides this file, and this file the environment.\n# A value that holds ; or # "
        "stands in double quotes.\n#\n"
        "# 모든 키와 기본값입니다. 이 파일이 없어도 됩니다. tcptop은 위에 적은 파일 가운데 먼저 "
        "찾은 하나를 읽습니다.\n# 명령행 옵션은 이 파일보다, 이 파일은 환경 변수보다 "
        "우선합니다.\n# 값에 ;이나 #이 있으면 큰따옴표로 묶습니다.\n");
    write_section(out, "general", "");
    write_section(out, "columns", "");
    write_section(out, "colors",
                  "# Colour of each role: a name (red, green, yellow, blue, magenta, cyan, "
                  "white, black,\n# default) or 0 to 255, then \"on\" and a background, then "
                  "bold, dim, reverse.\n# Empty: as the theme has it.\n"
                  "# 역할별 색: 색 이름이나 0~255, 배경은 그 뒤에 on과 함께, 이어서 bold, dim, "
                  "reverse.\n# 비워 두면 테마의 색.\n");
    write_section(out, "keys",
                  "# Keys of each command, separated by blanks; ^f is Ctrl-F. Empty: none.\n"
                  "# 명령별 키, 빈칸으로 구분. ^f는 Ctrl-F. 비워 두면 없음.\n");
    write_section(out, "doctor", "");
}

static void documents_every_key(void **state)
{
    (void)state;
    struct str expected = STR_INIT, found = STR_INIT;
    char block[4096];
    size_t n;
    write_ini(&expected);
    if (getenv("UPDATE")) {
        FILE *f = fopen("config/tcptop.ini", "w");
        assert_non_null(f);
        fputs(str_text(&expected), f);
        fclose(f);
    }
    FILE *f = fopen("config/tcptop.ini", "r");
    assert_non_null(f);
    while ((n = fread(block, 1, sizeof block, f)))
        str_add_bytes(&found, block, n);
    fclose(f);
    assert_string_equal(str_text(&found), str_text(&expected));
    str_fini(&found);
    str_fini(&expected);
}

/* No key is without words in either language. */
static void in_both_languages(void **state)
{
    (void)state;
    size_t n;
    const struct option *rows = options_keys(&n);
    for (size_t i = 0; i < n; i++) {
        if (!rows[i].help || !*rows[i].help || !rows[i].help_ko)
            fail_msg("[%s] %s has no comment in both languages", rows[i].section, rows[i].key);
        bool hangul = false;
        for (const char *p = rows[i].help_ko; *p; p++)
            hangul |= (unsigned char)*p >= 0xea; /* the first byte of a syllable: U+AC00 and up */
        if (!hangul)
            fail_msg("[%s] %s: %s", rows[i].section, rows[i].key, rows[i].help_ko);
    }
}

static void load(struct settings *s, const char *option, const char *value)
{
    char name[] = "tcptop", first[16], second[64], *argv[] = {name, first, second};
    struct err err;
    snprintf(first, sizeof first, "%s", option);
    snprintf(second, sizeof second, "%s", value ? value : "");
    if (settings_load(s, value ? 3 : 2, argv, true, &err))
        fail_msg("%s: %s", option, err.msg);
}

/* Each line of it, its comment sign taken away, is accepted and changes nothing. */
static void holds_the_defaults(void **state)
{
    (void)state;
    static struct settings defaults, s;
    char line[512], path[] = "/tmp/tcptop-ini-XXXXXX";
    load(&defaults, "--no-config", NULL);
    FILE *in = fopen("config/tcptop.ini", "r"), *out = fdopen(mkstemp(path), "w");
    assert_non_null(in);
    assert_non_null(out);
    while (fgets(line, sizeof line, in))
        fputs(line + (line[0] == '#' && line[1] != ' '), out);
    fclose(in);
    fclose(out);
    load(&s, "--config", path);
    unlink(path);
    s.config_path = defaults.config_path;
    s.no_config = defaults.no_config;
    assert_memory_equal(&s, &defaults, sizeof s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_every_key),
        cmocka_unit_test(in_both_languages),
        cmocka_unit_test(holds_the_defaults),
    };
    return cmocka_run_group_tests_name("ini_shipped", tests, NULL, NULL);
}
