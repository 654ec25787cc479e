/* SPDX-License-Identifier: MIT */
/* Makes a page of the manual: `manual LANGUAGE TEMPLATE` prints the page of config/man that
 * TEMPLATE is, with the parts that come from the program's own tables.
 *
 * A template is mdoc(7). A comment line in it that names a part is replaced by that part:
 *
 *     .\" @options    the options, with their groups
 *     .\" @keys       the commands of the screen, with their keys
 *     .\" @columns    the columns
 *     .\" @fields     the words with which a filter may begin
 *     .\" @states     the names of the states
 *     .\" @lessons    those that there is a lesson about
 *     .\" @rules      the rules of the doctor, with their thresholds
 *     .\" @settings   the keys of the configuration, with their sections
 *
 * What more is to be said of one of these stands between `.\" @about KIND NAME` and `.\" @end`,
 * anywhere in the template; KIND is option ("--netns"), command, column,
 * rule, section or setting. Of a setting
 * ("general.interval") it stands in the place of its comment.
 *
 * Exit code 1 when the template names what is not there; standard error has its name. */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/options.h"
#include "plain_message.h"
#include "tcptop/app/settings.h"
#include "tcptop/base/str.h"
#include "tcptop/doctor/doctor.h"
#include "tcptop/lesson/lesson.h"
#include "tcptop/model/state.h"
#include "tcptop/query/column.h"
#include "tcptop/query/filter.h"
#include "tcptop/ui/keymap.h"

#define MARK           ".\\\" @"
#define ABOUTS_MAX     512
#define LINE_MAX_WIDTH 76
#define SMALL          "abcdefghijklmnopqrstuvwxyz"

/* What the template says of one thing beyond its row in a table. */
struct about {
    char kind[16], name[64];
    int line;
    bool used;
    struct str text; /* mdoc */
};

static struct about abouts[ABOUTS_MAX];
static size_t n_abouts;
static enum language language;
static const char *template_path;

/* The words between what the tables have. */
enum word {
    WORD_ONE_OF,
    WORD_DEFAULT,
    WORD_KEY,
    WORD_NAME,
    WORD_JSON,
    WORD_DO,
    WORD_HARMLESS,
    WORD_THRESHOLDS,
    WORD_FROM_TO,
    WORD_COUNT
};
static const char *const words[WORD_COUNT][LANG_COUNT] = {
    [WORD_ONE_OF] = {"One of", "다음 중 하나:"},
    [WORD_DEFAULT] = {"Default:", "기본값:"},
    [WORD_KEY] = {"Key of the configuration:", "설정 파일의 항목:"},
    [WORD_NAME] = {"Name in the configuration:", "설정 파일의 항목:"},
    [WORD_JSON] = {"In JSON and CSV by default.", "JSON과 CSV에 기본으로 나옵니다."},
    [WORD_DO] = {"What to do:", "할 일:"},
    [WORD_HARMLESS] = {"Harmless if:", "정상인 경우:"},
    [WORD_THRESHOLDS] = {"Thresholds:", "기준값:"},
    [WORD_FROM_TO] = {"Range:", "범위:"},
};

static const char *word(enum word id)
{
    return words[id][language];
}

static void fail(int line, const char *what, const char *name)
{
    fprintf(stderr, "%s:%d: %s '%s'\n", template_path, line, what, name);
    exit(EXIT_FAILURE); /* lint: exits, as a program of its own */
}

/* How roff writes the character at `*at`, which moves behind it; NULL: as it is. */
static const char *special(const char *from, const char **at)
{
    static const struct {
        const char *text, *roff;
    } signs[] = {{"\\", "\\e"},  {"^", "\\(ha"}, {"~", "\\(ti"},   {"`", "\\(ga"},
                 {"–", "\\(en"}, {"…", "..."},   {"--", "\\-\\-"}, {"()", "(\\&)"}};
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        const size_t len = strlen(signs[i].text);
        if (strncmp(*at, signs[i].text, len) == 0) {
            *at += len;
            return signs[i].roff;
        }
    }
    const bool apostrophe = **at == '\'' && *at > from && isalnum((unsigned char)(*at)[-1]) &&
                            isalnum((unsigned char)(*at)[1]);
    if (**at != '\'' || apostrophe)
        return NULL;
    ++*at;
    return "\\(aq";
}

/* Append `len` bytes of a text as roff writes them. */
static void add_bytes(struct str *out, const char *text, size_t len)
{
    const char *const end = text + len;
    for (const char *at = text; at < end;) {
        const char *roff = special(text, &at);
        if (roff)
            str_add(out, roff);
        else
            str_add_char(out, *at++);
    }
}

