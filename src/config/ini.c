/* SPDX-License-Identifier: MIT */
/* Reading an ini file: every line is looked at here, the good ones are handed to iniparser. */
#include "tcptop/config/ini.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <unistd.h>
#if __has_include(<iniparser/iniparser.h>)
#include <iniparser/iniparser.h>
#else
#include <iniparser.h>
#endif

#include "config_error.h"
#include "tcptop/base/edit_distance.h"
#include "tcptop/base/privileges.h"
#include "tcptop/base/str.h"
#include "tcptop/base/utf8.h"

#define LINE_MAX_LEN 1000 /* iniparser 4.1 gives the whole file up at 1023 */
#define PROBLEMS_MAX 20   /* a wrong file must not flood the screen */
#define NAME_SHOWN   48

/* Stands for a backslash in what iniparser gets: 4.2 takes a backslash in quotes for an escape and
 * drops it, 4.1 does not. A value with this byte of its own is refused. */
#define BACKSLASH '\x01'

/* A file that the user named may be anything. */

#define FILE_SIZE_MAX (1024 * 1024)

static int check_file(int fd, const char *shown, struct err *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0) {
        return err_set(err, -errno, "%s: %s", shown, text_error(errno));
    }
    if (S_ISDIR(st.st_mode)) {
        return err_set(err, -EISDIR, "%s: %s", shown, text_error(EISDIR));
    }
    if (!S_ISREG(st.st_mode)) {
        return config_error(err, -EINVAL, MSG_INI_NOT_REGULAR, shown, NULL, NULL);
    }
    return 0;
}

/* Sizes can lie (/proc) and grow: what is read counts. */
static int read_all(int fd, const char *shown, struct str *text, struct err *err)
{
    char part[16384];
    for (;;) {
        ssize_t got = read(fd, part, sizeof(part));
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return err_set(err, -errno, "%s: %s", shown, text_error(errno));
        }
        if (got == 0) {
            return str_failed(text)
                       ? config_error(err, -ENOMEM, MSG_INI_NO_MEMORY, NULL, NULL, NULL)
                       : 0;
        }
        str_add_bytes(text, part, (size_t)got);
        if (text->len > FILE_SIZE_MAX) {
            return config_error(err, -EFBIG, MSG_INI_LARGE, shown, NULL, NULL);
        }
    }
}

/* Append the contents of `path`, a regular file of at most FILE_SIZE_MAX bytes, to `text`. Never
 * waits: a FIFO or a device is refused. It is opened with the rights of the caller, unless it is
 * the host's own configuration. `shown` names the file in `err`. Returns 0 or -errno. */
static int read_file(const char *path, const char *shown, struct str *text, struct err *err)
{
    const int flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    const bool own_rights = strcmp(path, INI_SYSTEM_PATH) == 0;
    int fd = own_rights ? open(path, flags) : privileges_open(path, flags, 0);
    if (fd < 0) {
        fd = own_rights ? -errno : fd;
        return err_set(err, fd, "%s: %s", shown, text_error(fd));
    }
    int rc = check_file(fd, shown, err);
    if (rc == 0) {
        rc = read_all(fd, shown, text, err);
    }
    close(fd);
    return rc;
}

/* The walk through one file. */
struct scan {
    const char *file; /* its name, sanitised */
    const struct option *rows;
    size_t n;
    unsigned *line_of; /* per row: the line it stands in, 0: it does not */
    struct ini_problems *problems;
    size_t unlisted; /* problems beyond PROBLEMS_MAX */
    struct str good; /* what iniparser gets */
    bool in_section; /* false before the first and after an unknown one */
    bool before_first;
    char section[NAME_SHOWN];
    unsigned line;
};

void ini_problems_fini(struct ini_problems *p)
{
    if (p) {
        free(p->list);
        free(p->line);
        *p = (struct ini_problems){0};
    }
}

int ini_problems_add(struct ini_problems *p, const char *file, unsigned line, const char *what)
{
    struct err *list = realloc(p->list, (p->n + 1) * sizeof(*list));
    p->list = list ? list : p->list;
    unsigned *lines = list ? realloc(p->line, (p->n + 1) * sizeof(*lines)) : NULL;
    if (!lines) {
        return -ENOMEM;
    }
    p->line = lines;
    size_t at = p->n++;
    for (; at > 0 && lines[at - 1] > line; at--) {
        lines[at] = lines[at - 1];
        list[at] = list[at - 1];
    }
    lines[at] = line;
    err_set(&list[at], 0, "%s:%u: %s", file, line, what);
    return 0;
}

static void add_problem(struct scan *s, unsigned line, const char *what)
{
    if (s->problems->n >= PROBLEMS_MAX) {
        s->unlisted++;
        return;
    }
    s->good.failed |= ini_problems_add(s->problems, s->file, line, what) != 0;
}

