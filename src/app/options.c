/* SPDX-License-Identifier: MIT */
/* The tables made of options.def, and the effects of its rows. */
#include "options.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli_error.h"
#include "tcptop/base/clock.h"
#include "tcptop/base/utf8.h"
#include "tcptop/doctor/doctor.h"
#include "tcptop/lesson/lesson.h"
#include "tcptop/model/state.h"
#include "tcptop/query/filter.h"
#include "tcptop/source/remote.h"

#define MAX_SIZE_LEAST (1u << 20) /* bytes that --max-size leaves at least */

/* What is done with a value. A key has it as a number and as text; an option that is on the command
 * line only has the text alone. */
enum effect_kind {
    EFFECT_NONE,
    EFFECT_FLAG,   /* a bool becomes true */
    EFFECT_VALUE,  /* an int or enum becomes `n` */
    EFFECT_CHOICE, /* an enum becomes the place of the word in `choices`, from 0 */
    EFFECT_WORD,   /* a const char * gets the text, which belongs to argv */
    EFFECT_YES_NO, /* a bool gets the number */
    EFFECT_INDEX,  /* an int or enum gets the place of the key's choice, from 0, plus `n` */
    EFFECT_NUMBER, /* a double gets the number divided by `n` */
    EFFECT_MS,     /* a uint64_t gets seconds as milliseconds */
    EFFECT_INT_MS, /* an int gets them */
    EFFECT_TEXT,   /* an array of `n` bytes gets the text */
    EFFECT_CALL,   /* `apply` is called */
};

/* A member of one of two structures. */
struct target {
    enum { TARGET_NONE, TARGET_SETTINGS, TARGET_LINE } of;
    size_t offset;
};

struct effect {
    enum effect_kind kind;
    struct target to;
    int n;
    const char *choices; /* separated by blanks */
    int (*apply)(struct command_line *c, const char *text, struct err *err);
    struct target also; /* a bool that becomes true, of an option on the command line */
};

int option_number(const char *text, unsigned long min, unsigned long max, unsigned long *n)
{
    if (*text < '0' || *text > '9')
        return -EINVAL;
    char *end;
    errno = 0;
    *n = strtoul(text, &end, 10);
    return *end || errno || *n < min || *n > max ? -EINVAL : 0;
}

/* Split "NAME[:asc|:desc]" into the length of the name and the direction, -1 where it is left open.
 */
static int split_sort(const char *text, size_t *len, int *descending, struct err *err)
{
    *len = strcspn(text, ":");
    const char *order = text + *len;
    *descending = strcasecmp(order, ":desc") == 0 ? 1 : *order ? 0 : -1;
    if (*descending == 0 && strcasecmp(order, ":asc") != 0)
        return cli_error_usage(err, MSG_BAD_SORT_ORDER, text, NULL);
    return 0;
}

static int refuse_column(const char *text, size_t len, struct err *err)
{
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)(len < 63 ? len : 63), text);
    const char *nearest = column_nearest(name);
    return nearest ? cli_error_usage(err, MSG_BAD_COLUMN_NEAR, name, nearest)
                   : cli_error_usage(err, MSG_BAD_COLUMN, name, NULL);
}

static int parse_sort_key(struct sort_key *key, const char *text, struct err *err)
{
    size_t len;
    int descending;
    int rc = split_sort(text, &len, &descending, err);
    if (rc)
        return rc;
    const int column = column_find(text, len);
    if (column < 0)
        return refuse_column(text, len, err);
    if (descending < 0) /* as the menu would */
        descending = (columns[column].flags & COLUMN_LARGEST) != 0;
    *key = (struct sort_key){(enum column_id)column, descending == 1};
    return 0;
}

/* "state,rtt_us:desc": the first column, and what orders rows that are equal in it. */
static int apply_sort(struct command_line *c, const char *text, struct err *err)
{
    struct sort sort = {.n_further = 0};
    for (unsigned n = 0;; n++) {
        char one[64];
        struct sort_key key;
        size_t len = strcspn(text, ",");
        if (n > SORT_FURTHER || len >= sizeof one)
            return cli_error_usage(err, MSG_BAD_SORT_MANY, NULL, NULL);
        memcpy(one, text, len);
        one[len] = '\0';
        int rc = parse_sort_key(&key, one, err);
        if (rc)
            return rc;
        if (n == 0) {
            sort.column = key.column;
            sort.descending = key.descending;
        } else {
            sort.further[sort.n_further++] = key;
        }
        if (!text[len])
            break;
        text += len + 1;
    }
    c->s->ui.sort = sort;
    return 0;
}

