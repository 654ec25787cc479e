/* SPDX-License-Identifier: MIT */
/* The one place that knows curses.
 *
 * Curses writes into a memory file, never to the terminal: its own write loop would hang on a
 * stopped terminal and spin on a non-blocking one. Keys do not pass through it either, since its
 * get_wch() cannot tell a dead terminal from a silent one. */
#define NCURSES_WIDECHAR 1
#include "curses_screen.h"

#include <curses.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wchar.h>

#include "tcptop/base/rehearsal.h"
#include "tcptop/base/utf8.h"

#include <term.h> /* last, for it makes macros of words like columns and lines */

#define DRAWN_BYTES     32                    /* of a frame at most: colours and one character */
#define DESCRIPTION_MAX 32768                 /* bytes of a terminal's description */
#define PAIR_OF(role)   ((short)((role) + 1)) /* pair 0 is the terminal's own */

struct curses_screen {
    SCREEN *screen;
    FILE *file; /* over memory */
    char *bytes;
    size_t cap;
    enum theme_depth depth;
    bool own_colors; /* the terminal can be asked for its default colours */
    attr_t attributes[ROLE_COUNT];
    bool paired[ROLE_COUNT];
    struct canvas shown; /* what curses was given last; all blank at first */
    bool stale;          /* what the terminal shows is not known */
};

const char *curses_screen_string(const char *capability)
{
    const char *s = tigetstr(capability);
    return s && s != (const char *)-1 ? s : "";
}

/* Terminals that are xterm in all that matters here, but often lack a description of their own. */
static const char *stand_in(const char *term)
{
    static const char *const kin[] = {"xterm", "foot", "alacritty", "wezterm", "ghostty"};
    for (size_t i = 0; i < sizeof kin / sizeof kin[0]; i++)
        if (strncmp(term, kin[i], strlen(kin[i])) == 0)
            return "xterm-256color";
    return NULL;
}

/* Of the directories that curses looks into it leaves the error of the last one. */
static bool no_descriptor(void)
{
    const int fd = open("/", O_PATH | O_CLOEXEC);
    if (fd >= 0)
        close(fd);
    return fd < 0 && (errno == EMFILE || errno == ENFILE);
}

/* Curses does not say so either. */
static bool no_memory(void)
{
    void *probe = malloc(DESCRIPTION_MAX);
    free(probe);
    return !probe;
}

/* Is the type described, and can it move its cursor? Asked first, since newterm() loses memory when
 * it refuses. Returns 0, -ENOENT when it is not, or why its description could not be read. */
static int check_type(const char *term, int fd)
{
    int status;
    if (!term || !*term)
        return -ENOENT;
    errno = 0;
    if (setupterm(term, fd, &status) == ERR) {
        if (errno == ENOMEM || no_memory())
            return -ENOMEM;
        if (no_descriptor())
            return -EMFILE;
        if (setupterm(term, fd, &status) == ERR) /* it was not memory either, for a moment */
            return -ENOENT;
    }
    const bool moves = *curses_screen_string("cup") != '\0';
    del_curterm(cur_term);
    return moves ? 0 : -ENOENT;
}

/* Curses asks the environment for the size, because the memory file has none to give. Returns 0 or
 * -errno: what it lacks once the type is known good is memory. */
static int new_screen(SCREEN **out, FILE *file, int w, int h)
{
    const char *term = getenv("TERM");
    int rc = check_type(term, fileno(file));
    if (rc == -ENOENT && term && stand_in(term)) {
        term = stand_in(term);
        rc = check_type(term, fileno(file));
    }
    if (rc)
        return rc;
    char width[12], height[12];
    snprintf(width, sizeof width, "%d", w);
    snprintf(height, sizeof height, "%d", h);
    setenv("COLUMNS", width, 1);
    setenv("LINES", height, 1);
    *out = newterm(term, file, file);
    unsetenv("COLUMNS");
    unsetenv("LINES");
    return *out ? 0 : -ENOMEM;
}

/* Empty the memory file: what curses has written into it is not for the terminal, or is there. */
static void drop_bytes(struct curses_screen *p)
{
    if (ftruncate(fileno(p->file), 0) == 0)
        lseek(fileno(p->file), 0, SEEK_SET);
}

/* Curses looks for the memory of its strings, and for that of comparing two frames, when it first
 * needs it, and crashes where there is none. So it draws for nobody: in the rehearsal first, where
 * a crash harms nothing, and then at once, before other threads take memory. */