/* Of the present line. */
static void complain(struct scan *s, enum msg id, const char *a, const char *b)
{
    struct err what;
    config_error(&what, 0, id, a, b, NULL);
    add_problem(s, s->line, what.msg);
}

static void complain_of_number(struct scan *s, enum msg id, const char *a, unsigned number)
{
    char digits[16];
    snprintf(digits, sizeof digits, "%u", number);
    complain(s, id, a ? a : digits, a ? digits : NULL);
}

static bool blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* `len` bytes without blanks around them; returns the start. */
static const char *trim(const char *text, size_t *len)
{
    while (*len > 0 && blank(text[*len - 1])) {
        (*len)--;
    }
    while (*len > 0 && blank(*text)) {
        text++;
        (*len)--;
    }
    return text;
}

/* A section or key as it is compared and shown: lower case, sanitised, not longer than `out`. */
static void take_name(char out[NAME_SHOWN], const char *text, size_t len)
{
    text = trim(text, &len);
    utf8_sanitise_into(out, NAME_SHOWN, text, len);
    for (char *p = out; *p; p++) {
        *p = *p >= 'A' && *p <= 'Z' ? (char)(*p - 'A' + 'a') : *p;
    }
}

static bool section_known(const struct scan *s, const char *name)
{
    for (size_t i = 0; i < s->n; i++) {
        if (strcmp(s->rows[i].section, name) == 0) {
            return true;
        }
    }
    return false;
}

/* What stands in the file is not repeated unless it is a known name: the file may be no
 * configuration, and its content a secret. */
static void unknown_section(struct scan *s, const char *name)
{
    const char *nearest = NULL;
    unsigned best = edit_distance_limit(name) + 1;
    for (size_t i = 0; i < s->n; i++) {
        unsigned distance = edit_distance(name, s->rows[i].section);
        if (distance < best) {
            best = distance;
            nearest = s->rows[i].section;
        }
    }
    if (nearest) {
        complain(s, MSG_INI_SECTION_NEAR, nearest, NULL);
    } else {
        complain(s, MSG_INI_SECTION_UNKNOWN, NULL, NULL);
    }
}

static void take_section(struct scan *s, const char *line, size_t len)
{
    const char *close = memchr(line, ']', len);
    size_t after = close ? len - (size_t)(close + 1 - line) : 0;
    const char *rest = close ? trim(close + 1, &after) : NULL;
    s->before_first = s->in_section = false;
    if (!close || (after > 0 && *rest != '#' && *rest != ';')) {
        complain(s, MSG_INI_SECTION_FORM, NULL, NULL);
        return;
    }
    take_name(s->section, line + 1, (size_t)(close - line) - 1);
    if (!section_known(s, s->section)) {
        unknown_section(s, s->section);
        return;
    }
    s->in_section = true;
    str_addf(&s->good, "[%s]\n", s->section);
}

/* Complain of the name of an argument whose key has another one. */
static bool is_argument(struct scan *s, const char *name)
{
    for (size_t i = 0; i < s->n; i++) {
        const struct option *row = &s->rows[i];
        struct err what;
        if (!row->argument || strcmp(row->argument, name) != 0 || strcmp(row->key, name) == 0)
            continue;
        config_error(&what, 0, MSG_INI_KEY_ARGUMENT, name, row->key, row->section);
        add_problem(s, s->line, what.msg);
        return true;
    }
    return false;
}

/* Complain that the key is one of other sections. */
static void key_elsewhere(struct scan *s, const char *key)
{
    struct str sections = STR_INIT;

    for (size_t i = 0; i < s->n; i++)
        if (strcmp(s->rows[i].key, key) == 0)
            str_addf(&sections, "%s%s", sections.len ? "], [" : "", s->rows[i].section);
    complain(s,
             strcmp(str_text(&sections), "keys") == 0 ? MSG_INI_KEY_COMMAND : MSG_INI_KEY_ELSEWHERE,
             key, str_text(&sections));
    str_fini(&sections);
}

/* The key in this section, or the nearest, or the same key of another section. */
static void unknown_key(struct scan *s, const char *key)
{
    const struct option *nearest = NULL;
    unsigned best = edit_distance_limit(key) + 1;
    if (is_argument(s, key)) {
        return;
    }
    for (size_t i = 0; i < s->n; i++) {
        const struct option *row = &s->rows[i];
        bool here = strcmp(row->section, s->section) == 0;
        unsigned distance = edit_distance(key, row->key);
        if (distance < best && (here || distance == 0)) {
            best = distance;
            nearest = row;
        }
    }
    if (!nearest) {
        complain(s, MSG_INI_KEY_UNKNOWN, s->section, NULL);
    } else if (best == 0) {
        key_elsewhere(s, key);
    } else {
        complain(s, MSG_INI_KEY_NEAR, nearest->key, NULL);
    }
}

