/* SPDX-License-Identifier: MIT */
/* The terminal: opens its input and output, draws through curses_screen, decodes keys, and restores
 * the modes that it found when it is closed or the program is suspended. */
#include "tcptop/term/tty.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <wchar.h>

#include "curses_screen.h"
#include "key_decoder.h"
#include "tcptop/base/clock.h"
#include "tcptop/base/str.h"
#include "tcptop/base/utf8.h"
#include "tcptop/text/text.h"
#include "tty_io.h"

#define PROBE_MS 100       /* how long the terminal may take to say where its cursor is */
#define SIDE_MAX SHRT_MAX  /* rows and columns that curses can count */
#define CELLS    (1 << 19) /* of the largest screen: the program and curses keep several of them */
#define LEAVE_MS 200       /* how long it may take to swallow the last bytes */

struct tty {
    struct tty_options options;
    struct tty_io tty_io;
    struct curses_screen *curses_screen;
    struct key_decoder key_decoder;
    int64_t undecided_ns; /* since when an Esc may be the start of a longer sequence; 0: none may */
    bool ascii;
    bool wide; /* draws lines two columns wide */
    int w, h;
    char restore[RESTORE_MAX]; /* gives modes and screen back, whatever the terminal has seen */
};

static void ask_size(struct tty *t)
{
    struct winsize size;
    if (ioctl(t->tty_io.out, TIOCGWINSZ, &size) == 0 && size.ws_col && size.ws_row) {
        t->w = size.ws_col;
        t->h = size.ws_row;
    } else if (!t->w) {
        t->w = 80;
        t->h = 24;
    }
}

static void send(struct tty *t, const char *bytes)
{
    tty_io_send(&t->tty_io, bytes, strlen(bytes));
}

/* Send the bytes that curses has made for the screen. */
static void send_drawn(struct tty *t)
{
    size_t len;
    const void *bytes = curses_screen_bytes(t->curses_screen, &len);
    if (len)
        tty_io_send(&t->tty_io, bytes, len);
}

/* Modes that curses does not know: only for terminals with a mouse, which know
 * the sequences of xterm. */
static const char *modes_on(const struct tty *t)
{
    if (!curses_screen_has_mouse(t->curses_screen))
        return "";
    return t->options.mouse ? "\033[?2004h\033[?1000h\033[?1006h" : "\033[?2004h";
}

static const char *modes_off(const struct tty *t)
{
    return curses_screen_has_mouse(t->curses_screen) ? "\033[?1006l\033[?1000l\033[?2004l" : "";
}

/* It begins with CAN, which ends a sequence of which the terminal got only a part. */
static void arm_fatal(struct tty *t)
{
    snprintf(t->restore, sizeof t->restore, "\030%s%s%s%s%s\r\n", modes_off(t),
             curses_screen_string("sgr0"), curses_screen_string("cnorm"),
             curses_screen_string("rmcup"), curses_screen_string("rmkx"));
    crash_handler_arm(&t->tty_io, t->restore);
}

/* Terminals whose fonts lack the bars and lines. */
static bool poor_font(void)
{
    const char *term = getenv("TERM");
    return term && (strncmp(term, "linux", 5) == 0 || strncmp(term, "vt", 2) == 0 ||
                    strncmp(term, "ansi", 4) == 0);
}

static void read_answer(struct tty *t)
{
    size_t size;
    unsigned char *space = key_decoder_space(&t->key_decoder, &size);
    key_decoder_added(&t->key_decoder, size ? tty_io_read(&t->tty_io, space, size) : 0);
}

/* Ask what colour the ground is, draw one line glyph, and ask where the cursor is then: column 3
 * means that the glyph took two. A terminal answers in the order of the questions, so that where
 * the last one has its answer no other will come. What the user types meanwhile stays in the
 * decoder. */
static void ask_terminal(struct tty *t, bool glyph)
{
    struct key_decoder *d = &t->key_decoder;
    const int64_t end = clock_mono_ns() + PROBE_MS * NS_PER_MS;
    bool answered = false;

    d->color_due = t->options.ask_background && curses_screen_has_mouse(t->curses_screen);
    send(t, d->color_due ? "\033]11;?\033\\" : "");
    send(t, glyph ? "\r\033[H\xe2\x94\x80\033[6n" : "\r\033[H\033[6n");
    d->answer_due = true;
    while (!answered && !t->tty_io.gone && d->len < KEY_DECODER_BYTES) {
        const int64_t left = (end - clock_mono_ns()) / NS_PER_MS;
        if (left <= 0 || !tty_io_wait(&t->tty_io, (int)left))
            break;
        read_answer(t);
        key_decoder_take_color(d);
        answered = key_decoder_take_answer(d);
    }
    if (answered)
        d->color_due = false;
    t->wide = glyph && answered && d->answer_column == 3;
}

