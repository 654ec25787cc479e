/* SPDX-License-Identifier: MIT */
/* Makes the completions of a shell: `completions bash|zsh|fish TEMPLATE` prints TEMPLATE, a file of
 * config/completions, with what comes from the program's own tables.
 *
 * A line of the template that is `# @PART` is replaced by that part:
 *
 *     # @options        bash: the names of all options, as words. zsh: their specifications for
 *                       _arguments, in English and Korean. fish: a command for each, in both too
 *     # @values         bash: what may follow each option, as branches of `case`
 *     # @fields         the words with which a term of a filter may begin
 *     # @field-values   what may follow the fields that have words as values, as branches of `case`
 *     # @field-units    the units of the fields that are numbers, likewise
 *
 * Exit code 1 when the template cannot be read. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/options.h"
#include "tcptop/base/str.h"
#include "tcptop/lesson/lesson.h"
#include "tcptop/model/state.h"
#include "tcptop/query/column.h"
#include "tcptop/query/filter.h"

enum shell { SHELL_BASH, SHELL_ZSH, SHELL_FISH, SHELL_COUNT };
static const char *const shell_names[SHELL_COUNT] = {"bash", "zsh", "fish"};
static enum shell shell;

/* What the argument of an option is, as the functions of the templates know it. */
enum offer {
    OFFER_NONE,  /* no argument, or nothing that could be offered */
    OFFER_WORDS, /* one of some words */
    OFFER_LISTS, /* some of them, separated by commas */
    OFFER_SORTS, /* the same, with :asc or :desc behind each */
    OFFER_UNITS, /* a number with one of some units */
    OFFER_FILES,
    OFFER_FILTERS,
    OFFER_NAMESPACES,
    OFFER_PROCESSES,
};
static const char *const offer_names[] = {
    [OFFER_NONE] = "",          [OFFER_WORDS] = "words",           [OFFER_LISTS] = "list",
    [OFFER_SORTS] = "sort",     [OFFER_UNITS] = "units",           [OFFER_FILES] = "files",
    [OFFER_FILTERS] = "filter", [OFFER_NAMESPACES] = "namespaces", [OFFER_PROCESSES] = "pids",
};

static void add_word(struct str *words, const char *word)
{
    str_addf(words, "%s%s", words->len ? " " : "", word);
}

static void add_columns(struct str *words, bool groups)
{
    for (int id = 0; id < COL_COUNT; id++)
        if (!groups || columns[id].kind != KIND_COMPOSITE)
            add_word(words, columns[id].id);
}

static void add_states(struct str *words, bool with_lesson)
{
    for (size_t i = 0; i < STATE_LIST_COUNT; i++)
        if (!with_lesson || lesson_script(state_list_order[i]))
            add_word(words, state_name(state_list_order[i]));
}

/* Is it the word that stands for the option's argument in the help? */
static bool takes(enum argument_id id, const char *value)
{
    return argument_rows[id].value && strcmp(argument_rows[id].value, value) == 0;
}

/* What can be offered as the argument of an option, by what the help calls it; into `words` the
 * words, separated by blanks. */
static enum offer offer_of(enum argument_id id, struct str *words)
{
    static const struct {
        const char *value;
        enum offer offer;
        const char *words;
    } rows[] = {
        {"FILE", OFFER_FILES, ""},        {"EXPR", OFFER_FILTERS, ""},
        {"SEC", OFFER_UNITS, "ms s min"}, {"AGE", OFFER_UNITS, "s min h d w"},
        {"SIZE", OFFER_UNITS, "K M G T"}, {"WxH", OFFER_WORDS, "80x24 120x40 200x50"},
    };
    const char *choices = option_choices(id);
    for (const char *at = choices ? choices : ""; *at;) {
        const size_t len = strcspn(at, " ");
        str_addf(words, "%s%.*s", words->len ? " " : "", (int)len, at);
        at += len + strspn(at + len, " ");
    }
    if (choices)
        return OFFER_WORDS;
    if (id == ARGUMENT_PID)
        return OFFER_PROCESSES;
    if (id == ARGUMENT_NETNS)
        return OFFER_NAMESPACES;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (takes(id, rows[i].value)) {
            str_add(words, rows[i].words);
            return rows[i].offer;
        }
    }
    if (takes(id, "STATE") || takes(id, "S[,S]")) {
        add_states(words, id == ARGUMENT_LEARN);
        return takes(id, "STATE") ? OFFER_WORDS : OFFER_LISTS;
    }
    if (!takes(id, "LIST") && !takes(id, "COL") && id != ARGUMENT_SORT)
        return OFFER_NONE;
    add_columns(words, takes(id, "COL"));
    return takes(id, "LIST") ? OFFER_LISTS : takes(id, "COL") ? OFFER_WORDS : OFFER_SORTS;
}

