/* SPDX-License-Identifier: MIT */
/* Rows that end in the midst of a field, since they were copied from a terminal that cuts lines at
 * its edge. What another field follows is whole; of the last one only what could not go on
 * otherwise is believed. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "import_reader.h"
#include "tcptop/model/state.h"

bool import_cut_is(const struct import_reader *r, const struct import_line *line, unsigned field)
{
    return r->full && !r->blank_end && field + 1 == line->n;
}

void import_cut_missing(struct import_end *end)
{
    *end = (struct import_end){.missing = true};
}

static unsigned count(const char *text, size_t len, char sign)
{
    unsigned n = 0;

    for (size_t i = 0; i < len; i++)
        n += text[i] == sign;
    return n;
}

static bool is_numeric(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!isdigit((unsigned char)text[i]) && text[i] != '.')
            return false;
    return len > 0;
}

/* Is the last separator certainly the one before the port? An address and a name may have several
 * dots, and IPv6 colons. */
static bool has_port(const char *text, size_t len, char separator)
{
    const char *colon = memrchr(text, ':', len), *end = text + len;

    if (separator == ':')
        return text[0] == '[' ? memmem(text, len, "]:", 2) != NULL : count(text, len, ':') == 1;
    if (len > 1 && text[0] == '*')
        return text[1] == '.';
    if (!colon)
        return is_numeric(text, len) && count(text, len, '.') == 4;
    return count(colon, (size_t)(end - colon), '.') == 1 && strncasecmp(text, "::ffff:", 7) != 0;
}

void import_cut_end(const struct import_field *f, char separator, struct import_end *end)
{
    if (f->len && has_port(f->at, f->len, separator) &&
        import_text_end(f, separator, false, true, end))
        return;
    import_cut_missing(end);
    if (f->len && (f->len > 1 || f->at[0] != '*')) {
        end->missing = false;
        end->cut = true;
        end->address_text = import_text_marked(f->at, f->len);
    }
}

unsigned import_cut_state(const struct import_field *f)
{
    static const struct {
        const char *word;
        unsigned state;
    } words[] = {{"LISTENING", TCP_STATE_LISTEN},      {"ESTABLISHED", TCP_STATE_ESTABLISHED},
                 {"SYN_SENT", TCP_STATE_SYN_SENT},     {"SYN_RECEIVED", TCP_STATE_SYN_RECV},
                 {"SYN_RCVD", TCP_STATE_SYN_RECV},     {"FIN_WAIT_1", TCP_STATE_FIN_WAIT1},
                 {"FIN_WAIT_2", TCP_STATE_FIN_WAIT2},  {"FIN_WAIT1", TCP_STATE_FIN_WAIT1},
                 {"FIN_WAIT2", TCP_STATE_FIN_WAIT2},   {"TIME_WAIT", TCP_STATE_TIME_WAIT},
                 {"CLOSE_WAIT", TCP_STATE_CLOSE_WAIT}, {"CLOSED", TCP_STATE_CLOSE},
                 {"CLOSING", TCP_STATE_CLOSING},       {"LAST_ACK", TCP_STATE_LAST_ACK},
                 {"BOUND", TCP_STATE_BOUND_INACTIVE},  {"IDLE", TCP_STATE_CLOSE}};
    unsigned state = 0;

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (f->len > strlen(words[i].word) || strncasecmp(f->at, words[i].word, f->len) != 0)
            continue;
        if (state && state != words[i].state)
            return 0;
        state = words[i].state;
    }
    return f->len ? state : 0;
}
