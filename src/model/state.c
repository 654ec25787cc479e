/* SPDX-License-Identifier: MIT */
/* One table of the TCP states and all their names; everything else here looks into it. */
#include <string.h>

#include "tcptop/model/state.h"

#define SPELLINGS_MAX 3
#define SPELLING_MAX  24 /* longer words are no state */

struct state_row {
    const char *name;       /* Linux netstat */
    const char *short_name; /* chips and narrow tables */
    const char *code;       /* two letters */
    uint8_t attention;
    const char *others[SPELLINGS_MAX]; /* ss, Windows and RFC 9293 where they differ */
};

/* Spellings in upper case with '_'; ss: iproute2 misc/ss.c; RFC 9293 section 3.3.2. */
static const struct state_row states[TCP_STATE_COUNT] = {
    [TCP_STATE_CLOSE_WAIT] = {"CLOSE_WAIT", "CWAIT", "CW", 0, {0}},
    [TCP_STATE_SYN_SENT] = {"SYN_SENT", "SYNS", "SS", 1, {0}},
    [TCP_STATE_SYN_RECV] = {"SYN_RECV", "SYNR", "SR", 2, {"SYN_RECEIVED", "NEW_SYN_RECV"}},
    [TCP_STATE_LAST_ACK] = {"LAST_ACK", "LACK", "LA", 3, {0}},
    [TCP_STATE_CLOSING] = {"CLOSING", "CLOSING", "CG", 4, {0}},
    [TCP_STATE_FIN_WAIT1] = {"FIN_WAIT1", "FIN1", "F1", 5, {"FIN_WAIT_1"}},
    [TCP_STATE_FIN_WAIT2] = {"FIN_WAIT2", "FIN2", "F2", 6, {"FIN_WAIT_2"}},
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

static bool spelt(const struct state_row *row, const char *word)
{
    if (strcmp(word, row->name) == 0 || strcmp(word, row->short_name) == 0 ||
        strcmp(word, row->code) == 0)
        return true;
    for (size_t i = 0; i < SPELLINGS_MAX && row->others[i]; i++) {
        if (strcmp(word, row->others[i]) == 0)
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
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        buffer[i] = c == '-' ? '_' : c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
    }
    buffer[len] = '\0';
    if (strncmp(word, "TCP_", 4) == 0)
        word += 4;
    for (unsigned state = 1; state < TCP_STATE_COUNT; state++) {
        if (states[state].name && spelt(&states[state], word))
            return state;
    }
    return 0;
}