/* Print a text between single quotes; `more` are characters that need a backslash besides. */
static void put_quoted(const char *text, const char *more)
{
    for (; *text; text++) {
        if (*text == '\'')
            fputs(shell == SHELL_FISH ? "\\'" : "'\\''", stdout);
        else
            printf("%s%c", strchr(more, *text) ? "\\" : "", *text);
    }
}

/* "--filter", "-f": up to two names; returns how many. */
static int names_of(enum argument_id id, char names[2][32])
{
    const struct argument_row *row = &argument_rows[id];
    int n = 0;
    if (row->letter)
        snprintf(names[n++], sizeof names[0], "-%c", row->letter);
    if (row->name)
        snprintf(names[n++], sizeof names[0], "--%s", row->name);
    return n;
}

static void put_bash_options(void)
{
    char names[2][32];
    printf("    options='");
    for (int id = 0; id < ARGUMENT_COUNT; id++)
        for (int i = 0, n = names_of((enum argument_id)id, names); i < n; i++)
            printf("%s%s", id || i ? " " : "", names[i]);
    puts("'");
}

static void put_bash_values(void)
{
    char names[2][32];
    for (int id = 0; id < ARGUMENT_COUNT; id++) {
        struct str words = STR_INIT;
        const enum offer offer = offer_of((enum argument_id)id, &words);
        const int n = names_of((enum argument_id)id, names);
        if (argument_rows[id].value)
            printf("    %s%s%s) offer=%s words='%s' ;;\n", names[0], n > 1 ? " | " : "",
                   n > 1 ? names[1] : "", offer ? offer_names[offer] : "none", str_text(&words));
        str_fini(&words);
    }
}

/* One specification of _arguments for each name of an option. */
static void put_zsh_option(enum argument_id id, enum language language)
{
    char names[2][32];
    struct str words = STR_INIT;
    const struct argument_row *row = &argument_rows[id];
    const enum offer offer = offer_of(id, &words);
    const int n = names_of(id, names);
    for (int i = 0; i < n; i++) {
        const bool again = id == ARGUMENT_PORT || id == ARGUMENT_PID;
        printf("        '");
        if (again)
            putchar('*');
        else if (n > 1)
            printf("(%s %s)", names[0], names[1]);
        printf("%s%s[", names[i], !row->value ? "" : names[i][1] == '-' ? "=" : "+");
        put_quoted(text_in(language, row->help), "[]:");
        putchar(']');
        if (row->value) {
            putchar(':');
            put_quoted(row->value, "[]:");
            printf(":%s", offer == OFFER_FILES ? "_files" : "");
            if (offer != OFFER_FILES && offer != OFFER_NONE)
                printf(" _%s_tcptop %s", offer_names[offer], str_text(&words));
        }
        puts("'");
    }
    str_fini(&words);
}

static void put_zsh_options(void)
{
    puts("    case ${LC_ALL:-${LC_MESSAGES:-$LANG}} in");
    for (int language = LANG_COUNT - 1; language >= 0; language--) {
        printf("    %s)\n        specifications=(\n", language == LANG_EN ? "*" : "ko*");
        for (int id = 0; id < ARGUMENT_COUNT; id++)
            put_zsh_option((enum argument_id)id, (enum language)language);
        puts("        )\n        ;;");
    }
    puts("    esac");
}

