/* A group as a term of the filter language: what opens it. */
#include <string.h>

#include "groups_internal.h"
#include "tcptop/base/str.h"

/* Text that the parser takes for one word. */
static bool is_plain(const char *text)
{
    return text[0] && text[strcspn(text, " \t\r\n()|&\"',<>=!")] == '\0' &&
           strcmp(text, "-") != 0 && strcmp(text, "–") != 0;
}

static bool add_equal_text(struct str *out, const char *id, const char *text)
{
    const char *quote = is_plain(text) ? "" : strchr(text, '"') ? "'" : "\"";
    if (*quote && strchr(text, *quote))
        return false;
    str_addf(out, "%s=%s%s%s", id, quote, text, quote);
    return true;
}

bool groups_term(enum column_id by, const struct value *v, struct str *out)
{
    const char *id = columns[by].id;
    switch (v->type) {
    case VALUE_NONE:
        str_addf(out, "%s:-", id);
        return true;
    case VALUE_NUMBER:
        str_addf(out, "%s:%llu", id, (unsigned long long)v->number);
        return true;
    case VALUE_TEXT:
        break;
    }
    if (columns[by].kind == KIND_TEXT)
        return add_equal_text(out, id, v->text);
    str_addf(out, "%s:%s", id, v->text);
    return true;
}