static void put(const char *text)
{
    struct str out = STR_INIT;
    add_bytes(&out, text, strlen(text));
    fputs(str_text(&out), stdout);
    str_fini(&out);
}

/* Print words of roff in lines of text. None begins as a request does. */
static void put_lines(const char *text)
{
    size_t column = 0;
    for (const char *at = text; *at;) {
        const size_t len = strcspn(at, " ");
        if (column && column + 1 + len > LINE_MAX_WIDTH) {
            putchar('\n');
            column = 0;
        }
        if (column++)
            putchar(' ');
        else if (*at == '.' || *at == '\'')
            printf("\\&");
        printf("%.*s", (int)len, at);
        column += len;
        at += len + strspn(at + len, " ");
    }
    putchar('\n');
}

/* Print a sentence or several, each on a line of its own, with a full stop, and with a capital
 * where the first word is an ordinary one, which one of `ends` follows; NULL: as it is. */
static void put_text(const char *text, const char *ends)
{
    struct str plain = STR_INIT, line = STR_INIT;
    plain_message_add(&plain, text);
    const char *at = str_text(&plain);
    if (ends && language == LANG_EN && islower((unsigned char)at[0]) &&
        strspn(at, SMALL) == strcspn(at, ends))
        plain.data[0] = (char)toupper((unsigned char)at[0]);
    if (plain.len && plain.data[plain.len - 1] != '.')
        str_add_char(&plain, '.');
    for (at = str_text(&plain); *at;) {
        const char *stop = strstr(at, ". ");
        while (stop && stop - at >= 3 && strncmp(stop - 3, "e.g", 3) == 0)
            stop = strstr(stop + 1, ". ");
        const size_t len = stop ? (size_t)(stop + 1 - at) : strlen(at);
        str_clear(&line);
        add_bytes(&line, at, len);
        put_lines(str_text(&line));
        at += len + (stop != NULL);
    }
    str_fini(&line);
    str_fini(&plain);
}

static void put_message(enum msg id)
{
    put_text(text_in(language, id), " ,;:-");
}

/* A heading of the screen, which may be in capitals, as one of a page. */
static void put_heading(const char *title)
{
    printf(".Ss ");
    for (const char *at = title; *at; at++)
        putchar(at == title ? *at : tolower((unsigned char)*at));
    printf("\n.Bl -tag -width Ds\n");
}

static struct about *about_find(const char *kind, const char *name)
{
    for (size_t i = 0; i < n_abouts; i++)
        if (strcmp(abouts[i].kind, kind) == 0 && strcmp(abouts[i].name, name) == 0)
            return &abouts[i];
    return NULL;
}

static bool put_about(const char *kind, const char *name)
{
    struct about *about = about_find(kind, name);
    if (!about)
        return false;
    about->used = true;
    fputs(str_text(&about->text), stdout);
    return true;
}

/* Words of a list, as `.Cm a , b , c .` */
static void put_choices(const char *list)
{
    puts(word(WORD_ONE_OF));
    printf(".Cm");
    for (const char *at = list; *at;) {
        const size_t len = strcspn(at, " ");
        printf(" %s%.*s", at == list ? "" : ", ", (int)len, at);
        at += len + strspn(at + len, " ");
    }
    puts(" .");
}

static void put_option(enum argument_id id)
{
    const struct argument_row *row = &argument_rows[id];
    const char *choices = option_choices(id);
    const int key = option_key(id);
    char name[32];
    size_t n;
    printf(".It");
    if (row->letter)
        printf(" Fl %c%s", row->letter, row->name ? " ," : "");
    if (row->name)
        printf(" Fl -%s", row->name);
    if (row->value) {
        printf(" Ar ");
        put(row->value);
    }
    putchar('\n');
    if (!choices)
        put_message(row->help);
    put_about("option", argument_name(id, name, sizeof name));
    if (choices)
        put_choices(choices);
    if (key >= 0) {
        const struct option *o = &options_keys(&n)[key];
        if (language == LANG_EN)
            printf("%s\n.Ic %s\nin\n.Bq %s .\n", word(WORD_KEY), o->key, o->section);
        else
            printf("%s\n.Bo %s Bc Ns 의\n.Ic %s .\n", word(WORD_KEY), o->section, o->key);
    }
}

