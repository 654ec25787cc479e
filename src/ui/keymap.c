/* SPDX-License-Identifier: MIT */
/* The table of commands and the keys that are bound to them. */
#include "tcptop/ui/keymap.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

const struct command commands[COMMAND_COUNT] = {
#define COMMAND(ident, function, name, keys, shown, group)                                         \
    {name, keys, shown, group, MSG_HELP_##ident},
    COMMANDS(COMMAND)
#undef COMMAND
};

/* Walk the blank-separated key names of `keys`: the next key, or KEY_CODE_NONE at the end. A word
 * that is no key sets `*bad` to it and `*bad_len` to its length. */
static keycode next_key(const char **keys, const char **bad, size_t *bad_len)
{
    const char *word = *keys + strspn(*keys, " ");
    size_t len = strcspn(word, " ");
    keycode key;

    *bad = NULL;
    *keys = word + len;
    if (len == 0)
        return KEY_CODE_NONE;
    if (key_parse(word, &key) == len)
        return key;
    *bad = word;
    *bad_len = len;
    return KEY_CODE_NONE;
}

static void unbind(struct bindings *b, size_t i)
{
    memmove(&b->list[i], &b->list[i + 1], (b->n - i - 1) * sizeof b->list[0]);
    b->n--;
}

static void bind_key(struct bindings *b, keycode key, enum command_id command)
{
    for (size_t i = 0; i < b->n; i++) {
        if (b->list[i].key == key)
            unbind(b, i--);
    }
    if (b->n < BINDING_MAX) {
        b->list[b->n].key = key;
        b->list[b->n].command = command;
        b->n++;
    }
}

void keymap_init(struct bindings *b)
{
    char bad[32];

    b->n = 0;
    for (unsigned id = 0; id < COMMAND_COUNT; id++)
        keymap_set(b, (enum command_id)id, commands[id].keys, bad);
}

int keymap_set(struct bindings *b, enum command_id command, const char *keys, char bad[32])
{
    const char *word, *at = keys;
    size_t len = 0;
    keycode key;

    while (*at) {
        next_key(&at, &word, &len);
        if (word) {
            snprintf(bad, 32, "%.*s", (int)(len < 31 ? len : 31), word);
            return -EINVAL;
        }
    }
    for (size_t i = 0; i < b->n; i++) {
        if (b->list[i].command == command)
            unbind(b, i--);
    }
    for (at = keys; (key = next_key(&at, &word, &len)) != KEY_CODE_NONE;)
        bind_key(b, key, command);
    return 0;
}

static int find_exact(const struct bindings *b, keycode key)
{
    for (size_t i = 0; i < b->n; i++) {
        if (b->list[i].key == key)
            return (int)b->list[i].command;
    }
    return -1;
}

bool keymap_shared(const char *keys, const char *others, char key[24])
{
    const char *bad;
    size_t len;
    keycode one, other;

    while ((one = next_key(&keys, &bad, &len)) != KEY_CODE_NONE) {
        for (const char *at = others; (other = next_key(&at, &bad, &len)) != KEY_CODE_NONE;) {
            if (other == one) {
                key_name(one, key, 24);
                return true;
            }
        }
    }
    return false;
}

int keymap_find_name(const struct bindings *b, const char *name)
{
    keycode key;

    return key_parse(name, &key) == strlen(name) ? find_exact(b, key) : -1;
}

int keymap_find(const struct bindings *b, keycode key)
{
    keycode latin[8];
    int command = find_exact(b, key);

    if (command < 0 && key_from_hangul(key, latin) == 1)
        command = find_exact(b, latin[0]);
    return command;
}

/* Are the keys of `command` the ones of the table, in their order? */
static bool bound_as_default(const struct bindings *b, enum command_id command)
{
    const char *at = commands[command].keys, *bad;
    size_t len = 0;

    for (size_t i = 0; i < b->n; i++) {
        if (b->list[i].command == command && b->list[i].key != next_key(&at, &bad, &len))
            return false;
    }
    return next_key(&at, &bad, &len) == KEY_CODE_NONE;
}

const char *keymap_shown(const struct bindings *b, enum command_id command, char *out, size_t size)
{
    size_t len = 0;

    if (bound_as_default(b, command)) {
        snprintf(out, size, "%s", commands[command].shown);
        return out;
    }
    out[0] = '\0';
    for (size_t i = 0; i < b->n && len < size; i++) {
        char name[24];

        if (b->list[i].command != command)
            continue;
        key_name(b->list[i].key, name, sizeof name);
        len += (size_t)snprintf(out + len, size - len, "%s%s", len ? " " : "", name);
    }
    return out;
}

void keymap_first_key(const struct bindings *b, enum command_id command, char out[24])
{
    char shown[96];

    keymap_shown(b, command, shown, sizeof shown);
    snprintf(out, 24, "%.*s", (int)strcspn(shown, " "), shown);
}
