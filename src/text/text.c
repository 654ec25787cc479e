/* SPDX-License-Identifier: MIT */
/* The catalogue of messages and the language in force. */
#include "tcptop/text/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

#include "tcptop/base/err.h"
#include "tcptop/base/fmt.h"
#include "tcptop/base/str.h"

static const char *const catalogue[][LANG_COUNT] = {
#define M(ident, en, ko) {en, ko},
#include "tcptop/text/messages/all.def"
#undef M
};

static const char *const idents[] = {
#define M(ident, en, ko) #ident,
#include "tcptop/text/messages/all.def"
#undef M
};

static _Atomic enum language in_force = LANG_EN;

enum language text_language(void)
{
    return atomic_load_explicit(&in_force, memory_order_relaxed);
}

void text_use(enum language language)
{
    atomic_store_explicit(&in_force, language, memory_order_relaxed);
}

const char *text_language_code(enum language language)
{
    static const char *const codes[LANG_COUNT] = {"en", "ko"};
    return codes[language];
}

const char *text(enum msg id)
{
    return catalogue[id][text_language()];
}

const char *text_in(enum language language, enum msg id)
{
    return catalogue[id][language];
}

const char *text_error_in(enum language language, int errnum)
{
    static const struct {
        int errnum;
        enum msg id;
    } known[] = {
        {EPERM, MSG_ERROR_EPERM},   {ENOENT, MSG_ERROR_ENOENT}, {ENOMEM, MSG_ERROR_ENOMEM},
        {EACCES, MSG_ERROR_EACCES}, {EEXIST, MSG_ERROR_EEXIST}, {ENOTDIR, MSG_ERROR_ENOTDIR},
        {EISDIR, MSG_ERROR_EISDIR}, {ENOSPC, MSG_ERROR_ENOSPC}, {EROFS, MSG_ERROR_EROFS},
    };

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (known[i].errnum == errnum || known[i].errnum == -errnum) {
            return text_in(language, known[i].id);
        }
    }
    return err_name(errnum);
}

const char *text_error(int errnum)
{
    return text_error_in(text_language(), errnum);
}

/* Put the unit that the English `time` ends in into the language in force, in place. Texts that end
 * in none of these units stay as they are, and all of them where there is no room. */
static char *with_unit(char *time, size_t size)
{
    static const enum msg units[] = {MSG_UNIT_SECONDS, MSG_UNIT_MINUTES, MSG_UNIT_HOURS,
                                     MSG_UNIT_DAYS, MSG_UNIT_YEARS};
    const size_t len = strlen(time);

    for (size_t i = 0; text_language() != LANG_EN && i < sizeof units / sizeof units[0]; i++) {
        const char *here = text(units[i]), *english = text_in(LANG_EN, units[i]);
        const size_t end = strlen(english);
        if (len > end && strcmp(time + len - end, english) == 0 &&
            len - end + strlen(here) < size) {
            memcpy(time + len - end, here, strlen(here) + 1);
            break;
        }
    }
    return time;
}

char *text_duration(char *out, size_t size, uint64_t ms)
{
    return with_unit(fmt_duration(out, size, ms), size);
}

char *text_latency(char *out, size_t size, uint64_t us)
{
    return with_unit(fmt_latency(out, size, us), size);
}

char *text_interval(char *out, size_t size, uint64_t ms)
{
    return with_unit(fmt_interval(out, size, ms), size);
}

char *text_cost(char *out, size_t size, int64_t ns)
{
    return with_unit(fmt_cost(out, size, ns), size);
}

const char *text_ident(enum msg id)
{
    return idents[id];
}

#define VALUES_MAX 9

/* The texts up to the closing NULL; those not given stay NULL. */
static void collect(const char *values[VALUES_MAX], va_list args)
{
    for (int i = 0; i < VALUES_MAX; i++) {
        values[i] = va_arg(args, const char *);
        if (!values[i]) {
            return;
        }
    }
}

/* Is the last number of the text 1, and no value unknown behind it? */
static bool is_one(const char *text)
{
    const char *last = text + strcspn(text, "0123456789"), *unknown;

    for (const char *next = last; *next; next += strcspn(next, "0123456789")) {
        last = next;
        next += strspn(next, "0123456789.,");
    }
    unknown = strstr(last, FMT_NONE);
    return *last == '1' && !unknown && strspn(last, "0123456789.,") == 1;
}

size_t text_add_form(struct str *out, const char *template)
{
    const size_t len = *template == '{' ? strcspn(template, "}") : 0;
    const char *bar = memchr(template, '|', len);

    if (!bar || template[len] != '}') {
        return 0;
    }
    if (is_one(str_text(out))) {
        str_add_bytes(out, template + 1, (size_t)(bar - template) - 1);
    } else {
        str_add_bytes(out, bar + 1, (size_t)(template + len - bar) - 1);
    }
    return len + 1;
}

static void fill(struct str *out, const char *template, const char *const values[VALUES_MAX])
{
    for (const char *p = template; *p;) {
        size_t plain = strcspn(p, "{");
        str_add_bytes(out, p, plain);
        p += plain;
        size_t form = text_add_form(out, p);
        if (form) {
            p += form;
        } else if (p[0] == '{' && p[1] >= '1' && p[1] <= '9' && p[2] == '}') {
            const char *value = values[p[1] - '1'];
            str_add(out, value ? value : FMT_NONE);
            p += 3;
        } else if (p[0] == '{') {
            str_add_char(out, '{');
            p++;
        }
    }
}

void text_fill(struct str *out, enum msg id, ...)
{
    const char *values[VALUES_MAX] = {NULL};
    va_list args;
    va_start(args, id);
    collect(values, args);
    va_end(args);
    fill(out, text(id), values);
}

void text_fill_template(struct str *out, const char *template, ...)
{
    const char *values[VALUES_MAX] = {NULL};
    va_list args;
    va_start(args, template);
    collect(values, args);
    va_end(args);
    fill(out, template, values);
}

enum language text_language_of_locale(const char *locale)
{
    if (!locale || strncmp(locale, "ko", 2) != 0) {
        return LANG_EN;
    }
    return locale[2] == '\0' || strchr("_.@", locale[2]) ? LANG_KO : LANG_EN;
}