static int figure_find(const struct grouping *how, const char *name, size_t len)
{
    if (len == 5 && strncasecmp(name, "count", len) == 0)
        return GROUP_COUNT;
    if (len == 6 && strncasecmp(name, "change", len) == 0)
        return GROUP_CHANGE;
    const int column = column_find(name, len);
    for (int i = 0; i < how->n_sums; i++)
        if (column == (int)how->sum[i])
            return GROUP_SUM + i;
    return column == (int)how->by ? GROUP_KEY : -ENOENT;
}

int option_group_sort(struct group_sort *sort, const struct grouping *how, const char *text,
                      struct err *err)
{
    size_t len;
    int descending;
    int rc = split_sort(text, &len, &descending, err);
    if (rc)
        return rc;
    const int figure = figure_find(how, text, len);
    if (figure < 0)
        return figure;
    /* figures have their interesting end at the top, as in the menu */
    *sort = (struct group_sort){(uint8_t)figure,
                                descending < 0 ? figure != GROUP_KEY : descending == 1};
    return 0;
}

static int apply_group_by(struct command_line *c, const char *name, struct err *err)
{
    const int column = *name ? column_find(name, strlen(name)) : -1;
    if (*name && column < 0)
        return refuse_column(name, strlen(name), err);
    if (column >= 0 && columns[column].kind == KIND_COMPOSITE) /* its parts follow it */
        return cli_error_usage(err, MSG_BAD_GROUP, name, columns[column + 1].id);
    c->s->ui.group_by = column;
    return 0;
}

static int apply_columns(struct command_line *c, const char *list, struct err *err)
{
    enum column_id ids[COL_COUNT];
    const int n = *list ? column_parse_list(list, ids, COL_COUNT, err) : 0;
    if (n < 0)
        return n;
    memcpy(c->s->ui.columns, ids, (size_t)n * sizeof ids[0]);
    c->s->ui.n_columns = (size_t)n;
    return 0;
}

static int apply_limit(struct command_line *c, const char *value, struct err *err)
{
    unsigned long n;
    if (option_number(value, 1, UINT32_MAX, &n))
        return cli_error_usage(err, MSG_BAD_LIMIT, value, NULL);
    c->s->limit = (uint32_t)n;
    return 0;
}

/* The states by their names, or only those that there are lessons about. */
static void add_states(struct str *out, bool lessons)
{
    for (unsigned i = 0; i < STATE_LIST_COUNT; i++)
        if (!lessons || lesson_script(state_list_order[i]))
            str_addf(out, "%s%s", out->len ? ", " : "", state_name(state_list_order[i]));
    str_addf(out, ", %s", state_name(TCP_STATE_BOUND_INACTIVE));
}

static int refuse_state(const char *text, size_t len, struct err *err)
{
    struct str all = STR_INIT;
    char word[64];

    snprintf(word, sizeof word, "%.*s", (int)(len < 63 ? len : 63), text);
    const unsigned near = state_nearest(word);
    if (rules_number(word) >= 0)
        return cli_error_usage(err, MSG_BAD_STATE_RULE, word, NULL);
    add_states(&all, false);
    const int rc = cli_error_usage(err, near ? MSG_BAD_STATE_NEAR : MSG_BAD_STATE, word,
                                   near ? state_name(near) : str_text(&all));
    str_fini(&all);
    return rc;
}

int option_needs_value(enum argument_id id, const char *name, struct err *err)
{
    struct str all = STR_INIT;
    enum msg why = MSG_ARG_NEEDS_VALUE;

    if (id == ARGUMENT_EXPLAIN || id == ARGUMENT_LEARN || id == ARGUMENT_STATE) {
        why = MSG_ARG_NEEDS_STATE;
        add_states(&all, id == ARGUMENT_LEARN);
    } else if (id == ARGUMENT_COLUMNS || id == ARGUMENT_SORT || id == ARGUMENT_GROUP_BY) {
        why = MSG_ARG_NEEDS_COLUMN;
    }
    const int rc = cli_error_usage(err, why, name, str_text(&all));
    str_fini(&all);
    return rc;
}

