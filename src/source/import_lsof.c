/* SPDX-License-Identifier: MIT */
/* lsof -i, with or without -n -P, of Linux and macOS. A row is an open file, so a socket that
 * several processes share has several: they are one connection, with all of them. */
#include <ctype.h>
#include <string.h>
#include <sys/socket.h>

#include "import_reader.h"
#include "tcptop/base/hash.h"
#include "tcptop/model/state.h"

struct lsof_memory {
    bool named;  /* the names of the columns were there */
    bool states; /* a row ended with one, as each does unless it was not asked for */
    bool inodes; /* the column DEVICE has inodes, as on Linux */
};

/* Places before the column NODE, which holds "TCP". */
enum { BACK_SIZE = 1, BACK_DEVICE, BACK_TYPE, BACK_FD, BACK_USER };

static bool is_heading(const struct import_line *line)
{
    const struct import_field *f = line->field;

    return line->n >= 8 && import_text_is(&f[0], "COMMAND") && import_text_is(&f[1], "PID") &&
           import_text_is(&f[line->n - 1], "NAME");
}

static bool is_note(const struct import_line *line)
{
    return import_text_starts(line->text, line->len, "lsof: ") ||
           memmem(line->text, line->len, "Output information may be incomplete", 36);
}

/* The column TYPE of sockets. */
static int family_of(const struct import_field *type)
{
    if (import_text_is(type, "IPv4"))
        return AF_INET;
    return import_text_is(type, "IPv6") ? AF_INET6 : 0;
}