/* What iniparser would read otherwise than it looks; MSG_COUNT when nothing. */
static enum msg value_trap(const char *value, size_t len)
{
    if (memchr(value, BACKSLASH, len)) {
        return MSG_OPTION_NOT_TEXT;
    }
    if (len > 0 && (value[0] == '"' || value[0] == '\'')) {
        const char *close = memchr(value + 1, value[0], len - 1);
        if (!close) {
            return MSG_INI_OPEN_QUOTE;
        }
        len -= (size_t)(close + 1 - value);
        value = trim(close + 1, &len);
        return len > 0 && *value != '#' && *value != ';' ? MSG_INI_AFTER_QUOTE : MSG_COUNT;
    }
    for (size_t i = 0; i < len; i++) {
        if ((value[i] == '#' || value[i] == ';') && (i == 0 || !blank(value[i - 1]))) {
            return MSG_INI_UNQUOTED;
        }
        if (value[i] == '#' || value[i] == ';') {
            break; /* a comment */
        }
    }
    return MSG_COUNT;
}

static void take_key(struct scan *s, const char *line, size_t len)
{
    const char *equals = memchr(line, '=', len);
    if (!equals || equals == line) {
        complain(s, MSG_INI_KEY_FORM, NULL, NULL);
        return;
    }
    char key[NAME_SHOWN];
    take_name(key, line, (size_t)(equals - line));
    if (s->before_first) {
        complain(s, MSG_INI_KEY_EARLY, NULL, NULL);
    }
    if (!s->in_section) {
        return; /* of an unknown section only the name was worth a word */
    }
    size_t row = 0;
    while (row < s->n &&
           (strcmp(s->rows[row].section, s->section) != 0 || strcmp(s->rows[row].key, key) != 0)) {
        row++;
    }
    if (row == s->n) {
        unknown_key(s, key);
        return;
    }
    size_t value_len = len - (size_t)(equals + 1 - line);
    const char *value = trim(equals + 1, &value_len);
    const enum msg trap = value_trap(value, value_len);
    if (trap != MSG_COUNT) {
        complain(s, trap, key, NULL);
        return;
    }
    if (s->line_of[row]) {
        complain_of_number(s, MSG_INI_KEY_TWICE, key, s->line_of[row]);
    }
    s->line_of[row] = s->line;
    str_addf(&s->good, "%s = ", key);
    for (size_t i = 0; i < value_len; i++) {
        str_add_char(&s->good, value[i] == '\\' ? BACKSLASH : value[i]);
    }
    str_add_char(&s->good, '\n');
}

static void take_line(struct scan *s, const char *line, size_t len)
{
    line = trim(line, &len);
    if (len == 0 || *line == '#' || *line == ';') {
        return;
    }
    if (memchr(line, '\0', len)) {
        complain(s, MSG_INI_NUL, NULL, NULL);
    } else if (len > LINE_MAX_LEN) {
        complain_of_number(s, MSG_INI_LONG, NULL, LINE_MAX_LEN);
    } else if (line[len - 1] == '\\') {
        complain(s, MSG_INI_BACKSLASH, NULL, NULL);
    } else if (*line == '[') {
        take_section(s, line, len);
    } else {
        take_key(s, line, len);
    }
}

static void take_file(struct scan *s, const char *text, size_t len)
{
    s->before_first = true;
    s->line = 1;
    if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
        complain(s, MSG_INI_MARK, NULL, NULL);
        text += 3;
        len -= 3;
    }
    for (; len > 0; s->line++) {
        const char *end = memchr(text, '\n', len);
        size_t n = end ? (size_t)(end - text) : len;
        take_line(s, text, n);
        n += end != NULL;
        text += n;
        len -= n;
    }
}

static int say_nothing(const char *fmt, ...)
{
    (void)fmt;
    return 0;
}

/* iniparser reads files by name only: the good lines get one that never touches a disk. */
static dictionary *parse_good_lines(const struct str *good, struct err *err, int *rc)
{
    int fd = memfd_create("tcptop.ini", MFD_CLOEXEC);
    if (fd < 0) {
        *rc = err_set(err, -errno, "memfd_create: %s", text_error(errno));
        return NULL;
    }
    dictionary *parsed = NULL;
    if (write(fd, str_text(good), good->len) == (ssize_t)good->len) {
        char name[32];
        snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
        iniparser_set_error_callback(say_nothing);
        parsed = iniparser_load(name);
        if (!parsed && access(name, R_OK) != 0) {
            *rc = config_error(err, -ENXIO, MSG_INI_NO_PROC, NULL, NULL, NULL);
        }
    } else { /* RLIMIT_FSIZE counts for it, too */
        *rc = config_error(err, -errno, MSG_INI_MEMORY_FILE, text_error(errno), NULL, NULL);
    }
    close(fd);
    if (!parsed && *rc == 0) {
        *rc = config_error(err, -ENOMEM, MSG_INI_NO_MEMORY, NULL, NULL, NULL);
    }
    return parsed;
}

