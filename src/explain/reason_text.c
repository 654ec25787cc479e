/* SPDX-License-Identifier: MIT */
/* The words for a reason: one message of the catalogue for each code, filled with its arguments. */
#include "tcptop/explain/reason_text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tcptop/base/err.h"
#include "tcptop/base/fmt.h"
#include "tcptop/base/str.h"
#include "tcptop/base/utf8.h"

/* What fills the placeholders of a message, in their order. */
enum argument {
    ARG_NONE,
    ARG_TEXT,
    ARG_NUMBER,
    ARG_ERROR,
    ARG_SOCK_DIAG,
    ARG_NETNS,
    ARG_NEWER,
    ARG_BEGIN,
    ARG_END
};

static const struct {
    enum msg id;
    enum argument argument[3];
} words[REASON_COUNT] = {
    [REASON_REJECTED] = {MSG_SOURCE_REJECTED, {ARG_NUMBER}},
    [REASON_INTERRUPTED] = {MSG_SOURCE_INTERRUPTED, {ARG_NONE}},
    [REASON_BROKE_OFF] = {MSG_SOURCE_BROKE_OFF, {ARG_ERROR}},
    [REASON_FROM_PROC] = {MSG_SOURCE_FROM_PROC, {ARG_ERROR}},
    [REASON_NO_CONNECTIONS] = {MSG_SOURCE_NOTHING, {ARG_SOCK_DIAG, ARG_ERROR}},
    [REASON_NO_OWNERS] = {MSG_SOURCE_NO_OWNERS, {ARG_ERROR}},
    [REASON_BOUND_UNRECORDED] = {MSG_SOURCE_BOUND_UNRECORDED, {ARG_NONE}},
    [REASON_NO_BOUND] = {MSG_SOURCE_NO_BOUND, {ARG_NONE}},
    [REASON_UNREADABLE] = {MSG_SOURCE_UNREADABLE, {ARG_TEXT, ARG_ERROR}},
    [REASON_EMPTY_FILE] = {MSG_SOURCE_EMPTY, {ARG_TEXT}},
    [REASON_NO_SAMPLE] = {MSG_SOURCE_NO_SAMPLE, {ARG_TEXT}},
    [REASON_FOREIGN_FILE] = {MSG_SOURCE_FOREIGN, {ARG_TEXT}},
    [REASON_TEXT_FILE] = {MSG_SOURCE_TEXT, {ARG_TEXT}},
    [REASON_NEWER_FILE] = {MSG_SOURCE_UNREADABLE, {ARG_TEXT, ARG_NEWER}},
    [REASON_NEWER_FRAME] = {MSG_SOURCE_NEWER_AT, {ARG_NUMBER}},
    [REASON_DAMAGED_FRAME] = {MSG_SOURCE_DAMAGED, {ARG_NUMBER}},
    [REASON_DAMAGED_BYTE] = {MSG_SOURCE_DAMAGED_DUMP, {ARG_NUMBER}},
    [REASON_DAMAGED_PLACES] = {MSG_SOURCE_DAMAGED_PLACES, {ARG_NUMBER}},
    [REASON_DAMAGED_THEN] = {MSG_SOURCE_DAMAGED_THEN, {ARG_TEXT, ARG_NUMBER}},
    [REASON_ALL_DAMAGED] = {MSG_SOURCE_ALL_DAMAGED, {ARG_TEXT, ARG_NUMBER}},
    [REASON_CUT] = {MSG_SOURCE_CUT, {ARG_NONE}},
    [REASON_IMPORT_LOST] = {MSG_SOURCE_IMPORT_LOST, {ARG_NUMBER}},
    [REASON_IMPORT_TEXT] = {MSG_SOURCE_IMPORT_TEXT, {ARG_NUMBER}},
    [REASON_NETNS_NONE] = {MSG_NETNS_NONE, {ARG_TEXT}},
    [REASON_NETNS_NONE_NEAR] = {MSG_NETNS_NONE_NEAR, {ARG_TEXT, ARG_NETNS}},
    [REASON_NETNS_NO_PROCESS] = {MSG_NETNS_NO_PROCESS, {ARG_TEXT}},
    [REASON_NETNS_OF_PROCESS] = {MSG_NETNS_OF_PROCESS, {ARG_TEXT, ARG_ERROR}},
    [REASON_NETNS_NO_PATH] = {MSG_NETNS_NO_PATH, {ARG_TEXT}},
    [REASON_NETNS_UNREADABLE] = {MSG_NETNS_UNREADABLE, {ARG_ERROR}},
    [REASON_NETNS_CLOSED] = {MSG_NETNS_CLOSED, {ARG_TEXT, ARG_ERROR}},
    [REASON_NETNS_GONE] = {MSG_NETNS_GONE, {ARG_TEXT}},
    [REASON_NETNS_MISSING] = {MSG_NETNS_MISSING, {ARG_NONE}},
    [REASON_NETNS_MISSING_OTHERS] = {MSG_NETNS_MISSING_OWN, {ARG_NONE}},
    [REASON_NETNS_MISSING_ERROR] = {MSG_NETNS_MISSING_WHY, {ARG_ERROR}},
    [REASON_NOT_THEN] = {MSG_SOURCE_NOT_THEN, {ARG_TEXT, ARG_BEGIN, ARG_END}},
    [REASON_OTHER_WRITER] = {MSG_SOURCE_OTHER_WRITER, {ARG_NUMBER, ARG_TEXT}},
    [REASON_NO_RECORDINGS] = {MSG_SOURCE_NO_RECORDINGS, {ARG_TEXT}},
    [REASON_NO_WRITER] = {MSG_SOURCE_NO_WRITER, {ARG_TEXT}},
    [REASON_REMOTE_NO_TCPTOP] = {MSG_REMOTE_NO_TCPTOP, {ARG_TEXT}},
    [REASON_REMOTE_SSH] = {MSG_REMOTE_SSH, {ARG_TEXT}},
    [REASON_REMOTE_ENDED] = {MSG_REMOTE_ENDED, {ARG_TEXT, ARG_NUMBER}},
    [REASON_REMOTE_KILLED] = {MSG_REMOTE_KILLED, {ARG_TEXT, ARG_NUMBER}},
    [REASON_REMOTE_CLOSED] = {MSG_REMOTE_CLOSED, {ARG_TEXT}},
    [REASON_REMOTE_FOREIGN] = {MSG_REMOTE_FOREIGN, {ARG_TEXT}},
    [REASON_REMOTE_NEWER] = {MSG_REMOTE_NEWER, {ARG_TEXT}},
    [REASON_COMPRESSED] = {MSG_SOURCE_COMPRESSED, {ARG_TEXT}},
    [REASON_OTHER_HOST] = {MSG_SOURCE_OTHER_HOST, {ARG_NUMBER, ARG_TEXT}},
    [REASON_OTHER_FILES] = {MSG_SOURCE_OTHER_FILES, {ARG_NUMBER, ARG_TEXT}},
    [REASON_FIGURES_UNRECORDED] = {MSG_SOURCE_FIGURES_UNRECORDED, {ARG_NONE}},
    [REASON_FIGURES_UNLISTED] = {MSG_SOURCE_FIGURES_UNLISTED, {ARG_NONE}},
    [REASON_VALUES_UNRECORDED] = {MSG_SOURCE_VALUES_UNRECORDED, {ARG_NONE}},
    [REASON_VALUES_UNLISTED] = {MSG_SOURCE_VALUES_UNLISTED, {ARG_NONE}},
    [REASON_ENDS_BEFORE] = {MSG_SOURCE_ENDS_BEFORE, {ARG_BEGIN, ARG_END}},
};