/* The column FD: a number and how it is open, or what else is kept open. */
static bool is_descriptor(const struct import_field *fd)
{
    static const char *const words[] = {"cwd", "rtd", "txt", "mem", "DEL", "NOFD", "err", "ltx"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (import_text_is(fd, words[i]))
            return true;
    return isdigit((unsigned char)*fd->at);
}

/* The column NODE of a row about a socket; 0: it is none. */
static unsigned find_node(const struct import_line *line)
{
    for (unsigned i = BACK_USER + 2; i < line->n; i++)
        if (family_of(&line->field[i - BACK_TYPE]) &&
            (import_text_is(&line->field[i], "TCP") || import_text_is(&line->field[i], "UDP") ||
             import_text_is(&line->field[i], "ICMPV6") || import_text_is(&line->field[i], "ICMP")))
            return i;
    return 0;
}

/* Does the row begin with a command and numbers, as far as its user? Without the names of the
 * columns another text may stand before it: a command with a colon in it is then the name of a file
 * that grep has put there. Between the process and the user are its parent, group and, of threads,
 * a name, in columns that must have been named. */
static bool begins_well(const struct lsof_memory *m, const struct import_line *line, unsigned node)
{
    const struct import_field *f = line->field;
    const char *colon = memchr(f[0].at, ':', f[0].len);
    uint64_t n;

    if (m->named)
        return true;
    for (unsigned i = 2; i + BACK_USER < node; i++)
        if (!import_text_number(&f[i], UINT32_MAX, &n))
            return false;
    return !colon || colon + 1 == f[0].at + f[0].len;
}

/* "\x20" stands for the byte in the names of commands. */
static size_t unescape(char *out, size_t size, const struct import_field *f)
{
    static const char digits[] = "0123456789abcdef";
    size_t n = 0;

    for (size_t i = 0; i < f->len && n < size; i++) {
        const char *high, *low;
        if (i + 3 < f->len && f->at[i] == '\\' && f->at[i + 1] == 'x' &&
            (high = strchr(digits, tolower((unsigned char)f->at[i + 2]))) &&
            (low = strchr(digits, tolower((unsigned char)f->at[i + 3]))) && *high && *low) {
            out[n++] = (char)((high - digits) << 4 | (low - digits));
            i += 3;
        } else {
            out[n++] = f->at[i];
        }
    }
    return n;
}

/* The same where the field may be cut. */
static void read_cut(struct import_reader *r, const struct import_field *f, int family)
{
    struct import_end local, remote;
    const char *arrow = memmem(f->at, f->len, "->", 2);
    struct import_field first = {f->at, arrow ? (size_t)(arrow - f->at) : f->len};
    struct import_field second = {first.at + first.len + 2, arrow ? f->len - first.len - 2 : 0};

    if (!arrow || !import_text_end(&first, ':', false, false, &local))
        import_cut_end(&first, ':', &local);
    import_cut_end(&second, ':', &remote);
    r->next->cut = true;
    import_text_set_ends(r, &r->next->conn, family, &local, &remote);
}

/* LOCAL, or LOCAL->REMOTE. */
static bool read_name(struct import_reader *r, const struct import_field *f, int family)
{
    struct import_end local, remote = {.any = true, .port_known = true};
    const char *arrow = memmem(f->at, f->len, "->", 2);
    struct import_field first = {f->at, arrow ? (size_t)(arrow - f->at) : f->len};
    struct import_field second = {first.at + first.len + 2, arrow ? f->len - first.len - 2 : 0};

    if (!import_text_end(&first, ':', false, false, &local) ||
        (arrow && !import_text_end(&second, ':', false, false, &remote)))
        return false;
    import_text_set_ends(r, &r->next->conn, family, &local, &remote);
    return true;
}

/* On Linux the column DEVICE is the inode, elsewhere an address in the kernel. */
static void read_device(struct import_reader *r, const struct import_field *device)
{
    struct import_row *row = r->next;
    uint64_t inode;

    row->same = hash_bytes(device->at, device->len, 1) | 1;
    if (!import_text_number(device, UINT32_MAX, &inode) || !inode)
        return;
    ((struct lsof_memory *)r->memory)->inodes = true;
    row->conn.inode = (uint32_t)inode;
    row->conn.unknown &= (uint16_t)~CONN_UNKNOWN_INODE;
}

static void read_owner(struct import_row *row, const struct import_field *user,
                       const struct import_field *command, uint64_t pid)
{
    char name[IMPORT_NAME];
    uint64_t uid;

    import_text_process(row, (uint32_t)pid, name, unescape(name, sizeof name, command));
    if (import_text_number(user, UINT32_MAX, &uid)) {
        row->conn.uid = (uint32_t)uid;
        row->conn.unknown &= (uint16_t)~CONN_UNKNOWN_UID;
    } else {
        import_text_copy(row->user, sizeof row->user, user->at, user->len);
    }
}

static enum import_verdict read_row(struct import_reader *r, const struct import_line *line,
                                    unsigned node, uint64_t pid)
{
    const struct import_field *f = line->field, *last = &f[line->n - 1];
    const int family = family_of(&f[node - BACK_TYPE]);
    struct import_row *row = r->next;
    struct lsof_memory *m = r->memory;
    unsigned state = 0;

    if (node + 1 >= line->n)
        return IMPORT_BROKEN;
    if (node + 2 == line->n && (r->full || m->states))
        read_cut(r, &f[node + 1], family);
    else if (!read_name(r, &f[node + 1], family))
        return IMPORT_BROKEN;
    if (last->len > 2 && last->at[0] == '(' && last->at[last->len - 1] == ')')
        state = import_text_state(&(struct import_field){last->at + 1, last->len - 2});
    else if (r->full && last->at[0] == '(')
        state = import_cut_state(&(struct import_field){last->at + 1, last->len - 1});
    m->states |= state != 0;
    row->cut |= !state && r->full;
    if (state)
        import_text_set_state(&row->conn, state);
    read_device(r, &f[node - BACK_DEVICE]);
    read_owner(row, &f[node - BACK_USER], &f[0], pid);
    return IMPORT_ROW;
}

static enum import_verdict lsof_read(struct import_reader *r, const struct import_line *line)
{
    const struct import_field *f = line->field;
    struct lsof_memory *m = r->memory;
    unsigned node;
    uint64_t pid;

    if (is_heading(line)) {
        m->named = true;
        return IMPORT_HEADING;
    }
    if (is_note(line))
        return IMPORT_NOTE;
    if (line->n < 5 || !import_text_number(&f[1], UINT32_MAX, &pid))
        return IMPORT_NOT_MINE;
    node = find_node(line);
    if (!node) /* another open file, where the table is lsof's */
        return r->format == &import_lsof && line->n >= 8 && is_descriptor(&f[3]) ? IMPORT_PROTOCOL
                                                                                 : IMPORT_NOT_MINE;
    if (!begins_well(m, line, node))
        return IMPORT_NOT_MINE;
    return import_text_is(&f[node], "TCP") ? read_row(r, line, node, pid) : IMPORT_PROTOCOL;
}

static const char *lsof_system(const void *memory)
{
    return ((const struct lsof_memory *)memory)->inodes ? "Linux" : "Unix";
}

static const char *const names[] = {"COMMAND", NULL};

const struct import_format import_lsof = {.tool = "lsof",
                                          .system = "Unix",
                                          .names = names,
                                          .memory = sizeof(struct lsof_memory),
                                          .system_of = lsof_system,
                                          .read = lsof_read};
