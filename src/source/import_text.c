/* SPDX-License-Identifier: MIT */
/* Pieces of lines that other programs print: fields, numbers, states, addresses and ports. */
#include <arpa/inet.h>
#include <ctype.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "import_reader.h"
#include "tcptop/model/end_text.h"
#include "tcptop/model/state.h"

#define CUT_MARK "…"

/* Fields ------------------------------------------------------------------------------------- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

void import_text_split(struct import_line *line, const char *text, size_t len)
{
    while (len && is_blank(text[len - 1]))
        len--;
    *line = (struct import_line){.text = text, .len = len, .indented = len && is_blank(text[0])};
    for (size_t at = 0; at < len && line->n < IMPORT_FIELDS;) {
        size_t start = at;
        if (is_blank(text[at])) {
            at++;
            continue;
        }
        while (at < len && !is_blank(text[at]))
            at++;
        line->field[line->n++] = (struct import_field){text + start, at - start};
    }
}

bool import_text_is(const struct import_field *f, const char *word)
{
    return strlen(word) == f->len && memcmp(f->at, word, f->len) == 0;
}

bool import_text_is_caseless(const struct import_field *f, const char *word)
{
    return strlen(word) == f->len && strncasecmp(f->at, word, f->len) == 0;
}

bool import_text_starts(const char *text, size_t len, const char *prefix)
{
    size_t n = strlen(prefix);

    return len >= n && memcmp(text, prefix, n) == 0;
}

bool import_text_number(const struct import_field *f, uint64_t most, uint64_t *n)
{
    *n = 0;
    for (size_t i = 0; i < f->len; i++) {
        if (f->at[i] < '0' || f->at[i] > '9' || *n > (UINT64_MAX - 9) / 10)
            return false;
        *n = *n * 10 + (uint64_t)(f->at[i] - '0');
    }
    return f->len > 0 && *n <= most;
}

bool import_text_hex(const struct import_field *f, size_t least)
{
    for (size_t i = 0; i < f->len; i++)
        if (!isxdigit((unsigned char)f->at[i]))
            return false;
    return f->len >= least;
}

void import_text_copy(char *out, size_t size, const char *text, size_t len)
{
    if (len >= size)
        len = size - 1;
    memcpy(out, text, len);
    out[len] = '\0';
}

/* Lines that are no table --------------------------------------------------------------------- */

static bool is_command_word(const char *text, size_t len)
{
    static const char *const others[] = {"netstat.exe", "cat", "sudo", "busybox", "nstat"};
    const struct import_field f = {text, len};

    for (unsigned i = 0; i < IMPORT_FORMAT_COUNT; i++)
        if (import_text_is_caseless(&f, import_reader_formats[i]->tool))
            return true;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (import_text_is_caseless(&f, others[i]))
            return true;
    return false;
}

/* The length of a prompt at the beginning of a field: up to the last sign that ends one. */
static size_t prompt_len(const struct import_field *f)
{
    size_t len = f->len;

    while (len && !strchr("$#>%", f->at[len - 1]))
        len--;
    return len;
}

/* A command behind a prompt ("C:\\>netstat", "# ss"), or one with options at the beginning. */
static bool is_command(const struct import_line *line)
{
    bool prompted = false;

    for (unsigned i = 0; i < line->n && i < 8; i++) {
        const struct import_field *f = &line->field[i];
        size_t prompt = prompt_len(f);
        if ((prompted || prompt) && is_command_word(f->at + prompt, f->len - prompt))
            return true;
        prompted = prompted || (prompt && prompt == f->len);
    }
    return line->n > 1 && is_command_word(line->field[0].at, line->field[0].len) &&
           line->field[1].at[0] == '-';
}

