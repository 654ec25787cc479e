/* Words, comparisons and errors of the filter language. */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "parser.h"
#include "tcptop/base/str.h"
#include "tcptop/base/utf8.h"

bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

void skip_blanks(struct parser *f)
{
    while (is_blank(f->text[f->at]))
        f->at++;
}

struct word peek_word(const struct parser *f, bool whole)
{
    const char *start = f->text + f->at;
    return (struct word){start, strcspn(start, whole ? " \t\r\n()|&\"'" : " \t\r\n()|&\"',<>=!")};
}

bool word_is(struct word w, const char *text)
{
    return strlen(text) == w.len && strncasecmp(w.text, text, w.len) == 0;
}

bool accept_word(struct parser *f, const char *word)
{
    struct word w = peek_word(f, true);
    if (!word_is(w, word))
        return false;
    f->at += w.len;
    return true;
}

/* Longer spellings before those they begin with. */
static const struct {
    const char *spelling;
    enum comparison cmp;
} comparisons[] = {
    {"==", CMP_EQ}, {"!=", CMP_NE},  {"<>", CMP_NE}, {">=", CMP_GE}, {"<=", CMP_LE},
    {"=", CMP_EQ},  {">", CMP_GT},   {"<", CMP_LT},  {"eq", CMP_EQ}, {"neq", CMP_NE},
    {"ne", CMP_NE}, {"geq", CMP_GE}, {"ge", CMP_GE}, {"gt", CMP_GT}, {"leq", CMP_LE},
    {"le", CMP_LE}, {"lt", CMP_LT},
};

enum comparison accept_comparison(struct parser *f, bool words)
{
    size_t start = f->at;
    skip_blanks(f);
    for (size_t i = 0; i < sizeof comparisons / sizeof comparisons[0]; i++) {
        const char *spelling = comparisons[i].spelling;
        bool is_word = spelling[0] >= 'a';
        size_t len = strlen(spelling);
        if (is_word ? !words || !accept_word(f, spelling)
                    : strncmp(f->text + f->at, spelling, len) != 0)
            continue;
        if (!is_word)
            f->at += len;
        skip_blanks(f);
        return comparisons[i].cmp;
    }
    f->at = start;
    return CMP_NONE;
}

int accept_text(struct parser *f, struct word *w, bool *quoted)
{
    char quote = f->text[f->at];
    *quoted = quote == '"' || quote == '\'';
    if (!*quoted) {
        *w = peek_word(f, false);
        f->at += w->len;
        return w->len ? 0 : expected(f, f->at, MSG_FILTER_VALUE);
    }
    const char *start = f->text + f->at + 1, *end = strchr(start, quote);
    if (!end)
        return expected(f, f->at + 1 + strlen(start), MSG_FILTER_QUOTE);
    *w = (struct word){start, (size_t)(end - start)};
    f->at += w->len + 2;
    return 0;
}

int expected(struct parser *f, size_t at, enum msg what)
{
    return refused(f, at, what, (struct word){"", 0}, NULL);
}

int refused(struct parser *f, size_t at, enum msg what, struct word a, const char *b)
{
    if (!f->error)
        return -EINVAL;
    char name[64];
    struct str message = STR_INIT;
    utf8_sanitise_into(name, sizeof name, a.text, a.len);
    text_fill(&message, what, name, b, NULL);
    f->error->at = at;
    const char *said = str_failed(&message) ? text(what) : str_text(&message);
    utf8_sanitise_into(f->error->what, sizeof f->error->what, said, strlen(said));
    str_fini(&message);
    return -EINVAL;
}