static int apply_explain(struct command_line *c, const char *value, struct err *err)
{
    c->s->explain_state = state_parse(value, strlen(value));
    if (!c->s->explain_state)
        return refuse_state(value, strlen(value), err);
    c->asked = MODE_EXPLAIN;
    return 0;
}

static int apply_learn(struct command_line *c, const char *value, struct err *err)
{
    struct str all = STR_INIT;
    const unsigned state = state_parse(value, strlen(value));
    if (!state)
        return refuse_state(value, strlen(value), err);
    c->s->learn_state = state;
    c->asked = MODE_LEARN;
    if (lesson_script(state))
        return 0;
    add_states(&all, true);
    const int rc = cli_error_usage(err, MSG_LESSON_NO_STATE, state_name(state), str_text(&all));
    str_fini(&all);
    return rc;
}

int option_check_filter(const char *value, struct err *err)
{
    struct filter_error error;
    if (filter_parse(value, NULL, &error) == -EINVAL) {
        const char *at = value + (error.at < strlen(value) ? error.at : strlen(value));
        return cli_error_usage(err, *at ? MSG_BAD_FILTER : MSG_BAD_FILTER_END, error.what, at);
    }
    return 0;
}

static int apply_filter(struct command_line *c, const char *value, struct err *err)
{
    c->filter = value;
    return option_check_filter(value, err);
}

int option_port(struct command_line *c, const char *value, struct err *err)
{
    unsigned long port;
    if (option_number(value, 1, 65535, &port))
        return cli_error_usage(err, MSG_BAD_PORT, value, NULL);
    str_addf(&c->ports, "%s%lu", c->ports.len ? "," : "", port);
    return 0;
}

static int apply_pid(struct command_line *c, const char *value, struct err *err)
{
    unsigned long pid;
    if (!value) {
        c->pid_missing = true;
        return 0;
    }
    if (option_number(value, 1, UINT32_MAX, &pid))
        return cli_error_usage(err, MSG_BAD_PID, value, NULL);
    str_addf(&c->pids, "%s%lu", c->pids.len ? "," : "", pid);
    return 0;
}

static int apply_states(struct command_line *c, const char *value, struct err *err)
{
    for (;;) {
        const size_t len = strcspn(value, ",");
        const unsigned state = state_parse(value, len);
        if (!state)
            return refuse_state(value, len, err);
        c->states |= STATE_BIT(state);
        if (!value[len])
            return 0;
        value += len + 1;
    }
}

static int apply_netns(struct command_line *c, const char *value, struct err *err)
{
    if (!*value)
        return cli_error_usage(err, MSG_BAD_NETNS, NULL, NULL);
    c->s->ui.netns = value;
    return 0;
}

int option_host(struct command_line *c, const char *value, struct err *err)
{
    if (!remote_host_is_valid(value))
        return cli_error_usage(err, MSG_BAD_HOST, value, NULL);
    if (c->s->ui.host)
        return cli_error_usage(err, MSG_HOST_ONE, value, NULL);
    c->s->ui.host = value;
    return 0;
}

static int apply_moment(struct moment *m, const char *option, const char *value, struct err *err)
{
    return moment_parse(value, m) ? cli_error_usage(err, MSG_BAD_MOMENT, option, value) : 0;
}

static int apply_begin(struct command_line *c, const char *value, struct err *err)
{
    return apply_moment(&c->s->begin, "--begin", value, err);
}

static int apply_end(struct command_line *c, const char *value, struct err *err)
{
    return apply_moment(&c->s->end, "--end", value, err);
}

static int apply_at(struct command_line *c, const char *value, struct err *err)
{
    return apply_moment(&c->s->at, "--at", value, err);
}

static int apply_diff(struct command_line *c, const char *value, struct err *err)
{
    (void)err;
    c->s->diff_path = value;
    c->asked = MODE_DIFF;
    return 0;
}

static int apply_diff_at(struct command_line *c, const char *value, struct err *err)
{
    c->asked = MODE_DIFF;
    return apply_moment(&c->s->diff_at, "--diff-at", value, err);
}