bool import_text_is_known(const struct import_line *line, enum import_skipped_for *why)
{
    static const char *const omitted[] = {"…",          "...",    "[...]",  "[…]",     "<略>",
                                          "(略)",       "（略）", "<snip>", "[snip]",  "(중략)",
                                          "...중략...", "<생략>", "(생략)", "--snip--"};
    struct import_field whole = {line->text, line->len};

    while (whole.len && is_blank(*whole.at))
        whole.at++, whole.len--;
    for (size_t i = 0; i < sizeof omitted / sizeof omitted[0]; i++) {
        if (import_text_is_caseless(&whole, omitted[i])) {
            *why = IMPORT_SKIPPED_OMITTED;
            return true;
        }
    }
    if (import_text_starts(whole.at, whole.len, "-- More")) {
        *why = IMPORT_SKIPPED_NOTE;
        return true;
    }
    *why = IMPORT_SKIPPED_COMMAND;
    return is_command(line);
}

/* States -------------------------------------------------------------------------------------- */

/* Words of Windows in other languages (netstat.exe.mui), and of old net-tools: letters that are not
 * ASCII are written as '*', which stands for what any wrong encoding makes of them. */
static const struct {
    const char *word;
    uint8_t state;
} foreign[] = {
    {"ABH*REN", TCP_STATE_LISTEN},
    {"HERGESTELLT", TCP_STATE_ESTABLISHED},
    {"WARTEND", TCP_STATE_TIME_WAIT},
    {"SCHLIESSEN_WARTEN", TCP_STATE_CLOSE_WAIT},
    {"SCHLIE*EN_WARTEN", TCP_STATE_CLOSE_WAIT},
    {"SYN_GESENDET", TCP_STATE_SYN_SENT},
    {"SYN_EMPFANGEN", TCP_STATE_SYN_RECV},
    {"FIN_WARTEN_1", TCP_STATE_FIN_WAIT1},
    {"FIN_WARTEN_2", TCP_STATE_FIN_WAIT2},
    {"FIN_WARTEN1", TCP_STATE_FIN_WAIT1},
    {"FIN_WARTEN2", TCP_STATE_FIN_WAIT2},
    {"LETZTE_ACK", TCP_STATE_LAST_ACK},
    {"LETZTES_ACK", TCP_STATE_LAST_ACK},
    {"SCHLIESSEND", TCP_STATE_CLOSING},
    {"SCHLIE*END", TCP_STATE_CLOSING},
    {"GESCHLOSSEN", TCP_STATE_CLOSE},
    {"VERBUNDEN", TCP_STATE_ESTABLISHED},
    {"*COUTE", TCP_STATE_LISTEN},
    {"*TABLIE", TCP_STATE_ESTABLISHED},
    {"*TABLI", TCP_STATE_ESTABLISHED},
    {"LECOUTE", TCP_STATE_LISTEN},
    {"ATTENTE", TCP_STATE_TIME_WAIT},
    {"ESCUCHANDO", TCP_STATE_LISTEN},
    {"ESCUCHAR", TCP_STATE_LISTEN},
    {"ESTABLECIDO", TCP_STATE_ESTABLISHED},
    {"ESTABELECIDA", TCP_STATE_ESTABLISHED},
    {"ESTABELECIDO", TCP_STATE_ESTABLISHED},
    {"ESCUTANDO", TCP_STATE_LISTEN},
    {"ESCUTA", TCP_STATE_LISTEN},
    {"IN_ASCOLTO", TCP_STATE_LISTEN},
};

/* What PowerShell calls them (enum State of MSFT_NetTCPConnection). */
static const struct {
    const char *word;
    uint8_t state;
} joined[] = {
    {"Bound", TCP_STATE_BOUND_INACTIVE},  {"Closed", TCP_STATE_CLOSE},
    {"CloseWait", TCP_STATE_CLOSE_WAIT},  {"DeleteTCB", TCP_STATE_CLOSE},
    {"DELETE_TCB", TCP_STATE_CLOSE},      {"FinWait1", TCP_STATE_FIN_WAIT1},
    {"FinWait2", TCP_STATE_FIN_WAIT2},    {"LastAck", TCP_STATE_LAST_ACK},
    {"SynReceived", TCP_STATE_SYN_RECV},  {"SynSent", TCP_STATE_SYN_SENT},
    {"TimeWait", TCP_STATE_TIME_WAIT},    {"SYN_RCVD", TCP_STATE_SYN_RECV},
    {"SYN_RECIEVED", TCP_STATE_SYN_RECV},
};

/* '*' stands for up to 6 bytes that are neither letters of ASCII nor '_', or a '.', or a vowel that
 * was written in the place of an umlaut. */
