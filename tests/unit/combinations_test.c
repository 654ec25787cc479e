/* SPDX-License-Identifier: MIT */
/* Two options that each choose a mode: they go together as they are documented to, or are refused
 * in one line that names one of them; the order in which they stand makes no difference. The pairs
 * come from the table of options. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pty.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../../src/app/options.h"
#include "tcptop/app/settings.h"

static struct settings s;
static struct err err;
static int terminal; /* where standard output is one, no option means the screen */

/* Run the command line "tcptop --no-config A B C" (blanks separate words). Returns the exit code.
 */
static int load(const char *a, const char *b, const char *c)
{
    char line[256], name[] = "tcptop", *argv[32] = {name};
    int argc = 1;
    snprintf(line, sizeof line, "--no-config %s %s %s", a, b, c);
    for (char *word = strtok(line, " "); word; word = strtok(NULL, " "))
        argv[argc++] = word;
    err.msg[0] = '\0';
    fflush(stdout);
    const int out = dup(STDOUT_FILENO);
    dup2(terminal, STDOUT_FILENO);
    const int code = settings_load(&s, argc, argv, true, &err);
    dup2(out, STDOUT_FILENO);
    close(out);
    return code;
}

/* An option with a value of its own: what it needs beside it, and the mode that both choose. */
struct choice {
    char text[64];
    const char *with;
    enum argument_id id;
    enum mode mode;
    bool chooses; /* without it the mode is another */
};
static struct choice choices[160];
static size_t n_choices;

static void add_choice(enum argument_id id, const char *name, const char *value)
{
    static const char *const needed[] = {"", "--read r", "--read r --at -2m", "--write d/",
                                         "--format prometheus"};
    struct choice *c = &choices[n_choices++];
    size_t i = 0;
    assert_true(n_choices < sizeof choices / sizeof choices[0]);
    snprintf(c->text, sizeof c->text, "%s %s", name, value);
    while (i < sizeof needed / sizeof needed[0] && load(needed[i], c->text, ""))
        i++;
    if (i == sizeof needed / sizeof needed[0])
        fail_msg("%s: refused with whatever stands beside it: %s", c->text, err.msg);
    c->id = id;
    c->with = needed[i];
    c->mode = s.mode;
    assert_int_equal(load(c->with, "", ""), 0);
    c->chooses = s.mode != c->mode;
}

/* A value of an option, by what the help calls it. */
static void add_valued(enum argument_id id, const char *name)
{
    static const struct {
        const char *called, *value;
    } values[] = {
        {"N", "5"},        {"STATE", "LISTEN"}, {"LIST", "state"},   {"COL[:desc],…", "state"},
        {"COL", "state"},  {"EXPR", "rtt>1ms"}, {"S[,S]", "LISTEN"}, {"NAME", "init"},
        {"HOST", "db-02"}, {"SEC", "2"},        {"TIME", "-1m"},     {"AGE", "7d"},
        {"SIZE", "2G"},    {"WxH", "80x24"},
    };
    char file[24] = "config/tcptop.ini"; /* the only one that is opened */
    if (id != ARGUMENT_CONFIG)
        snprintf(file, sizeof file, "f%d", (int)id); /* two options name two files */
    if (strcmp(argument_rows[id].value, "FILE") == 0) {
        add_choice(id, name, file);
        return;
    }
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        if (strcmp(argument_rows[id].value, values[i].called) == 0) {
            add_choice(id, name, values[i].value);
            return;
        }
    fail_msg("%s: this test has no value for %s", name, argument_rows[id].value);
}

static int set_up(void **state)
{
    int master;
    (void)state;
    if (openpty(&master, &terminal, NULL, NULL, NULL))
        return -1;
    for (enum argument_id id = 0; id < ARGUMENT_COUNT; id++) {
        char name[32], word[32];
        const char *at = option_choices(id);
        argument_name(id, name, sizeof name);
        if (!argument_rows[id].value)
            add_choice(id, name, "");
        else if (!at)
            add_valued(id, name);
        for (; at && sscanf(at, "%31s", word) == 1; at = strstr(at, word) + strlen(word))
            add_choice(id, name, word);
    }
    add_choice(ARGUMENT_OPERAND, "1", "3"); /* INTERVAL COUNT */
    return 0;
}

/* --json is --format json, and of one option the last counts. */
static bool is_one_option(const struct choice *a, const struct choice *b)
{
    const bool format[] = {a->id == ARGUMENT_FORMAT || a->id == ARGUMENT_JSON,
                           b->id == ARGUMENT_FORMAT || b->id == ARGUMENT_JSON};
    return a->id == b->id || (format[0] && format[1]);
}