static void draw_for_nobody(struct curses_screen *p)
{
    static const attr_t attributes[] = {A_NORMAL, A_BOLD, A_DIM, A_REVERSE};

    if (p->depth != DEPTH_MONO)
        init_pair(PAIR_OF(0), COLOR_WHITE, COLOR_BLACK);
    for (int frame = 0; frame < 2; frame++) {
        for (int y = 0; y < LINES && y < 8; y++) { /* a corner has all that a frame has */
            wattr_set(stdscr, attributes[y % 4], p->depth != DEPTH_MONO && y % 2 ? PAIR_OF(0) : 0,
                      NULL);
            wmove(stdscr, y, 0);
            for (int x = 0; x < COLS && x < 16;
                 x++) /* in the second frame a line further up, with gaps */
                waddch(stdscr, (chtype)((x + y) % 7 ? 'a' + (y + frame) % 26 : ' '));
        }
        curs_set(frame);
        refresh();
    }
    wattr_set(stdscr, A_NORMAL, 0, NULL);
    werase(stdscr);
    refresh();
    endwin(); /* the first frame that is for somebody begins anew */
    curs_set(0);
    clearok(curscr, TRUE);
    fflush(p->file);
    drop_bytes(p);
}

static void set_up(struct curses_screen *p, bool color)
{
    typeahead(-1);
    nonl();
    noecho();
    leaveok(stdscr, TRUE);
    curs_set(0);
    if (color && has_colors() && start_color() != ERR) {
        p->own_colors = use_default_colors() == OK;
        if (COLORS >= 8 && COLOR_PAIRS > ROLE_COUNT)
            p->depth = COLORS >= 256 ? DEPTH_256 : DEPTH_16;
    }
    draw_for_nobody(p);
}

struct rehearsal {
    FILE *file;
    int w, h;
    bool color;
};

static void set_up_silently(void *arg)
{
    const struct rehearsal *r = arg;
    struct curses_screen scratch = {.file = r->file};
    dup2(open("/dev/null", O_WRONLY), STDERR_FILENO); /* curses has a line of its own to say */
    if (new_screen(&scratch.screen, r->file, r->w, r->h) == 0)
        set_up(&scratch, r->color);
}

/* May the memory file hold a frame of that size? RLIMIT_FSIZE counts for it, too, and curses would
 * lose what does not fit without a word. Returns 0 or -errno. */
static int check_room(int fd, int w, int h)
{
    struct stat now;
    if (fstat(fd, &now) || ftruncate(fd, now.st_size + (off_t)w * h * DRAWN_BYTES))
        return -errno;
    return ftruncate(fd, now.st_size) ? -errno : 0;
}

int curses_screen_open(struct curses_screen **out, int w, int h, bool color)
{
    struct curses_screen *p = calloc(1, sizeof *p);
    if (!p)
        return -ENOMEM;
    const int fd = memfd_create("tcptop-screen", MFD_CLOEXEC);
    p->file = fd < 0 ? NULL : fdopen(fd, "w+");
    int rc = 0;
    if (!p->file) {
        rc = -errno;
        if (fd >= 0)
            close(fd);
    } else {
        rc = check_room(fd, w, h);
        rc = rc ? rc : canvas_init(&p->shown, w, h);
        rc = rc ? rc : rehearsal_run(set_up_silently, &(struct rehearsal){p->file, w, h, color});
        rc = rc ? rc : new_screen(&p->screen, p->file, w, h); /* what has been tried, at once */
    }
    if (rc) {
        curses_screen_close(p);
        return rc;
    }
    set_up(p, color);
    *out = p;
    return 0;
}

void curses_screen_close(struct curses_screen *p)
{
    if (!p)
        return;
    if (p->screen)
        delscreen(p->screen);
    if (p->file)
        fclose(p->file);
    canvas_fini(&p->shown);
    free(p->bytes);
    free(p);
}

enum theme_depth curses_screen_depth(const struct curses_screen *p)
{
    return p->depth;
}

bool curses_screen_has_mouse(const struct curses_screen *p)
{
    (void)p;
    return *curses_screen_string("kmous") != '\0';
}

static short color_index(const struct curses_screen *p, int color, short fallback)
{
    return color < 0 ? (p->own_colors ? -1 : fallback) : (short)color;
}

void curses_screen_use_theme(struct curses_screen *p, const struct theme *theme)
{
    for (int role = 0; role < ROLE_COUNT; role++) {
        const struct style *style = &theme->style[role];
        p->attributes[role] = (style->attributes & STYLE_BOLD ? A_BOLD : A_NORMAL) |
                              (style->attributes & STYLE_DIM ? A_DIM : A_NORMAL) |
                              (style->attributes & STYLE_REVERSE ? A_REVERSE : A_NORMAL);
        p->paired[role] = p->depth != DEPTH_MONO && (style->fg >= 0 || style->bg >= 0);
        if (p->paired[role])
            init_pair(PAIR_OF(role), color_index(p, style->fg, COLOR_WHITE),
                      color_index(p, style->bg, COLOR_BLACK));
    }
    p->stale = true;
}