static bool is_like(const char *text, size_t len, const char *pattern)
{
    size_t at = 0;

    for (; *pattern && *pattern != '*'; pattern++, at++)
        if (at == len || toupper((unsigned char)text[at]) != *pattern)
            return false;
    if (!*pattern)
        return at == len;
    size_t tail = strlen(pattern + 1);
    if (len < at + tail || len - at - tail > 6 || len == at + tail ||
        strncasecmp(text + len - tail, pattern + 1, tail) != 0)
        return false;
    for (size_t i = at; i < len - tail; i++)
        if (isalpha((unsigned char)text[i]) && !strchr("OESIAoesia", text[i]))
            return false;
    return true;
}

unsigned import_text_state(const struct import_field *f)
{
    /* the short names and codes that a user may type are no words of a program */
    unsigned state = f->len > 5 ? state_parse(f->at, f->len) : 0;

    if (state && state != TCP_STATE_BOUND_INACTIVE)
        return state;
    if (import_text_is(f, "ESTAB"))
        return TCP_STATE_ESTABLISHED;
    if (import_text_is_caseless(f, "CLOSE"))
        return TCP_STATE_CLOSE;
    for (size_t i = 0; i < sizeof joined / sizeof joined[0]; i++)
        if (import_text_is_caseless(f, joined[i].word))
            return joined[i].state;
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++)
        if (is_like(f->at, f->len, foreign[i].word))
            return foreign[i].state;
    return 0;
}

void import_text_set_state(struct conn *c, unsigned state)
{
    if (state == TCP_STATE_BOUND_INACTIVE) {
        state = TCP_STATE_CLOSE;
        c->flags |= CONN_BOUND;
    }
    c->state = (uint8_t)state;
    c->unknown &= (uint16_t)~CONN_UNKNOWN_STATE;
}

void import_text_queues(struct conn *c, uint64_t receive, uint64_t send)
{
    c->rqueue = receive < UINT32_MAX ? (uint32_t)receive : UINT32_MAX;
    c->wqueue = send < UINT32_MAX ? (uint32_t)send : UINT32_MAX;
    c->unknown &= (uint16_t) ~(CONN_UNKNOWN_RECV_Q | CONN_UNKNOWN_SEND_Q);
}

/* Addresses ----------------------------------------------------------------------------------- */

/* Only letters of any language, digits and the signs of `set`? */
static bool in_set(const char *text, size_t len, const char *set)
{
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] < 0x80 && !isalnum((unsigned char)text[i]) &&
            !strchr(set, text[i]))
            return false;
    return len > 0;
}

/* Could it be what is left of an IPv6 address: at least one colon, and numbers of four digits at
 * most? Dots are only in one that has two colons side by side. */
static bool is_cut_ipv6(const char *text, size_t len)
{
    size_t digits = 0;

    for (size_t i = 0; i < len; i++) {
        digits = isxdigit((unsigned char)text[i]) ? digits + 1 : 0;
        if ((!digits && text[i] != ':' && text[i] != '.') || digits > 4)
            return false;
    }
    return memchr(text, ':', len) && (!memchr(text, '.', len) || memmem(text, len, "::", 2));
}

/* Number of `text`, with a mark when it is cut. */
static uint32_t text_number(const char *text, size_t len, bool cut)
{
    char marked[END_TEXT_SIZE];

    if (!cut)
        return end_text_add(text, len);
    if (len > sizeof marked - sizeof CUT_MARK)
        len = sizeof marked - sizeof CUT_MARK;
    snprintf(marked, sizeof marked, "%.*s" CUT_MARK, (int)len, text);
    return end_text_add(marked, strlen(marked));
}

uint32_t import_text_marked(const char *text, size_t len)
{
    return text_number(text, len, true);
}

static void set_scope(struct import_end *end, const char *text, size_t len)
{
    struct import_field f = {text, len};
    uint64_t n;

    if (import_text_number(&f, INT32_MAX, &n)) {
        end->scope = (uint32_t)n;
        return;
    }
    end->scope = end_text_add(text, len);
    end->scope_named = end->scope != 0;
}