#define ARGUMENT_SIZE 320

static const char *argument_text(char buffer[ARGUMENT_SIZE], const struct sample_reason *r,
                                 enum argument argument, enum language language)
{
    switch (argument) {
    case ARG_TEXT:
        return r->text;
    case ARG_NETNS:
        return r->netns;
    case ARG_NUMBER:
        return fmt_count(buffer, ARGUMENT_SIZE, r->number);
    case ARG_ERROR:
    case ARG_SOCK_DIAG:
        snprintf(buffer, ARGUMENT_SIZE, "%s",
                 text_error_in(language, argument == ARG_ERROR ? r->error : r->sock_diag_error));
        return buffer;
    case ARG_NEWER:
        return text_in(language, MSG_SOURCE_NEWER);
    case ARG_BEGIN:
    case ARG_END:
        return fmt_local(buffer, ARGUMENT_SIZE, argument == ARG_BEGIN ? r->begin_ns : r->end_ns);
    case ARG_NONE:
        break;
    }
    return NULL;
}

/* The message, which for some codes depends on the arguments. */
static enum msg message_of(const struct sample_reason *r)
{
    if (r->code == REASON_NETNS_CLOSED && (r->error == -EPERM || r->error == -EACCES))
        return MSG_NETNS_CLOSED_RIGHTS;
    if (r->code == REASON_NEWER_FRAME && !r->number)
        return MSG_SOURCE_NEWER;
    if (r->code == REASON_DAMAGED_FRAME && !r->number)
        return MSG_SOURCE_FRAME_DAMAGED;
    if (r->code == REASON_NOT_THEN && !r->end_ns)
        return MSG_SOURCE_NO_TIMES;
    return words[r->code].id;
}