/* Copies the value of `row` as it stands in the file, without quotes and comment. Returns 0, or
 * -ENOMEM where iniparser found no memory for what it was given. */
static int get_value(const dictionary *parsed, const struct option *row,
                     char value[LINE_MAX_LEN + 1])
{
    char name[2 * NAME_SHOWN];
    snprintf(name, sizeof(name), "%s:%s", row->section, row->key);
    const char *found = iniparser_getstring(parsed, name, NULL);
    if (!found) {
        return -ENOMEM;
    }
    snprintf(value, LINE_MAX_LEN + 1, "%s", found);
    for (char *p = value; (p = strchr(p, BACKSLASH)) != NULL;) {
        *p = '\\';
    }
    return 0;
}

/* The values of the rows that the file sets; a bad one leaves the default. Returns 0 or -ENOMEM. */
static int take_values(struct scan *s, const dictionary *parsed, struct option_value *values)
{
    for (size_t i = 0; i < s->n; i++) {
        const struct option *row = &s->rows[i];
        if (s->line_of[i] == 0) {
            continue;
        }
        char text[LINE_MAX_LEN + 1];
        struct err why;
        if (get_value(parsed, row, text)) {
            return -ENOMEM;
        }
        if (option_parse(row, text, &values[i], &why) != 0) {
            add_problem(s, s->line_of[i], why.msg);
        }
        values[i].line = s->line_of[i];
    }
    if (s->unlisted > 0) {
        char more[24];
        snprintf(more, sizeof more, "%zu", s->unlisted + 1);
        config_error(&s->problems->list[s->problems->n - 1], 0, MSG_INI_MORE, s->file, more, NULL);
    }
    return str_failed(&s->good) ? -ENOMEM : 0; /* a problem may have found no memory */
}

static int read_scan(struct scan *s, const char *text, size_t len, struct option_value *values,
                     struct err *err)
{
    int rc = 0;
    take_file(s, text, len);
    if (str_failed(&s->good)) {
        return config_error(err, -ENOMEM, MSG_INI_NO_MEMORY, NULL, NULL, NULL);
    }
    dictionary *parsed = parse_good_lines(&s->good, err, &rc);
    if (rc == 0) {
        rc = take_values(s, parsed, values);
        iniparser_freedict(parsed);
        if (rc) {
            config_error(err, rc, MSG_INI_NO_MEMORY, NULL, NULL, NULL);
        }
    }
    return rc;
}

int ini_load(const char *path, const struct option *rows, size_t n, struct option_value *values,
             struct ini_problems *problems, struct err *err)
{
    *problems = (struct ini_problems){0};
    for (size_t i = 0; i < n; i++) {
        values[i] = (struct option_value){0};
        option_parse(&rows[i], rows[i].initial, &values[i], NULL);
        values[i].set = false;
    }
    char file[200];
    utf8_sanitise_into(file, sizeof(file), path, strlen(path));
    struct str text = STR_INIT;
    struct scan scan = {.file = file, .rows = rows, .n = n, .problems = problems};
    int rc = read_file(path, file, &text, err);
    if (rc == 0) {
        scan.line_of = calloc(n ? n : 1, sizeof(*scan.line_of));
        rc = scan.line_of ? read_scan(&scan, str_text(&text), text.len, values, err)
                          : config_error(err, -ENOMEM, MSG_INI_NO_MEMORY, NULL, NULL, NULL);
    }
    free(scan.line_of);
    str_fini(&scan.good);
    str_fini(&text);
    return rc;
}

/* Where the configuration file is, when nobody says. */

/* `variable` names an absolute directory and the file is in it. A relative one would make the
 * current directory decide, which whoever wrote there would like. */
static bool found_in(char *path, size_t size, const char *variable, const char *below)
{
    const char *dir = getenv(variable);
    if (!dir || dir[0] != '/') {
        return false;
    }
    int n = snprintf(path, size, "%s/%s", dir, below);
    return n > 0 && (size_t)n < size && access(path, F_OK) == 0;
}

int ini_find(char *path, size_t size)
{
    if (found_in(path, size, "XDG_CONFIG_HOME", TCPTOP_NAME "/" TCPTOP_NAME ".ini") ||
        found_in(path, size, "HOME", ".config/" TCPTOP_NAME "/" TCPTOP_NAME ".ini")) {
        return 0;
    }
    int n = snprintf(path, size, INI_SYSTEM_PATH);
    return n > 0 && (size_t)n < size && access(path, F_OK) == 0 ? 0 : -ENOENT;
}