bool import_text_address(const char *text, size_t len, bool cut, struct import_end *end)
{
    char copy[CONN_ADDRESS_SIZE];
    const char *scope = memchr(text, '%', len);
    size_t bare = scope ? (size_t)(scope - text) : len;

    if (len == 1 && *text == '*') {
        end->any = true;
        return true;
    }
    bool bracket = bare > 1 && text[0] == '[';
    if (bracket && scope && text[len - 1] == ']')
        text++, bare--, len -= 2; /* [fe80::1%12] */
    else if (bracket && text[bare - 1] == ']')
        text++, bare -= 2, len -= 1; /* [fe80::1]%eth0 */
    else if (bracket)
        return false;
    if (bare == 0 || bare >= sizeof copy)
        return false;
    import_text_copy(copy, sizeof copy, text, bare);
    if (scope && (size_t)(text + len - scope) > 1)
        set_scope(end, scope + 1, (size_t)(text + len - scope) - 1);
    if (!cut && inet_pton(AF_INET, copy, end->address) == 1) {
        end->family = AF_INET;
        return true;
    }
    if (!cut && inet_pton(AF_INET6, copy, end->address) == 1) {
        end->family = AF_INET6;
        return true;
    }
    cut = cut || is_cut_ipv6(text, bare) || text[bare - 1] == '.';
    if (!in_set(text, bare, memchr(text, ':', bare) && is_cut_ipv6(text, bare) ? ".:" : ".-_"))
        return false;
    end->address_text = text_number(text, bare, cut);
    end->cut |= cut;
    return true;
}

/* The port of a service by this host's /etc/services, which has the names that IANA gave. That file
 * is read for each question, so answers are kept. */
static bool service_port(const char *name, size_t len, uint16_t *port)
{
    static _Thread_local struct {
        char name[40];
        uint16_t port; /* 0: there is none */
    } cache[256], *kept;
    char buffer[1024];
    struct servent entry, *found = NULL;
    unsigned hash = 0;

    if (len >= sizeof kept->name)
        return false;
    for (size_t i = 0; i < len; i++)
        hash = hash * 31 + (unsigned char)name[i];
    kept = &cache[hash % (sizeof cache / sizeof cache[0])];
    if (strlen(kept->name) != len || memcmp(kept->name, name, len) != 0) {
        import_text_copy(kept->name, sizeof kept->name, name, len);
        (void)getservbyname_r(kept->name, "tcp", &entry, buffer, sizeof buffer, &found);
        kept->port = found ? ntohs((uint16_t)found->s_port) : 0;
    }
    *port = kept->port;
    return kept->port != 0;
}

/* Could there be one more digit? */
static bool port_may_go_on(uint64_t port)
{
    return port * 10 <= UINT16_MAX;
}

static bool has_letter(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (isalpha((unsigned char)text[i]))
            return true;
    return false;
}

static bool read_port(const char *text, size_t len, bool cut, struct import_end *end)
{
    struct import_field f = {text, len};
    uint64_t n;

    end->port_known = true;
    if (len == 1 && *text == '*')
        return true;
    if (import_text_number(&f, UINT16_MAX, &n)) {
        if (cut && n && port_may_go_on(n)) {
            end->port_known = false;
            end->cut = true;
            end->port_text = text_number(text, len, true);
        } else {
            end->port = (uint16_t)n;
        }
        return true;
    }
    if (len == 0 && cut) {
        end->port_known = false;
        end->cut = true;
        end->port_text = text_number("", 0, true);
        return true;
    }
    if (!has_letter(text, len) || !in_set(text, len, "-_+./"))
        return false;
    if (!cut && service_port(text, len, &end->port))
        return true;
    end->port_known = false;
    end->cut |= cut;
    end->port_text = text_number(text, len, cut);
    return true;
}

bool import_text_end(const struct import_field *f, char separator, bool address_cut, bool port_cut,
                     struct import_end *end)
{
    const char *at = f->len ? memrchr(f->at, separator, f->len) : NULL;

    *end = (struct import_end){.family = 0};
    if (!at || at == f->at)
        return false;
    size_t before = (size_t)(at - f->at);
    return read_port(at + 1, f->len - before - 1, port_cut, end) &&
           import_text_address(f->at, before, address_cut, end);
}