/* A number without its unit is refused, since what is older is removed: 7 days are not 7 seconds.
 */
static int apply_keep(struct command_line *c, const char *value, struct err *err)
{
    const size_t len = strlen(value);

    if (!len || isdigit((unsigned char)value[len - 1]) ||
        moment_parse_duration(value, &c->s->keep_ns) || c->s->keep_ns < NS_PER_S)
        return cli_error_usage(err, MSG_BAD_KEEP, value, NULL);
    return 0;
}

/* "512K", "2G": bytes by their powers of 1024, `least` or more. Returns 0 or -EINVAL. */
static int parse_bytes(const char *value, uint64_t least, uint64_t *bytes)
{
    static const char units[] = "KMGT";
    size_t digits = strspn(value, "0123456789");
    const char *unit = value[digits] ? strchr(units, value[digits] & ~0x20) : NULL;
    char number[24];
    unsigned long n;

    snprintf(number, sizeof number, "%.*s", (int)(digits < 20 ? digits : 20), value);
    unsigned shift = unit && *unit ? 10 * (unsigned)(unit - units + 1) : 0;
    const char *rest = value + digits + (shift > 0);
    if (*rest && strcasecmp(rest, "iB") == 0)
        rest += 2;
    else if (*rest && strcasecmp(rest, "B") == 0)
        rest++;
    if (*rest || option_number(number, 0, (unsigned long)(INT64_MAX >> shift), &n) ||
        (uint64_t)n << shift < least)
        return -EINVAL;
    *bytes = (uint64_t)n << shift;
    return 0;
}

static int apply_max_size(struct command_line *c, const char *value, struct err *err)
{
    return parse_bytes(value, MAX_SIZE_LEAST, &c->s->max_bytes)
               ? cli_error_usage(err, MSG_BAD_MAX_SIZE, value, NULL)
               : 0;
}

static int apply_history_memory(struct command_line *c, const char *value, struct err *err)
{
    return parse_bytes(value, 0, &c->s->history_memory)
               ? cli_error_usage(err, MSG_BAD_HISTORY_MEMORY, value, NULL)
               : 0;
}

static int apply_size(struct command_line *c, const char *value, struct err *err)
{
    char width[8];
    const size_t len = strcspn(value, "xX");
    unsigned long w, h;
    snprintf(width, sizeof width, "%.*s", (int)(len < 7 ? len : 7), value);
    if (!value[len] || option_number(width, 1, 500, &w) ||
        option_number(value + len + 1, 1, 300, &h))
        return cli_error_usage(err, MSG_BAD_SIZE, value, NULL);
    c->s->ui.width = (int)w;
    c->s->ui.height = (int)h;
    return 0;
}

static int apply_listening(struct command_line *c, const char *value, struct err *err)
{
    (void)value, (void)err;
    c->states |= STATE_BIT(TCP_STATE_LISTEN);
    return 0;
}

static int apply_names(struct command_line *c, const char *which, struct err *err)
{
    (void)err;
    const bool both = strcmp(which, "both") == 0;
    c->s->ui.host_names = both || strcmp(which, "hosts") == 0;
    c->s->ui.service_names = both || strcmp(which, "services") == 0;
    return 0;
}

static int apply_numeric(struct command_line *c, const char *value, struct err *err)
{
    (void)value;
    return apply_names(c, "none", err);
}

static int apply_config(struct command_line *c, const char *path, struct err *err)
{
    (void)err;
    c->s->config_path = path;
    c->s->no_config = false;
    return 0;
}

#define AT(member)                                                                                 \
    {                                                                                              \
        TARGET_SETTINGS, offsetof(struct settings, member)                                         \
    }
#define LINE(member)                                                                               \
    {                                                                                              \
        TARGET_LINE, offsetof(struct command_line, member)                                         \
    }
