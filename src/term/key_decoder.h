/* SPDX-License-Identifier: MIT */
/* Bytes of a keyboard turned into events. Pure: no terminal, no clock. */
#ifndef TCPTOP_SRC_TERM_KEY_DECODER_H
#define TCPTOP_SRC_TERM_KEY_DECODER_H

#include <stdbool.h>
#include <stddef.h>

#include "tcptop/base/key.h"

#define KEY_DECODER_BYTES 4096

struct key_decoder {
    unsigned char bytes[KEY_DECODER_BYTES]; /* read, not yet decoded */
    size_t len;
    bool answer_due; /* a cursor report was asked for: the next one is no key */
    int answer_column;
    bool color_due;    /* the colour of the ground was asked for: such a report is no key */
    bool color_known;  /* it came */
    uint16_t color[3]; /* red, green, blue */
};

/** Where to read bytes to, and how many fit; count them with key_decoder_added(). */
unsigned char *key_decoder_space(struct key_decoder *d, size_t *size);
void key_decoder_added(struct key_decoder *d, size_t n);

/** The next event, false when the bytes hold none. `patient`: a lone Esc may still be the start
 *  of a sequence, so it stays; else it is the key. */
bool key_decoder_next(struct key_decoder *d, bool patient, struct input *in);

/** The bytes are an Esc, which may be the key or begin a sequence: more input or time will tell. */
bool key_decoder_undecided(const struct key_decoder *d);

/** Take the answer to CSI 6n out of the bytes, wherever it stands between keys. True when it was
 *  there; answer_column is then where the cursor stood, from 1. */
bool key_decoder_take_answer(struct key_decoder *d);

/** Take the answer to OSC 11 ? out of the bytes, wherever it stands between keys. True when it was
 *  there; `color` is then that of the ground. */
bool key_decoder_take_color(struct key_decoder *d);

#endif
