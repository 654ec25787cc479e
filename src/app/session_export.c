/* `x`: the rows of the table as CSV into a new file, never over an old one. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "session_internal.h"
#include "tcptop/base/err.h"
#include "tcptop/base/fmt.h"
#include "tcptop/output/output.h"

/* The columns of the table as a script wants them: the base ones, then others that were chosen. */
static size_t csv_columns(const struct ui *ui, enum column_id ids[COL_COUNT])
{
    size_t n = 0;
    for (enum column_id id = 0; id < COL_COUNT; id++) {
        bool wanted = (columns[id].flags & COLUMN_BASE) != 0;
        for (unsigned i = 0; i < ui->n_chosen; i++)
            wanted = wanted || ui->chosen[i] == id;
        if (wanted && !(columns[id].flags & COLUMN_DISPLAY))
            ids[n++] = id;
    }
    return n;
}

/* Closed rows only fade on the screen: what is written are connections. */
static int live_rows(const struct session *s, struct rows *live)
{
    *live = (struct rows){.row = calloc(s->rows.n + 1u, sizeof(*live->row))};
    if (!live->row)
        return -ENOMEM;
    for (uint32_t i = 0; i < s->rows.n; i++)
        if (snapshot_row_kind(s->shown, s->rows.row[i]) == ROW_LIVE)
            live->row[live->n++] = s->rows.row[i];
    live->matched_live = live->n;
    return 0;
}

static int write_rows(const struct session *s, int fd, const struct rows *rows)
{
    enum column_id ids[COL_COUNT];
    struct print print = {
        .format = FORMAT_CSV,
        .snapshot = s->shown,
        .rows = rows,
        .columns = ids,
        .n_columns = csv_columns(&s->ui, ids),
        .head = true,
        .sample = s->shown->seq,
    };
    struct sink sink;
    int r = sink_init(&sink, fd);
    if (r < 0)
        return r;
    print_sample(&sink, &print);
    r = sink_flush(&sink);
    sink_fini(&sink);
    return r;
}

void export_write(struct session *s, const char *path)
{
    struct rows live;
    if (!s->shown || live_rows(s, &live) < 0) {
        session_say(s, s->shown ? MSG_SESSION_NO_MEMORY : MSG_SESSION_NO_SAMPLE, NULL);
        return;
    }
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    int r = fd < 0 ? -errno : write_rows(s, fd, &live);
    if (fd >= 0 && close(fd) < 0 && r == 0)
        r = -errno;
    if (fd >= 0 && r < 0)
        unlink(path); /* half a table would pass for a whole one */
    char count[FMT_SIZE];
    if (r < 0)
        session_say(s, MSG_SESSION_EXPORT_FAILED, path, err_name(r), NULL);
    else
        session_say(s, MSG_SESSION_EXPORTED, path, fmt_count(count, sizeof(count), live.n), NULL);
    rows_fini(&live);
}