#define NOTHING            .kind = EFFECT_NONE
#define FLAG(to_)          .kind = EFFECT_FLAG, .to = to_
#define VALUE(to_, n_)     .kind = EFFECT_VALUE, .to = to_, .n = n_
#define CHOICE(to_, words) .kind = EFFECT_CHOICE, .to = to_, .choices = words
#define WORD(to_)          .kind = EFFECT_WORD, .to = to_
#define YES_NO(to_)        .kind = EFFECT_YES_NO, .to = to_
#define INDEX(to_, n_)     .kind = EFFECT_INDEX, .to = to_, .n = n_
#define NUMBER(to_, n_)    .kind = EFFECT_NUMBER, .to = to_, .n = n_
#define MS(to_)            .kind = EFFECT_MS, .to = to_
#define INT_MS(to_)        .kind = EFFECT_INT_MS, .to = to_
#define TEXT(to_, n_)      .kind = EFFECT_TEXT, .to = to_, .n = n_
#define CALL(f)            .kind = EFFECT_CALL, .apply = f
#define ALSO(to_)          .also = to_

#define FORMAT_WORD(ident, name) #name " "

/* The arguments that are no key. */
static const struct effect argument_effects[ARGUMENT_COUNT] = {
#define GROUP(ident)
#define ARGUMENT(ident, letter, name, value, ...) [ARGUMENT_##ident] = {__VA_ARGS__},
#define KEY(...)
#define OPTION(...)
#include "options.def"
};

/* The key that an argument is as well; -1: none. */
static const int argument_settings[ARGUMENT_COUNT] = {
#define GROUP(ident)
#define ARGUMENT(ident, ...) -1,
#define KEY(...)
#define OPTION(ident, ...) SETTING_##ident,
#include "options.def"
};