/* What the manual lets stand beside an option that chooses this mode: the mode stays. */
static struct {
    const char *text;
    enum mode mode;
    bool seen;
} together[] = {
    {"--format text", MODE_BATCH, false},  {"--format json", MODE_BATCH, false},
    {"--format csv", MODE_BATCH, false},   {"--json ", MODE_BATCH, false},
    {"--summary ", MODE_BATCH, false},     {"--limit 5", MODE_BATCH, false},
    {"--once ", MODE_METRICS, false},      {"--batch ", MODE_METRICS, false},
    {"1 3", MODE_METRICS, false},          {"1 3", MODE_RECORD, false},
    {"1 3", MODE_DOCTOR, false},           {"--json ", MODE_DOCTOR, false},
    {"--format text", MODE_DOCTOR, false}, {"--format json", MODE_DOCTOR, false},
    {"--json ", MODE_DIFF, false},         {"--format text", MODE_DIFF, false},
    {"--format json", MODE_DIFF, false},   {"--limit 5", MODE_DIFF, false},
};
#define TOGETHER (sizeof together / sizeof together[0])

static bool goes_beside(const struct choice *a, enum mode mode)
{
    bool found = false;
    for (size_t i = 0; i < TOGETHER; i++)
        if (together[i].mode == mode && strcmp(together[i].text, a->text) == 0)
            found = together[i].seen = true;
    return found;
}

/* --help and --version answer, whatever stands beside them, --help before --version. */
static bool may_be(const struct choice *a, const struct choice *b, enum mode mode)
{
    if (a->mode == MODE_HELP || b->mode == MODE_HELP)
        return mode == MODE_HELP;
    if (a->mode == MODE_VERSION || b->mode == MODE_VERSION)
        return mode == MODE_VERSION;
    if (a->mode == b->mode)
        return mode == a->mode;
    return (mode == b->mode && goes_beside(a, mode)) || (mode == a->mode && goes_beside(b, mode));
}

static bool names(const struct choice *c)
{
    char name[32];
    sscanf(c->text, "%31s", name);
    return strstr(err.msg, c->id == ARGUMENT_OPERAND ? "COUNT" : name);
}

/* What both need. */
static const char *with(const struct choice *a, const struct choice *b)
{
    static char both[80];
    if (strstr(a->with, b->with))
        return a->with;
    if (strstr(b->with, a->with))
        return b->with;
    snprintf(both, sizeof both, "%s %s", a->with, b->with);
    return both;
}

static void modes_go_together_or_are_refused(void **state)
{
    unsigned accepted = 0, refused = 0;
    (void)state;
    for (size_t i = 0; i < n_choices; i++)
        for (size_t k = 0; k < n_choices; k++) {
            const struct choice *a = &choices[i], *b = &choices[k];
            if (!a->chooses || !b->chooses || is_one_option(a, b))
                continue;
            const int code = load(with(a, b), a->text, b->text);
            if (code == 0 && !may_be(a, b, s.mode))
                fail_msg("%s %s: mode %d, and nothing is said", a->text, b->text, (int)s.mode);
            if (code && (code != EXIT_USAGE || strchr(err.msg, '\n') || (!names(a) && !names(b))))
                fail_msg("%s %s: %d, %s", a->text, b->text, code, err.msg);
            accepted += code == 0;
            refused += code != 0;
        }
    assert_true(accepted > 100 && refused > 100);
    for (size_t i = 0; i < TOGETHER; i++)
        if (!together[i].seen)
            fail_msg("%s is refused in mode %d", together[i].text, (int)together[i].mode);
}

static void the_order_makes_no_difference(void **state)
{
    (void)state;
    for (size_t i = 0; i < n_choices; i++)
        for (size_t k = 0; k < i; k++) {
            const struct choice *a = &choices[i], *b = &choices[k];
            if (is_one_option(a, b))
                continue;
            const int code = load(with(a, b), a->text, b->text);
            const enum mode mode = s.mode;
            if (load(with(a, b), b->text, a->text) != code || (code == 0 && s.mode != mode))
                fail_msg("%s %s: another result than in this order", b->text, a->text);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(modes_go_together_or_are_refused),
                                       cmocka_unit_test(the_order_makes_no_difference)};
    return cmocka_run_group_tests(tests, set_up, NULL);
}