/* Of a terminal that may know them; else those of ASCII. */
static bool choose_ascii(struct tty *t)
{
    const bool able = t->options.utf8 && wcwidth(L'\u2500') == 1 && !poor_font();

    if (!poor_font() && (t->options.ask_background || (able && t->options.glyphs == GLYPHS_AUTO)))
        ask_terminal(t, able);
    if (t->options.glyphs != GLYPHS_AUTO)
        return t->options.glyphs == GLYPHS_ASCII || !t->options.utf8;
    return !able || t->wide;
}

bool tty_has_hangul(void)
{
    return !poor_font();
}

/* ITU-R BT.709: how bright an eye finds the three colours, in ten thousandths. */
bool tty_background(const struct tty *t, enum theme_background *background)
{
    const struct key_decoder *d = &t->key_decoder;
    const uint32_t bright =
        d->color[0] / 255u * 2126u + d->color[1] / 255u * 7152u + d->color[2] / 255u * 722u;

    if (!d->color_known)
        return false;
    *background = bright > UINT32_C(257) * 10000 / 2 ? BACKGROUND_LIGHT : BACKGROUND_DARK;
    return true;
}

static int refuse_type(struct err *err)
{
    const char *term = getenv("TERM");
    char shown[64];
    struct str line = STR_INIT;
    utf8_sanitise_into(shown, sizeof shown, term ? term : "", term ? strlen(term) : 0);
    text_fill(&line, *shown ? MSG_TERM_UNFIT : MSG_TERM_UNSET, shown, NULL);
    err_set(err, -ENOENT, "%s", str_text(&line));
    str_fini(&line);
    return -ENOENT;
}

static int refuse_size(const struct tty *t, int rc, struct err *err)
{
    char size[32];
    struct str line = STR_INIT;
    snprintf(size, sizeof size, "%dx%d", t->w, t->h);
    text_fill(&line, rc == -EFBIG ? MSG_TERM_FILE_SIZE : MSG_TERM_SIZE, size, NULL);
    err_set(err, rc, "%s", str_text(&line));
    str_fini(&line);
    return rc;
}

static int refuse(const struct tty *t, int rc, struct err *err)
{
    return rc == -ENOENT                      ? refuse_type(err)
           : rc == -EOVERFLOW || rc == -EFBIG ? refuse_size(t, rc, err)
                                              : err_set(err, rc, "%s", text_error(rc));
}

static bool is_too_large(const struct tty *t)
{
    return t->w > SIDE_MAX || t->h > SIDE_MAX || t->w * t->h > CELLS;
}

/* Curses puts handlers of its own on these when it starts; ours are read from a descriptor. */
static const int curses_signals[] = {SIGINT, SIGTERM, SIGTSTP, SIGWINCH};
#define CURSES_SIGNALS (sizeof curses_signals / sizeof curses_signals[0])

static void do_nothing(int sig)
{
    (void)sig;
}

/* Curses ignores SIGTSTP while it draws, and a stop that waits to be read is lost then. It does not
 * touch the signal at all if that has a handler when curses starts, so it gets one. */
static int open_curses_screen(struct tty *t)
{
    struct sigaction before[CURSES_SIGNALS];
    const struct sigaction mine = {.sa_handler = do_nothing};
    for (size_t i = 0; i < CURSES_SIGNALS; i++)
        sigaction(curses_signals[i], NULL, &before[i]);
    sigaction(SIGTSTP, &mine, NULL);
    const int rc = curses_screen_open(&t->curses_screen, t->w, t->h, t->options.color);
    for (size_t i = 0; i < CURSES_SIGNALS; i++)
        sigaction(curses_signals[i], &before[i], NULL);
    return rc;
}

int tty_open(struct tty **out, const struct tty_options *options, int in_fd, int out_fd,
             struct err *err)
{
    struct tty *t = calloc(1, sizeof *t);
    if (!t)
        return err_set(err, -ENOMEM, "%s", text_error(ENOMEM));
    t->options = *options;
    int rc = tty_io_open(&t->tty_io, in_fd, out_fd);
    if (!rc) {
        ask_size(t);
        rc = is_too_large(t) ? -EOVERFLOW : open_curses_screen(t);
    }
    if (rc) {
        rc = refuse(t, rc, err);
        tty_io_close(&t->tty_io);
        free(t);
        return rc;
    }
    arm_fatal(t);
    tty_io_raw(&t->tty_io);
    curses_screen_enter(t->curses_screen);
    send_drawn(t);
    send(t, modes_on(t));
    t->ascii = choose_ascii(t);
    curses_screen_redraw(t->curses_screen);
    *out = t;
    return 0;
}