static void add_words(struct str *out, const struct sample_reason *r, enum language language)
{
    char buffer[3][ARGUMENT_SIZE];

    if (r->code == REASON_ERROR)
        str_add(out, text_error_in(language, r->error));
    else if (r->code == REASON_RECORDED)
        str_add(out, r->text);
    else
        text_fill_template(out, text_in(language, message_of(r)),
                           argument_text(buffer[0], r, words[r->code].argument[0], language),
                           argument_text(buffer[1], r, words[r->code].argument[1], language),
                           argument_text(buffer[2], r, words[r->code].argument[2], language), NULL);
}

/* Are files of a directory left out? */
static bool is_left_out(const struct sample_reason *r)
{
    return r->code == REASON_OTHER_WRITER || r->code == REASON_OTHER_HOST ||
           r->code == REASON_OTHER_FILES;
}

/* Of a recording that is damaged: between which samples some are missing. */
static void add_gap(struct str *out, const struct sample_reason *r, enum language language)
{
    const bool again = r->code == REASON_DAMAGED_PLACES;
    const size_t date = strlen("2026-11-29");
    char begin[ARGUMENT_SIZE], end[ARGUMENT_SIZE];

    if (!again && r->code != REASON_DAMAGED_BYTE && r->code != REASON_DAMAGED_FRAME &&
        r->code != REASON_NEWER_FRAME)
        return;
    if (!r->begin_ns)
        return;
    fmt_local(begin, sizeof begin, r->begin_ns);
    if (!r->end_ns) {
        text_fill_template(out, text_in(language, MSG_SOURCE_MISSING_AFTER), begin, NULL);
        return;
    }
    fmt_local(end, sizeof end, r->end_ns);
    if (strncmp(begin, end, date) == 0) /* the day once */
        fmt_clock(end, sizeof end, r->end_ns);
    text_fill_template(out, text_in(language, again ? MSG_SOURCE_MISSING_SOME : MSG_SOURCE_MISSING),
                       begin, end, NULL);
}

const char *reason_text(char out[REASON_TEXT_SIZE], const struct sample_reason *r,
                        enum language language)
{
    struct str line = STR_INIT, inner = STR_INIT;

    if (r->code == REASON_NONE) {
        out[0] = '\0';
        return out;
    }
    if (is_left_out(r) && r->end_ns) {
        char begin[ARGUMENT_SIZE], end[ARGUMENT_SIZE];
        add_words(&inner, r, language);
        text_fill_template(&line, text_in(language, MSG_SOURCE_NOT_THEN_HERE),
                           argument_text(begin, r, ARG_BEGIN, language),
                           argument_text(end, r, ARG_END, language), str_text(&inner), NULL);
    } else if (!r->netns[0] || r->code == REASON_NETNS_NONE_NEAR) {
        add_words(&line, r, language);
        add_gap(&line, r, language);
    } else {
        add_words(&inner, r, language);
        text_fill_template(&line, text_in(language, MSG_NETNS_FAILED), r->netns, str_text(&inner),
                           NULL);
    }
    utf8_sanitise_into(out, REASON_TEXT_SIZE, str_text(&line), line.len);
    str_fini(&line);
    str_fini(&inner);
    return out;
}