static void put_fish_option(enum argument_id id, enum language language)
{
    struct str words = STR_INIT;
    const struct argument_row *row = &argument_rows[id];
    const enum offer offer = offer_of(id, &words);
    printf("    complete -c tcptop");
    if (row->letter)
        printf(" -s %c", row->letter);
    if (row->name)
        printf(" -l %s", row->name);
    if (row->value)
        fputs(offer == OFFER_FILES ? " -r -F" : " -x", stdout);
    if (offer == OFFER_WORDS)
        printf(" -a '%s'", str_text(&words));
    else if (offer != OFFER_NONE && offer != OFFER_FILES)
        printf(" -a '(_%s_tcptop %s)'", offer_names[offer], str_text(&words));
    printf(" -d '");
    put_quoted(text_in(language, row->help), "\\");
    puts("'");
    str_fini(&words);
}

static void put_fish_options(void)
{
    for (int language = LANG_COUNT - 1; language >= 0; language--) {
        puts(language == LANG_EN ? "else" : "if string match -q 'ko*' -- $locale[1]");
        for (int id = 0; id < ARGUMENT_COUNT; id++)
            put_fish_option((enum argument_id)id, (enum language)language);
    }
    puts("end");
}

static void put_options(void)
{
    static void (*const put[SHELL_COUNT])(void) = {put_bash_options, put_zsh_options,
                                                   put_fish_options};
    put[shell]();
}

#define FIELDS_MAX 256

static void put_fields(void)
{
    const char *words[FIELDS_MAX];
    size_t from;
    const size_t n = filter_complete("", words, FIELDS_MAX, &from);
    printf("    %s", shell == SHELL_FISH  ? "set fields"
                     : shell == SHELL_ZSH ? "fields=("
                                          : "fields='");
    for (size_t i = 0; i < n; i++)
        printf("%s%s", i || shell == SHELL_FISH ? " " : "", words[i]);
    puts(shell == SHELL_FISH ? "" : shell == SHELL_ZSH ? ")" : "'");
}

/* The words that may follow `behind` after each field, where there are any. */
static void put_after_fields(const char *behind)
{
    const char *fields[FIELDS_MAX], *words[FIELDS_MAX];
    size_t from;
    const size_t n_fields = filter_complete("", fields, FIELDS_MAX, &from);
    for (size_t i = 0; i < n_fields; i++) {
        char typed[64];
        snprintf(typed, sizeof typed, "%s%s", fields[i], behind);
        const size_t n = filter_complete(typed, words, FIELDS_MAX, &from);
        if (n == 0)
            continue;
        printf(shell == SHELL_FISH ? "        case %s\n            set words" : "    %s) words='",
               fields[i]);
        for (size_t w = 0; w < n; w++)
            printf("%s%s", w || shell == SHELL_FISH ? " " : "", words[w]);
        puts(shell == SHELL_FISH ? "" : "' ;;");
    }
}

static void put_field_values(void)
{
    put_after_fields(":");
}

static void put_field_units(void)
{
    put_after_fields(":1");
}

static const struct {
    const char *line;
    void (*put)(void);
} parts[] = {
    {"# @options\n", put_options},         {"# @values\n", put_bash_values},
    {"# @fields\n", put_fields},           {"# @field-values\n", put_field_values},
    {"# @field-units\n", put_field_units},
};

static void put_line(const char *line)
{
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (strcmp(line + strspn(line, " "), parts[i].line) == 0) {
            parts[i].put();
            return;
        }
    }
    fputs(line, stdout);
}

int main(int argc, char **argv)
{
    char line[1024];
    FILE *in = argc == 3 ? fopen(argv[2], "r") : NULL;
    while (in && shell < SHELL_COUNT && strcmp(argv[1], shell_names[shell]) != 0)
        shell++;
    if (!in || shell == SHELL_COUNT) {
        fprintf(stderr, "usage: completions bash|zsh|fish TEMPLATE\n");
        return EXIT_FAILURE;
    }
    while (fgets(line, sizeof line, in))
        put_line(line);
    fclose(in);
    return fflush(stdout) || ferror(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
}