static void leave(struct tty *t)
{
    curses_screen_leave(t->curses_screen);
    send(t, modes_off(t));
    send_drawn(t);
    if (!tty_io_drain(&t->tty_io, LEAVE_MS))
        tty_io_force(&t->tty_io, t->restore, LEAVE_MS);
    tty_io_cooked(&t->tty_io);
}

void tty_close(struct tty *t)
{
    if (!t)
        return;
    leave(t);
    crash_handler_arm(&t->tty_io, NULL);
    curses_screen_close(t->curses_screen);
    tty_io_close(&t->tty_io);
    free(t);
}

void tty_suspend(struct tty *t)
{
    leave(t);
}

void tty_resume(struct tty *t)
{
    tty_io_raw(&t->tty_io);
    curses_screen_enter(t->curses_screen);
    send_drawn(t);
    send(t, modes_on(t));
}

enum theme_depth tty_depth(const struct tty *t)
{
    return curses_screen_depth(t->curses_screen);
}

bool tty_ascii(const struct tty *t)
{
    return t->ascii;
}

void tty_size(const struct tty *t, int *w, int *h)
{
    *w = t->w;
    *h = t->h;
}

int tty_resized(struct tty *t, struct err *err)
{
    ask_size(t);
    const int rc =
        is_too_large(t) ? -EOVERFLOW : curses_screen_resize(t->curses_screen, t->w, t->h);
    return rc ? refuse(t, rc, err) : 0;
}

void tty_use_theme(struct tty *t, const struct theme *theme)
{
    curses_screen_use_theme(t->curses_screen, theme);
}

void tty_blit(struct tty *t, const struct canvas *c)
{
    if (t->tty_io.pending.len == 0 && curses_screen_draw(t->curses_screen, c))
        send_drawn(t);
}

void tty_redraw(struct tty *t)
{
    curses_screen_redraw(t->curses_screen);
}

/* Keys that were read with others come first: a paste costs one call for all that it brings. */
bool tty_read(struct tty *t, struct input *in)
{
    const int64_t now = clock_mono_ns();
    size_t size, n = 0;
    bool found = key_decoder_next(&t->key_decoder, true, in);
    if (!found) {
        unsigned char *space = key_decoder_space(&t->key_decoder, &size);
        n = tty_io_read(&t->tty_io, space, size);
        key_decoder_added(&t->key_decoder, n);
        const bool patient =
            !t->undecided_ns || n || now - t->undecided_ns < t->options.esc_delay_ms * NS_PER_MS;
        found = key_decoder_next(&t->key_decoder, patient, in);
    }
    if (!key_decoder_undecided(&t->key_decoder))
        t->undecided_ns = 0;
    else if (!t->undecided_ns || n)
        t->undecided_ns = now;
    return found;
}

int tty_timeout_ms(const struct tty *t)
{
    if (!t->undecided_ns)
        return -1;
    const int64_t due = t->undecided_ns + t->options.esc_delay_ms * NS_PER_MS - clock_mono_ns();
    return due <= 0 ? 0 : (int)((due + NS_PER_MS - 1) / NS_PER_MS);
}

bool tty_gone(const struct tty *t)
{
    return t->tty_io.gone;
}

int tty_fd(const struct tty *t)
{
    return t->tty_io.in;
}

int tty_out_fd(const struct tty *t)
{
    return t->tty_io.pending.len ? t->tty_io.out : -1;
}

void tty_flush(struct tty *t)
{
    tty_io_flush(&t->tty_io);
}

void tty_copy(struct tty *t, const char *text)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    struct str out = STR_INIT;
    str_add(&out, "\033]52;c;");
    const unsigned char *bytes = (const unsigned char *)text;
    for (size_t left = strlen(text); left; bytes += 3, left -= left < 3 ? left : 3) {
        const unsigned triple = (unsigned)bytes[0] << 16 |
                                (left > 1 ? (unsigned)bytes[1] << 8 : 0) |
                                (left > 2 ? bytes[2] : 0u);
        str_add_char(&out, digits[triple >> 18]);
        str_add_char(&out, digits[triple >> 12 & 63]);
        str_add_char(&out, left > 1 ? digits[triple >> 6 & 63] : '=');
        str_add_char(&out, left > 2 ? digits[triple & 63] : '=');
    }
    str_add(&out, "\a");
    if (!str_failed(&out) && curses_screen_has_mouse(t->curses_screen))
        tty_io_send(&t->tty_io, str_text(&out), out.len);
    str_fini(&out);
}