static const struct effect setting_effects[SETTING_ROLES] = {
#define GROUP(ident)
#define ARGUMENT(...)
#define KEY(ident, section, key, type, min, max, choices_, initial, help, ...)                     \
    [SETTING_##ident] = {__VA_ARGS__},
#define OPTION(ident, letter, name, value, section, key, type, min, max, choices_, initial, help,  \
               ...)                                                                                \
    [SETTING_##ident] = {__VA_ARGS__},
#include "options.def"
};

#define BOTH(en, ko)       en, ko
#define OPTION_OF_COUNT    OPTION_NUMBER
#define OPTION_OF_PERCENT  OPTION_DECIMAL
#define OPTION_OF_DURATION OPTION_DURATION

static const struct option rows[SETTING_COUNT] = {
#define GROUP(ident)
#define ARGUMENT(...)
#define KEY(ident, section, key, type, min, max, choices, initial, help, ...)                      \
    {section, key, OPTION_##type, min, max, choices, initial, help, NULL},
#define OPTION(ident, letter, name, value, section, key, type, min, max, choices, initial, help,   \
               ...)                                                                                \
    {section, key, OPTION_##type, min, max, choices, initial, help, name},
#include "options.def"
#define ROLE(ident, key)                                                                           \
    {"colors", key,  OPTION_TEXT, 0,                                                               \
     63,       NULL, "",          BOTH("Empty: as the theme has it.", "비워 두면 테마의 색."),     \
     NULL},
    ROLES(ROLE)
#undef ROLE
#define COMMAND(ident, function, name, keys, shown, group)                                         \
    {"keys",                                                                                       \
     name,                                                                                         \
     OPTION_TEXT,                                                                                  \
     0,                                                                                            \
     127,                                                                                          \
     NULL,                                                                                         \
     keys,                                                                                         \
     BOTH("Keys separated by blanks; empty: none.", "빈칸으로 구분한 키. 비워 두면 없음."),        \
     NULL},
        COMMANDS(COMMAND)
#undef COMMAND
#define RULE(ident, name, states, judges, wants, per_row, commands)
#define LIMIT(rule, field, key, kind, min, max, number, initial, help)                             \
    {"doctor", key, OPTION_OF_##kind, min, max, NULL, initial, help, NULL},
#define FIGURE(rule, field, key, kind)
#include "tcptop/doctor/rules.def"
};

const struct option *options_keys(size_t *n)
{
    *n = SETTING_COUNT;
    return rows;
}

int option_key(enum argument_id id)
{
    return argument_settings[id];
}

const char *option_choices(enum argument_id id)
{
    const int setting = argument_settings[id];
    return setting < 0 ? argument_effects[id].choices : rows[setting].choices;
}

static int color_role(struct settings *s, enum role role, const char *value, struct err *err)
{
    struct theme scratch;
    theme_init(&scratch, DEPTH_256, BACKGROUND_DARK);
    if (*value && theme_set(&scratch, role, value, DEPTH_256))
        return cli_error_usage(err, MSG_BAD_STYLE, value, NULL);
    snprintf(s->role_text[role], sizeof s->role_text[role], "%.63s", value);
    return 0;
}

static int bind_keys(struct settings *s, enum command_id command, const char *keys, struct err *err)
{
    char bad[32];
    if (keymap_set(&s->ui.bindings, command, keys, bad))
        return cli_error_usage(err, MSG_BAD_KEY, bad, NULL);
    return 0;
}

static uint64_t to_ms(double seconds)
{
    return (uint64_t)(seconds * 1000 + 0.5);
}

static void *member(struct command_line *c, const struct target *t)
{
    return (char *)(t->of == TARGET_LINE ? (void *)c : c->s) + t->offset;
}

static int put(struct command_line *c, const struct effect *e, const char *text, double number,
               struct err *err)
{
    void *to = member(c, &e->to);
    switch (e->kind) {
    case EFFECT_NONE:
        break;
    case EFFECT_FLAG:
        *(bool *)to = true;
        break;
    case EFFECT_VALUE:
        *(int *)to = e->n;
        break;
    case EFFECT_CHOICE:
        *(int *)to = (int)number;
        break;
    case EFFECT_WORD:
        *(const char **)to = text;
        break;
    case EFFECT_YES_NO:
        *(bool *)to = number != 0;
        break;
    case EFFECT_INDEX:
        *(int *)to = (int)number + e->n;
        break;
    case EFFECT_NUMBER:
        *(double *)to = number / e->n;
        break;
    case EFFECT_MS:
        *(uint64_t *)to = to_ms(number);
        break;
    case EFFECT_INT_MS:
        *(int *)to = (int)to_ms(number);
        break;
    case EFFECT_TEXT:
        snprintf(to, (size_t)e->n, "%s", text);
        break;
    case EFFECT_CALL:
        return e->apply(c, text, err);
    }
    return 0;
}

int option_setting(struct settings *s, enum setting_id id, const struct option_value *value,
                   struct err *err)
{
    if (id >= SETTING_LIMITS) {
        s->limits.value[id - SETTING_LIMITS] = value->number;
        return 0;
    }
    if (id >= SETTING_KEYS)
        return bind_keys(s, (enum command_id)(id - SETTING_KEYS), value->text, err);
    if (id >= SETTING_ROLES)
        return color_role(s, (enum role)(id - SETTING_ROLES), value->text, err);
    return put(&(struct command_line){.s = s}, &setting_effects[id], value->text, value->number,
               err);
}

int option_setting_text(struct settings *s, enum setting_id id, const char *name, const char *text,
                        struct err *err)
{
    struct option_value value;
    struct option row = rows[id];
    struct err why;
    if (name)
        row.key = name; /* the message names what was typed */
    int rc = option_parse(&row, text, &value, err);
    if (rc)
        return rc;
    rc = option_setting(s, id, &value, &why);
    return rc && err ? err_set(err, rc, "%s%s%s", name ? name : "", name ? ": " : "", why.msg) : rc;
}

int option_argument(struct command_line *c, enum argument_id id, const char *value, struct err *err)
{
    char name[32];
    const int setting = argument_settings[id];
    const struct effect *e = setting < 0 ? &argument_effects[id] : &setting_effects[setting];
    struct option_value place = {.number = 0};
    argument_name(id, name, sizeof name);
    if (setting < 0 && e->kind == EFFECT_CHOICE) {
        const struct option row = {.key = name, .type = OPTION_CHOICE, .choices = e->choices};
        int rc = option_parse(&row, value, &place, err);
        if (rc)
            return rc;
    }
    c->given |= UINT64_C(1) << id;
    if (e->also.of)
        *(bool *)member(c, &e->also) = true;
    if (setting >= 0)
        return option_setting_text(c->s, (enum setting_id)setting, name, value ? value : "yes",
                                   err);
    const enum mode before = c->asked;
    const int rc = put(c, e, value, place.number, err);
    if (c->asked != before && before != MODE_LIVE) {
        c->rival = id;
        c->asked = before;
    } else if (c->asked != before) {
        c->asked_by = id;
    }
    return rc;
}