static void set_mapped(uint8_t to[16], const uint8_t address[16])
{
    memset(to, 0, 16);
    to[10] = to[11] = 0xff;
    memcpy(to + 12, address, 4);
}

static void set_end(struct conn *c, bool remote, const struct import_end *end)
{
    uint8_t *address = remote ? c->dst : c->src;

    if (end->missing) {
        c->unknown |= remote ? CONN_UNKNOWN_REMOTE_ADDR : CONN_UNKNOWN_LOCAL_ADDR;
    } else if (end->address_text) {
        end_text_put(address, end->address_text);
        c->unknown |= remote ? CONN_UNKNOWN_REMOTE_ADDR : CONN_UNKNOWN_LOCAL_ADDR;
    } else if (c->family == AF_INET6 && end->family == AF_INET) {
        static const uint8_t any[4];
        if (memcmp(end->address, any, sizeof any) != 0)
            set_mapped(address, end->address);
    } else {
        memcpy(address, end->address, 16);
    }
    if (remote)
        c->dport = end->port;
    else
        c->sport = end->port;
    if (end->port_known)
        return;
    c->unknown |= remote ? CONN_UNKNOWN_REMOTE_PORT : CONN_UNKNOWN_LOCAL_PORT;
    c->port_text[remote] = end->port_text;
}

void import_text_set_ends(struct import_reader *r, struct conn *c, int family,
                          const struct import_end *local, const struct import_end *remote)
{
    bool six = local->family == AF_INET6 || remote->family == AF_INET6;

    c->family = (uint8_t)(six ? AF_INET6 : family ? family : AF_INET);
    set_end(c, false, local);
    set_end(c, true, remote);
    const struct import_end *scoped = local->scope ? local : remote;
    c->ifindex = scoped->scope | (scoped->scope_named ? CONN_DEVICE_NAMED : 0);
    (void)r;
}

void import_text_cut(struct conn *c, bool remote)
{
    char text[CONN_ADDRESS_SIZE];

    conn_address(c, remote, text);
    if (strlen(text) >= sizeof CUT_MARK &&
        strcmp(text + strlen(text) - strlen(CUT_MARK), CUT_MARK) == 0)
        return;
    end_text_put(remote ? c->dst : c->src, text_number(text, strlen(text), true));
    c->unknown |= remote ? CONN_UNKNOWN_REMOTE_ADDR : CONN_UNKNOWN_LOCAL_ADDR;
}

/* Times, processes ---------------------------------------------------------------------------- */

/* iproute2 misc/ss.c print_ms_timer(): "12min", "1min59sec", "59sec", "204ms"; "3.204ms" is three
 * seconds and 204 ms; nothing at all is 0. */
bool import_text_ss_time(const struct import_field *f, uint32_t *ms)
{
    uint64_t total = 0, seconds = 0;
    bool dotted = false;

    for (size_t at = 0; at < f->len;) {
        size_t start = at;
        while (at < f->len && isdigit((unsigned char)f->at[at]))
            at++;
        struct import_field digits = {f->at + start, at - start};
        uint64_t n;
        if (!import_text_number(&digits, 1000000000, &n))
            return false;
        const char *unit = f->at + at;
        size_t left = f->len - at;
        if (import_text_starts(unit, left, "min"))
            total += n * 60000, at += 3;
        else if (import_text_starts(unit, left, "sec"))
            total += n * 1000, at += 3;
        else if (import_text_starts(unit, left, "ms"))
            total += seconds * 1000 + n, at += 2;
        else if (left && *unit == '.' && !dotted)
            seconds = n, dotted = true, at++;
        else
            return false;
    }
    *ms = total < UINT32_MAX ? (uint32_t)total : UINT32_MAX;
    return true;
}

void import_text_process(struct import_row *row, uint32_t pid, const char *name, size_t len)
{
    if (row->n_processes == IMPORT_PROCESSES)
        return;
    struct import_process *p = &row->process[row->n_processes++];
    p->pid = pid;
    import_text_copy(p->name, sizeof p->name, name, len);
}