int curses_screen_resize(struct curses_screen *p, int w, int h)
{
    const int rc = check_room(fileno(p->file), w, h);
    if (rc)
        return rc;
    resizeterm(h, w);
    curses_screen_redraw(p);
    return 0;
}

/* The cell's characters for curses. What curses would give another width than the canvas did
 * becomes "?", or the rest of the row would be in the wrong place. */
static int cell_characters(const struct cell *cell, wchar_t out[CCHARW_MAX + 1])
{
    const size_t len = strlen(cell->text);
    int n = 0;
    for (size_t at = 0; at < len && n < CCHARW_MAX;) {
        uint32_t cp;
        at += utf8_decode(cell->text + at, len - at, &cp);
        out[n++] = (wchar_t)cp;
    }
    int width = n ? wcwidth(out[0]) : -1;
    for (int i = 1; i < n; i++)
        if (wcwidth(out[i]) != 0)
            width = -1;
    if (width != cell->width) {
        out[0] = L'?';
        n = 1;
        width = 1;
    }
    out[n] = L'\0';
    return width;
}

static void draw_cell(const struct curses_screen *p, const struct cell *cell, int x, int y)
{
    wchar_t characters[CCHARW_MAX + 1];
    cchar_t complex;
    attr_t attributes = p->attributes[cell->role];
    const short pair = p->paired[cell->role] ? PAIR_OF(cell->role) : 0;
    /* Many terminals draw the first eight colours brighter where they are bold: magenta, for one,
     * cannot be read on white then. */
    if (cell->bold && (!pair || p->depth == DEPTH_256))
        attributes = (attributes | A_BOLD) & ~A_DIM;
    const int width = cell_characters(cell, characters);
    setcchar(&complex, characters, attributes, pair, NULL);
    mvadd_wch(y, x, &complex); /* ERR in the last cell of the screen, which it draws all the same */
    if (width < cell->width) {
        setcchar(&complex, L" ", attributes, pair, NULL);
        mvadd_wch(y, x + 1, &complex);
    }
}

/* A whole row at a time: to overwrite half of a wide character would shift what follows it. */
static void draw_row(const struct curses_screen *p, const struct canvas *c, int y)
{
    wmove(stdscr, y, 0);
    wclrtoeol(stdscr);
    for (int x = 0; x < c->w; x++) {
        const struct cell *cell = canvas_at(c, x, y);
        if (cell->width)
            draw_cell(p, cell, x, y);
    }
}

static bool row_same(const struct canvas *a, const struct canvas *b, int y)
{
    return memcmp(canvas_at(a, 0, y), canvas_at(b, 0, y), (size_t)a->w * sizeof(struct cell)) == 0;
}

static void place_cursor(const struct canvas *c)
{
    const bool visible = c->cursor_x >= 0 && c->cursor_y >= 0;
    leaveok(stdscr, !visible);
    curs_set(visible);
    if (visible)
        wmove(stdscr, c->cursor_y, c->cursor_x);
}

bool curses_screen_draw(struct curses_screen *p, const struct canvas *c)
{
    if (p->shown.w != c->w || p->shown.h != c->h) {
        if (canvas_resize(&p->shown, c->w, c->h))
            return false;
        p->stale = true;
    }
    if (!p->stale && canvas_same(&p->shown, c))
        return false;
    for (int y = 0; y < c->h; y++)
        if (p->stale || !row_same(&p->shown, c, y))
            draw_row(p, c, y);
    place_cursor(c);
    memcpy(p->shown.cells, c->cells, (size_t)c->w * (size_t)c->h * sizeof(struct cell));
    p->shown.cursor_x = c->cursor_x;
    p->shown.cursor_y = c->cursor_y;
    p->stale = false;
    refresh();
    return true;
}

void curses_screen_redraw(struct curses_screen *p)
{
    clearok(curscr, TRUE);
    p->stale = true;
}

void curses_screen_leave(struct curses_screen *p)
{
    (void)p;
    endwin();
}

void curses_screen_enter(struct curses_screen *p)
{
    curses_screen_redraw(p);
    refresh();
}

const void *curses_screen_bytes(struct curses_screen *p, size_t *len)
{
    fflush(p->file);
    const int fd = fileno(p->file);
    const off_t end = lseek(fd, 0, SEEK_CUR);
    *len = 0;
    if (end <= 0)
        return "";
    if ((size_t)end > p->cap) {
        char *more = realloc(p->bytes, (size_t)end);
        if (!more)
            return ""; /* kept for the next time */
        p->bytes = more;
        p->cap = (size_t)end;
    }
    const ssize_t n = pread(fd, p->bytes, (size_t)end, 0);
    *len = n > 0 ? (size_t)n : 0;
    drop_bytes(p);
    return p->bytes;
}
