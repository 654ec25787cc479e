/* SPDX-License-Identifier: MIT */
/* A filter text with one choice (states, a port) in place of the last one of its kind. */
#include <stdlib.h>
#include <string.h>

#include "filter_choice.h"

#define NOT "not "

/* The end of the word at `text`: at a blank outside quotes and parentheses. States that are left
 * out are one word: "not state:LISTEN". */
static const char *word_end(const char *text)
{
    int depth = 0;
    bool quoted = false;
    if (strncasecmp(text, NOT "state:", strlen(NOT "state:")) == 0)
        text += strlen(NOT);
    for (; *text && (quoted || depth > 0 || *text != ' '); text++) {
        if (*text == '"')
            quoted = !quoted;
        else if (!quoted)
            depth += (*text == '(') - (*text == ')');
    }
    return text;
}

/* Words that bind what stands beside them: an expression with one at its top level is kept whole.
 */
static bool binds(const char *word, size_t len)
{
    static const char *const operators[] = {"or",  "and", "not", "state", "exclude",
                                            "src", "dst", "dev", "sport", "dport"};
    for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++)
        if (strlen(operators[i]) == len && strncasecmp(word, operators[i], len) == 0)
            return true;
    if (word[0] == '(' || word[0] == '"')
        return word[len - 1] != (word[0] == '(' ? ')' : '"');
    return memchr(word, '|', len) || memchr(word, '&', len) || strchr("=<>", word[0]) ||
           strchr("=<>!:,(", word[len - 1]);
}

static bool is_composite(const char *filter)
{
    for (const char *at = filter; *(at += strspn(at, " "));) {
        const char *end = word_end(at);
        if (binds(at, (size_t)(end - at)))
            return true;
        at = end;
    }
    return false;
}

static bool is_choice(enum choice_kind kind, const char *word, size_t len)
{
    if (kind == CHOICE_MORE)
        return false;
    if (kind == CHOICE_STATE) {
        size_t not = word[0] == '!'                             ? 1
                     : strncasecmp(word, NOT, strlen(NOT)) == 0 ? strlen(NOT)
                                                                : 0;
        return strncasecmp(word + not, "state:", 6) == 0;
    }
    size_t prefix = strncasecmp(word, "port:", 5) == 0 ? 5 : 0;
    return len > prefix && strspn(word + prefix, "0123456789") == len - prefix;
}

uint16_t filter_choice_port(const char *filter)
{
    unsigned long port = 0;

    if (is_composite(filter))
        return 0;
    for (const char *at = filter; *(at += strspn(at, " "));) {
        const char *end = word_end(at);
        size_t local = strncasecmp(at, "lport:", 6) == 0; /* its holder is the same */
        if (is_choice(CHOICE_PORT, at + local, (size_t)(end - at) - local)) {
            if (port)
                return 0;
            at += local;
            port = strtoul(at + (strncasecmp(at, "port:", 5) == 0 ? 5 : 0), NULL, 10);
        }
        at = end;
    }
    return port <= UINT16_MAX ? (uint16_t)port : 0;
}

static bool append(char out[UI_FILTER_MAX], const char *word, size_t len)
{
    size_t used = strlen(out);
    size_t blank = used > 0 && len > 0;
    if (used + blank + len >= UI_FILTER_MAX)
        return false;
    if (blank)
        out[used++] = ' ';
    memcpy(out + used, word, len);
    out[used + len] = '\0';
    return true;
}

bool filter_choice_replace(char out[UI_FILTER_MAX], const char *filter, enum choice_kind kind,
                           const char *term)
{
    out[0] = '\0';
    if (is_composite(filter)) {
        if (!term[0])
            return append(out, filter, strlen(filter));
        size_t len = strlen(filter);
        if (len + 2 >= UI_FILTER_MAX)
            return false;
        out[0] = '(';
        memcpy(out + 1, filter, len);
        memcpy(out + 1 + len, ")", 2);
        return append(out, term, strlen(term));
    }
    for (const char *at = filter; *(at += strspn(at, " "));) {
        const char *end = word_end(at);
        size_t len = (size_t)(end - at);
        if (!is_choice(kind, at, len) && !append(out, at, len))
            return false;
        at = end;
    }
    return append(out, term, strlen(term));
}