static void put_options(void)
{
    bool open = false;
#define GROUP(ident)                                                                               \
    if (open)                                                                                      \
        puts(".El");                                                                               \
    open = true;                                                                                   \
    put_heading(text_in(language, MSG_OPTS_##ident));
#define ARGUMENT(ident, ...) put_option(ARGUMENT_##ident);
#define KEY(...)
#define OPTION(ident, ...) put_option(ARGUMENT_##ident);
#include "app/options.def"
    puts(".El");
}

/* Names of keys, as arguments of a macro; `again` stands between two of them. \& keeps [ or ! from
 * being punctuation. */
static void put_key_names(const char *keys, const char *again)
{
    for (const char *at = keys; *at;) {
        const size_t len = strcspn(at, " ");
        printf("%s\\&", at == keys ? "" : again);
        struct str key = STR_INIT;
        add_bytes(&key, at, len);
        printf("%s", len == 1 && *at == '-' ? "\\-" : str_text(&key));
        str_fini(&key);
        at += len + strspn(at + len, " ");
    }
}

static void put_commands(void)
{
    static const enum msg titles[] = {MSG_VIEW_GROUP_MOVE, MSG_VIEW_GROUP_FILTER,
                                      MSG_VIEW_GROUP_SORT, MSG_VIEW_GROUP_TIME,
                                      MSG_VIEW_GROUP_SEE,  MSG_VIEW_GROUP_ACT};
    for (int i = 0; i < COMMAND_COUNT; i++) {
        if (i == 0 || commands[i].group != commands[i - 1].group) {
            if (i > 0)
                puts(".El");
            put_heading(text_in(language, titles[commands[i].group]));
        }
        printf(".It Ic ");
        put_key_names(commands[i].keys, " , ");
        putchar('\n');
        put_message(commands[i].help);
        put_about("command", commands[i].name);
        printf("%s\n.Ic %s .\n", word(WORD_NAME), commands[i].name);
    }
    puts(".El");
}

static void put_columns(void)
{
    puts(".Bl -tag -width Ds");
    for (int id = 0; id < COL_COUNT; id++) {
        printf(".It Cm %s\n.Dq ", columns[id].id);
        put(text_in(language, columns[id].title));
        puts(" :");
        put_text(text_in(language, columns[id].help), NULL);
        put_about("column", columns[id].id);
        if (columns[id].flags & COLUMN_BASE)
            puts(word(WORD_JSON));
    }
    puts(".El");
}

/* Names after each other, as `.Cm a , b , c .` */
static void put_names(const char *const *names, size_t n)
{
    printf(".Cm");
    for (size_t i = 0; i < n; i++)
        printf("%s %s", i ? " ," : "", names[i]);
    puts(" .");
}

static void put_fields(void)
{
    const char *names[256];
    size_t from;
    put_names(names, filter_complete("", names, 256, &from));
}

static void put_states(void)
{
    const char *names[STATE_LIST_COUNT + 1];
    for (size_t i = 0; i < STATE_LIST_COUNT; i++)
        names[i] = state_name(state_list_order[i]);
    names[STATE_LIST_COUNT] = state_name(TCP_STATE_BOUND_INACTIVE);
    put_names(names, STATE_LIST_COUNT + 1);
}

static void put_lessons(void)
{
    const char *names[TCP_STATE_COUNT];
    size_t n = 0;
    for (unsigned state = 1; state < TCP_STATE_COUNT; state++)
        if (lesson_script(state))
            names[n++] = state_name(state);
    put_names(names, n);
}

/* A rule, up to the word before its thresholds, which rules.def has behind it. */
static void put_rule(enum rule_id id)
{
    const struct rule *rule = &rules[id];
    printf(".It Cm %s\n", rule->name);
    put_message(rule->label);
    put_message(rule->means);
    printf(".br\n%s\n", word(WORD_DO));
    put_message(rule->act);
    printf(".br\n%s\n", word(WORD_HARMLESS));
    put_message(rule->harmless);
    put_about("rule", rule->name);
    printf(".br\n%s", word(WORD_THRESHOLDS));
}

static void put_threshold(const char *key, const char *initial, bool first)
{
    printf("%s\n.Ic %s No = %s", first ? "" : " ,", key, initial);
}

static void put_rules(void)
{
    bool open = false, first = true;
    puts(".Bl -tag -width Ds");
#define RULE(ident, name, states, judges, wants, per_row, commands)                                \
    if (open)                                                                                      \
        puts(first ? "" : " .");                                                                   \
    open = first = true;                                                                           \
    put_rule(RULE_##ident);
#define LIMIT(rule, field, key, kind, min, max, number, initial, help)                             \
    if (open)                                                                                      \
        put_threshold(key, initial, first);                                                        \
    first = !open;
#define FIGURE(rule, field, key, kind)
#include "tcptop/doctor/rules.def"
    puts(" .\n.El");
}

/* What may stand there. */
static void put_type(const struct option *row)
{
    switch (row->type) {
    case OPTION_BOOL:
        put_choices("yes no");
        break;
    case OPTION_CHOICE:
        put_choices(row->choices);
        break;
    case OPTION_NUMBER:
    case OPTION_DECIMAL:
        printf("%s %g\\(en%.12g.\n", word(WORD_FROM_TO), row->min, row->max);
        break;
    case OPTION_DURATION:
        printf("%s %g s\\(en%.12g s.\n", word(WORD_FROM_TO), row->min, row->max);
        break;
    case OPTION_TEXT: /* its comment says what it is */
        break;
    }
}

static void put_setting(const struct option *row)
{
    char name[64];
    int command = -1;
    snprintf(name, sizeof name, "%s.%s", row->section, row->key);
    printf(".It Ic %s\n", row->key);
    for (int c = 0; strcmp(row->section, "keys") == 0 && c < COMMAND_COUNT; c++)
        if (strcmp(commands[c].name, row->key) == 0)
            command = c;
    if (command >= 0) {
        put_message(commands[command].help);
        put_about("setting", name);
    } else if (!put_about("setting", name)) {
        put_text(language == LANG_EN ? row->help : row->help_ko, " ,;");
    }
    if (command < 0)
        put_type(row);
    if (*row->initial) {
        printf("%s\n.%s ", word(WORD_DEFAULT), command >= 0 ? "Ql" : "Li");
        if (command >= 0)
            put_key_names(row->initial, " ,\n.Ql ");
        else
            put(row->initial);
        puts(" .");
    }
}

/* The sections, as the configuration that is installed has them. */
static void put_settings(void)
{
    static const char *const sections[] = {"general", "columns", "colors", "keys", "doctor"};
    size_t n, n_put = 0;
    const struct option *rows = options_keys(&n);
    for (size_t s = 0; s < sizeof sections / sizeof sections[0]; s++) {
        printf(".Ss [%s]\\&\n", sections[s]);
        put_about("section", sections[s]);
        puts(".Bl -tag -width Ds");
        for (size_t i = 0; i < n; i++) {
            if (strcmp(rows[i].section, sections[s]) != 0)
                continue;
            put_setting(&rows[i]);
            n_put++;
        }
        puts(".El");
    }
    if (n_put != n)
        fail(0, "a key is in none of the sections from", sections[0]);
}

static const struct {
    const char *name;
    void (*put)(void);
} parts[] = {
    {"options", put_options}, {"keys", put_commands},     {"columns", put_columns},
    {"fields", put_fields},   {"states", put_states},     {"lessons", put_lessons},
    {"rules", put_rules},     {"settings", put_settings},
};

static void put_part(const char *name)
{
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (strcmp(parts[i].name, name) == 0) {
            parts[i].put();
            return;
        }
    }
    fail(0, "there is no part", name);
}

/* Read the abouts of the template into the list, and what is left of it into `rest`. */
static void read_template(FILE *in, struct str *rest)
{
    char line[1024];
    struct about *open = NULL;
    for (int number = 1; fgets(line, sizeof line, in); number++) {
        struct about next = {.line = number};
        if (strncmp(line, MARK "about ", strlen(MARK "about ")) == 0) {
            if (sscanf(line + strlen(MARK "about "), "%15s %63s", next.kind, next.name) != 2 ||
                n_abouts == ABOUTS_MAX || about_find(next.kind, next.name))
                fail(number, "one too many", line);
            abouts[n_abouts] = next;
            open = &abouts[n_abouts++];
        } else if (strcmp(line, MARK "end\n") == 0) {
            open = NULL;
        } else {
            str_add(open ? &open->text : rest, line);
        }
    }
}

int main(int argc, char **argv)
{
    struct str rest = STR_INIT;
    FILE *in = argc == 3 ? fopen(argv[2], "r") : NULL;
    if (!in) {
        fprintf(stderr, "usage: manual en|ko TEMPLATE\n");
        return EXIT_FAILURE;
    }
    template_path = argv[2];
    language = strcmp(argv[1], text_language_code(LANG_KO)) == 0 ? LANG_KO : LANG_EN;
    text_use(language);
    read_template(in, &rest);
    fclose(in);
    for (const char *at = str_text(&rest); *at;) {
        const size_t len = strcspn(at, "\n");
        char name[32];
        if (sscanf(at, MARK "%31s", name) == 1)
            put_part(name);
        else
            printf("%.*s\n", (int)len, at);
        at += len + (at[len] == '\n');
    }
    for (size_t i = 0; i < n_abouts; i++) {
        if (!abouts[i].used)
            fail(abouts[i].line, "there is nothing called", abouts[i].name);
        str_fini(&abouts[i].text);
    }
    str_fini(&rest);
    return fflush(stdout) || ferror(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
}
