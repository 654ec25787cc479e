/* SPDX-License-Identifier: MIT */
/* netstat.exe of Windows with any of -a -n -o -b -f -q -t, in any language.
 *
 * A row is "TCP", two ends, a state and with -o a PID. With -b its owner follows on up to two
 * lines: the component, then the program in brackets, or one sentence that it is not known. PID 0
 * is no process: Windows prints it where the socket has none any more. */
#include <string.h>
#include <sys/socket.h>

#include "import_reader.h"
#include "tcptop/model/state.h"

#define OWNER_LINES 2

struct netstat_windows_memory {
    uint8_t more; /* lines behind a row that were taken as its own */
};

/* Does the text have the word, in the bytes that it has? */
static bool has(const struct import_line *line, const char *word)
{
    return memmem(line->text, line->len, word, strlen(word)) != NULL;
}

/* The line above the table names its columns, the first of them in one of these words. */
static const char *const names[] = {"Proto", "프로토콜", "プロトコル", "协议",
                                    "協定",  "Протокол", "Имя",        NULL};

static bool is_columns(const struct import_line *line)
{
    static const char *const address[] = {"Local Address",    "로컬 주소",      "ローカル アドレス",
                                          "ローカルアドレス", "Lokale Adresse", "Adresse locale",
                                          "Dirección local",  "Endereço local", "Endereço Local",
                                          "本地地址",         "本機位址",       "Indirizzo locale",
                                          "Локальный адрес",  "Direcci",        "Endere"};
    bool proto_found = false;

    for (size_t i = 0; names[i]; i++)
        proto_found |= import_text_starts(line->field[0].at, line->field[0].len, names[i]);
    for (size_t i = 0; i < sizeof address / sizeof address[0]; i++)
        if (proto_found && has(line, address[i]) && !has(line, "Recv-Q"))
            return true;
    return false;
}

static bool is_title(const struct import_line *line)
{
    static const char *const titles[] = {
        "Active Connections", "활성 연결",           "アクティブな接続", "Aktive Verbindungen",
        "Connexions actives", "Conexiones activas",  "Conexões ativas",  "Conexões Ativas",
        "Ligações activas",   "Ligações ativas",     "活动连接",         "使用中連線",
        "Connessioni attive", "Активные подключения"};
    struct import_field whole = {line->field[0].at, 0};

    whole.len = (size_t)(line->text + line->len - whole.at);
    for (size_t i = 0; i < sizeof titles / sizeof titles[0]; i++)
        if (import_text_is_caseless(&whole, titles[i]))
            return true;
    return false;
}

static enum import_verdict read_row(struct import_reader *r, const struct import_line *line)
{
    const struct import_field *f = line->field;
    struct conn *c = &r->next->conn;
    struct import_end local, remote;
    uint64_t pid;
    unsigned at = 3, state = 0;

    if (!memchr(f[1].at, ':', f[1].len))
        return IMPORT_NOT_MINE; /* a sentence about TCP */
    if (!import_text_end(&f[1], ':', false, false, &local))
        return IMPORT_BROKEN;
    if (import_cut_is(r, line, 2))
        import_cut_end(&f[2], ':', &remote);
    else if (!import_text_end(&f[2], ':', false, false, &remote))
        return IMPORT_BROKEN;
    if (line->n > 3)
        state = import_cut_is(r, line, 3) ? import_cut_state(&f[3]) : import_text_state(&f[3]);
    if (!state && !(r->full && line->n <= 4))
        return IMPORT_BROKEN;
    import_text_set_ends(r, c, 0, &local, &remote);
    r->next->cut = !state;
    if (state)
        import_text_set_state(c, state);
    if (state == TCP_STATE_LISTEN && !conn_port_unknown(c, true))
        c->dport = 0;
    for (at = 4; at < line->n; at++)
        if (import_text_number(&f[at], UINT32_MAX, &pid))
            break;
    if (at < line->n && pid)
        import_text_process(r->next, (uint32_t)pid, "", 0);
    else if (at < line->n)
        r->next->nobody = true;
    return IMPORT_ROW;
}

/* " [sshd.exe]": the program of the row above. Another line of the owner only belongs to it. */
static enum import_verdict read_owner(struct import_reader *r, const struct import_line *line)
{
    const struct import_field *first = &line->field[0], *last = &line->field[line->n - 1];
    size_t len = (size_t)(last->at + last->len - first->at);

    if (r->last == IMPORT_PROTOCOL)
        return IMPORT_PROTOCOL;
    if (len > 2 && first->at[0] == '[' && first->at[len - 1] == ']') {
        struct import_row *row = r->row;
        if (row->n_processes == 1 && !row->process[0].name[0])
            import_text_copy(row->process[0].name, sizeof row->process[0].name, first->at + 1,
                             len - 2);
        ((struct netstat_windows_memory *)r->memory)->more = OWNER_LINES; /* it is the last one */
    }
    return IMPORT_CONTINUED;
}

/* A program without brackets, or a sentence, is indented; brackets may stand at the margin once
 * somebody has collapsed the blanks. */
static enum import_verdict netstat_windows_more(struct import_reader *r,
                                                const struct import_line *line)
{
    struct netstat_windows_memory *m = r->memory;

    if (m->more >= OWNER_LINES || !(line->indented || line->field[0].at[0] == '['))
        return IMPORT_NOT_MINE;
    m->more++;
    return read_owner(r, line);
}

static enum import_verdict netstat_windows_read(struct import_reader *r,
                                                const struct import_line *line)
{
    const struct import_field *f = line->field;
    struct netstat_windows_memory *m = r->memory;

    if (line->n >= 3 && (import_text_is(&f[0], "TCP") || import_text_is(&f[0], "TCPv6"))) {
        enum import_verdict v = read_row(r, line);
        if (v == IMPORT_ROW)
            m->more = 0;
        return v;
    }
    if (line->n >= 3 && (import_text_is(&f[0], "UDP") || import_text_is(&f[0], "UDPv6"))) {
        m->more = 0;
        return IMPORT_PROTOCOL;
    }
    if (is_title(line))
        return IMPORT_TITLE;
    return is_columns(line) ? IMPORT_HEADING : IMPORT_NOT_MINE;
}

const struct import_format import_netstat_windows = {.tool = "netstat",
                                                     .system = "Windows",
                                                     .names = names,
                                                     .memory =
                                                         sizeof(struct netstat_windows_memory),
                                                     .read = netstat_windows_read,
                                                     .more = netstat_windows_more};
