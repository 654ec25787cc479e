/* What may follow what has been typed: fields and words where a term begins, values behind a
 * field, units behind a number. */
#include <string.h>
#include <strings.h>

#include "parser.h"

struct candidates {
    const char **words;
    size_t n, max;
    struct word typed; /* what they must begin with */
};

static void offer(struct candidates *c, const char *word)
{
    if (c->n < c->max && strlen(word) > c->typed.len &&
        strncasecmp(word, c->typed.text, c->typed.len) == 0)
        c->words[c->n++] = word;
}

static void offer_states(struct candidates *c, bool sets)
{
    for (size_t i = 0; i < STATE_STATE_LIST_COUNT; i++)
        offer(c, state_name(state_state_list_order[i]));
    for (size_t i = 0; sets && state_set_name(i); i++)
        offer(c, state_set_name(i));
}

static void offer_values(struct candidates *c, enum column_kind kind)
{
    if (kind == KIND_STATE) {
        offer_states(c, false);
    } else if (kind == KIND_PROTO) {
        offer(c, "tcp");
        offer(c, "tcp6");
    } else if (kind == KIND_TIMER) {
        for (size_t i = 0; timer_name(i); i++)
            offer(c, timer_name(i));
    }
}

/* Units complete the number before them. */
static void offer_units(struct candidates *c, enum column_kind kind)
{
    size_t digits = strspn(c->typed.text, "0123456789.");
    c->typed = (struct word){c->typed.text + digits, c->typed.len - digits};
    for (size_t i = 0; digits && unit_name(kind, i); i++)
        offer(c, unit_name(kind, i));
}

static void offer_terms(struct candidates *c, bool joins)
{
    for (size_t i = 0; field_name(i); i++)
        offer(c, field_name(i));
    offer(c, "exclude");
    offer(c, "not");
    if (joins) {
        offer(c, "and");
        offer(c, "or");
    }
}

/* The word before `at`, blanks between; of length 0 when a sign stands there. */
static struct word word_before(const char *text, size_t at)
{
    while (at > 0 && is_blank(text[at - 1]))
        at--;
    size_t end = at;
    while (at > 0 && !is_blank(text[at - 1]) && !strchr("()|&!", text[at - 1]))
        at--;
    return (struct word){text + at, end - at};
}

static bool ends_term(struct word before)
{
    return before.len && !word_is(before, "and") && !word_is(before, "or") &&
           !word_is(before, "not");
}

size_t filter_complete(const char *text, const char **words, size_t max, size_t *from)
{
    size_t len = strlen(text), start = len;
    while (start > 0 && !is_blank(text[start - 1]) && !strchr("()|&", text[start - 1]))
        start--;
    struct candidates c = {words, 0, max, {text + start, len - start}};
    struct word before = word_before(text, start);
    size_t name = strcspn(c.typed.text, ":<>=!");
    if (name < c.typed.len) {
        enum column_kind kind = field_kind((struct word){c.typed.text, name});
        while (!strchr(",:<>=!", text[len - 1]))
            len--;
        c.typed = (struct word){text + len, strlen(text + len)};
        offer_values(&c, kind);
        offer_units(&c, kind);
    } else if (word_is(before, "state") || word_is(before, "exclude") || word_is(before, "excl")) {
        offer_states(&c, true);
    } else {
        offer_terms(&c, ends_term(before));
    }
    *from = (size_t)(c.typed.text - text);
    return c.n;
}
