/* SPDX-License-Identifier: MIT */
/* The last line of the screen: the keys that do something here, or a message. */
#ifndef TCPTOP_SRC_UI_FOOTER_H
#define TCPTOP_SRC_UI_FOOTER_H

#include "draw.h"

struct key_item {
    int command;      /* enum command_id, -1: the keys are not a command's */
    const char *keys; /* instead of the command's first key */
    enum msg word;
    bool there;
    int rank; /* the lowest come in first */
};

#define KEY_ITEMS_MAX 24
struct key_items {
    struct key_item item[KEY_ITEMS_MAX];
    int n;
};

void footer_draw(struct drawing *d);

/** The command (enum command_id) that a click on the column `x` of the last line means, -1: none.
 */
int footer_command_at(const struct view *v, int x);

/** What the key for the pane does next: it goes from normal to wide, to none, to normal. */
enum msg footer_pane_word(const struct drawing *d);

/** What the key for pausing does now. */
enum msg footer_pause_word(const struct drawing *d);

/** Add a command's first key, what it does here, whether it does, and its rank. */
void footer_add(struct key_items *k, int command, enum msg word, bool there, int rank);

/** Add keys that are not a command's. */
void footer_add_keys(struct key_items *k, const char *keys, enum msg word, int rank);

#endif
