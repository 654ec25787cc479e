/* SPDX-License-Identifier: MIT */
/* One table of the TCP states and all their names; everything else here looks into it. */
#include <string.h>

#include "tcptop/base/edit_distance.h"
#include "tcptop/model/state.h"

#define SPELLINGS_MAX 4
#define SPELLING_MAX  24 /* longer words are no state */

struct state_row {
    const char *name;       /* Linux netstat */
    const char *short_name; /* chips and narrow tables */
    const char *code;       /* two letters */
    uint8_t attention;
    const char *others[SPELLINGS_MAX]; /* ss, Windows and RFC 9293 where they differ */
};

/* Spellings in upper case; '_' and '-' between their parts count for nothing, so that FIN_WAIT_1
 * and TIMEWAIT need no row. ss: iproute2 misc/ss.c; RFC 9293 section 3.3.2; SYN_RCVD: BSD, macOS
 * and Windows' TCPView. */
static const struct state_row states[TCP_STATE_COUNT] = {
    [TCP_STATE_CLOSE_WAIT] = {"CLOSE_WAIT", "CWAIT", "CW", 0, {0}},
    [TCP_STATE_SYN_SENT] = {"SYN_SENT", "SYNS", "SS", 1, {0}},
    [TCP_STATE_SYN_RECV] =
        {"SYN_RECV", "SYNR", "SR", 2, {"SYN_RECEIVED", "NEW_SYN_RECV", "SYN_RCVD"}},
    [TCP_STATE_LAST_ACK] = {"LAST_ACK", "LACK", "LA", 3, {0}},
    [TCP_STATE_CLOSING] = {"CLOSING", "CLOSING", "CG", 4, {0}},
    [TCP_STATE_FIN_WAIT1] = {"FIN_WAIT1", "FIN1", "F1", 5, {"FW1"}},
    [TCP_STATE_FIN_WAIT2] = {"FIN_WAIT2", "FIN2", "F2", 6, {"FW2"}},
    [TCP_STATE_ESTABLISHED] = {"ESTABLISHED", "ESTAB", "ES", 7, {0}},
    [TCP_STATE_TIME_WAIT] = {"TIME_WAIT", "TWAIT", "TW", 8, {0}},
    [TCP_STATE_LISTEN] = {"LISTEN", "LISTEN", "LI", 9, {"LISTENING"}},
    [TCP_STATE_CLOSE] = {"CLOSE", "CLOSE", "CL", 10, {"CLOSED", "UNCONN"}},
    [TCP_STATE_BOUND_INACTIVE] = {"BOUND_INACTIVE", "BOUND", "BI", 11, {0}},
};

const uint8_t state_list_order[STATE_LIST_COUNT] = {
    TCP_STATE_LISTEN,     TCP_STATE_SYN_SENT,  TCP_STATE_SYN_RECV,  TCP_STATE_ESTABLISHED,
    TCP_STATE_CLOSE_WAIT, TCP_STATE_LAST_ACK,  TCP_STATE_FIN_WAIT1, TCP_STATE_FIN_WAIT2,
    TCP_STATE_CLOSING,    TCP_STATE_TIME_WAIT, TCP_STATE_CLOSE,
};

static const struct state_row *row_of(unsigned state)
{
    static const struct state_row unknown = {"?", "?", "??", TCP_STATE_COUNT, {0}};

    return state < TCP_STATE_COUNT && states[state].name ? &states[state] : &unknown;
}

const char *state_name(unsigned state)
{
    return row_of(state)->name;
}

const char *state_short_name(unsigned state)
{
    return row_of(state)->short_name;
}

const char *state_code(unsigned state)
{
    return row_of(state)->code;
}

unsigned state_attention(unsigned state)
{
    return row_of(state)->attention;
}

/* `text` in upper case, without '_' and '-'. */
static void strip(char out[SPELLING_MAX + 1], const char *text, size_t len)
{
    size_t n = 0;

    for (size_t i = 0; i < len; i++) {
        const char c = text[i];
        if (c != '_' && c != '-')
            out[n++] = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
    }
    out[n] = '\0';
}

static bool is_spelling(const char *name, const char *word)
{
    char stripped[SPELLING_MAX + 1];

    strip(stripped, name, strlen(name));
    return strcmp(word, stripped) == 0;
}

static bool spelt(const struct state_row *row, const char *word)
{
    if (is_spelling(row->name, word) || is_spelling(row->short_name, word) ||
        is_spelling(row->code, word))
        return true;
    for (size_t i = 0; i < SPELLINGS_MAX && row->others[i]; i++) {
        if (is_spelling(row->others[i], word))
            return true;
    }
    return false;
}

unsigned state_parse(const char *text, size_t len)
{
    char buffer[SPELLING_MAX + 1];
    const char *word = buffer;

    if (len > SPELLING_MAX)
        return 0;
    strip(buffer, text, len);
    if (strncmp(word, "TCP", 3) == 0 && len > 3 && (text[3] == '_' || text[3] == '-'))
        word += 3;
    for (unsigned state = 1; state < TCP_STATE_COUNT; state++) {
        if (states[state].name && spelt(&states[state], word))
            return state;
    }
    return 0;
}

unsigned state_nearest(const char *name)
{
    unsigned nearest = 0, least = edit_distance_limit(name) + 1;

    for (unsigned state = 1; state < TCP_STATE_COUNT && strlen(name) > 3; state++) {
        unsigned distance = states[state].name ? edit_distance(name, states[state].name) : least;
        if (distance < least) {
            least = distance;
            nearest = state;
        }
    }
    return nearest;
}
