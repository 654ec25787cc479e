/* SPDX-License-Identifier: MIT */
/* Who held the sockets of a frame comes back as it was written, is not taken over from the frame
 * before, and may be more than one field has room for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/diag_build.h"
#include "lib/frame_write.h"
#include "lib/owned.h"
#include "lib/sample.h"
#include "tcptop/source/frame.h"

static struct sample *new_sample(void)
{
    struct sample *s = sample_make(NULL);

    assert_non_null(s);
    return s;
}

/* Five connections: of one process, of two, of nobody who could be looked at, not looked for yet,
 * and one whose process has gone. */
enum { ONE, TWO, NOBODY, UNKNOWN, GONE, OWNED };

static struct conn owned_row(int i)
{
    struct conn c = build_plain(i == GONE ? TCP_STATE_TIME_WAIT : TCP_STATE_ESTABLISHED,
                                (uint16_t)(3000 + i), 50000, 70 + (uint64_t)i);

    c.inode = i == GONE ? 0 : 900 + (uint32_t)i;
    c.uid = i == GONE ? 0 : 33;
    return c;
}

static struct sample *owned_sample(struct str *messages)
{
    static const char *const nginx[] = {"nginx", "nginx: worker process", "nginx.service"};
    static const char *const hostile[] = {"a\x1b[2Jb", "c\x07", "d\xff"};
    struct sample *s = new_sample();
    struct owner_lookup *lookup = owner_lookup_new();

    for (int i = 0; i < OWNED; i++) {
        struct conn c = owned_row(i);
        *sample_add(builder_of(s), NULL) = c;
        build_conn(messages, &c, NULL, 0);
    }
    build_done(messages, 0);
    s->conn[GONE].inode = 800; /* as in a sample before */
    owned_put(lookup, 1184, 33, nginx, (const uint32_t[]){900 + ONE, 900 + TWO, 800, 0});
    owned_put(lookup, 977, 1000, hostile, (const uint32_t[]){900 + TWO, 0});
    user_names_set(lookup->users, 33, "www-data");
    lookup->lacks = OWNER_LACK_PTRACE;
    lookup->asks = true;
    lookup->sample = 1;
    owned_assign(lookup, s);
    owned_searched(lookup);
    owned_assign(lookup, s);
    s->owner[UNKNOWN] = OWNER_UNKNOWN;
    s->owner[GONE] |= OWNER_FORMER;
    s->needs |= NEED_USER;
    owner_lookup_free(lookup);
    return s;
}

static void assign(struct owner_lookup *lookup, struct sample *s)
{
    assert_int_equal(sample_reserve_owner(builder_of(s), sample_rows(s)), 0);
    owner_lookup_assign(lookup, s, NULL);
}

/* "1184 nginx, …" of a row, in parentheses when it has let go. */
static const char *owners_of(const struct sample *s, uint32_t row)
{
    static char text[200];
    bool former;
    const struct owner_group *g = sample_owner(s, row, &former);

    text[0] = '\0';
    for (uint32_t i = 0; g && i < g->n; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%u %u %s %s %s", i ? ", " : "",
                 g->member[i]->pid, g->member[i]->uid, g->member[i]->process, g->member[i]->cmdline,
                 g->member[i]->cgroup);
    return former ? strcat(text, " (former)") : text;
}

static void owners_come_back_as_written(void **state)
{
    static const char nginx[] = "1184 33 nginx nginx: worker process nginx.service";
    (void)state;
    struct str frame = STR_INIT, messages = STR_INIT;
    struct sample *wrote = owned_sample(&messages), *s = new_sample(), *bare = new_sample();
    struct owner_lookup *lookup = owner_lookup_new();
    struct sample_reason err = {.code = REASON_NONE};
    char both[200], former[200];

    frame_write(&frame, wrote, messages.data, messages.len);
    assert_int_equal(frame_read(frame.data, frame.len, builder_of(s), lookup, &err), frame.len);
    assert_int_equal(s->needs, NEED_OWNER | NEED_USER);
    assign(lookup, s);
    snprintf(both, sizeof both, "977 1000 %s %s %s, %s", "a\uFFFD[2Jb", "c\uFFFD", "d\uFFFD",
             nginx);
    snprintf(former, sizeof former, "%s (former)", nginx);
    assert_string_equal(owners_of(s, ONE), nginx);
    assert_string_equal(owners_of(s, TWO), both);
    assert_string_equal(owners_of(s, GONE), former);
    assert_int_equal(s->owner[NOBODY], OWNER_NOBODY);
    assert_int_equal(s->owner[UNKNOWN], OWNER_UNKNOWN);
    assert_int_equal(s->ownerless, 1);
    assert_int_equal(s->owners->lacks, OWNER_LACK_PTRACE);
    assert_string_equal(owner_table_user(s->owners, 33)->name, "www-data");
    assert_null(owner_table_user(s->owners, 1000)); /* has no socket: nobody asked */

    /* For somebody who does not want to know. */
    assert_int_equal(frame_read(frame.data, frame.len, builder_of(bare), NULL, &err), frame.len);
    assert_int_equal(bare->needs, 0);
    assert_int_equal(bare->n_live, OWNED);
    sample_unref(bare);
    sample_unref(s);
    sample_unref(wrote);
    owner_lookup_free(lookup);
    str_fini(&messages);
    str_fini(&frame);
}

/* What the frame before told is not believed of this one, and numbers are used again. */
static void each_frame_tells_anew(void **state)
{
    (void)state;
    struct str frame = STR_INIT, later = STR_INIT, messages = STR_INIT;
    struct sample *wrote = owned_sample(&messages);
    struct owner_lookup *lookup = owner_lookup_new();
    struct sample_reason err = {.code = REASON_NONE};

    frame_write(&frame, wrote, messages.data, messages.len);
    for (int i = 0; i < OWNED; i++)
        wrote->owner[i] = OWNER_UNKNOWN;
    frame_write(&later, wrote, messages.data, messages.len);
    for (int i = 0; i < 6; i++) {
        const struct str *one = i % 3 ? &later : &frame;
        struct sample *s = new_sample();
        assert_int_equal(frame_read(one->data, one->len, builder_of(s), lookup, &err), one->len);
        assign(lookup, s);
        for (uint32_t row = 0; row < OWNED; row++)
            assert_int_equal(i % 3 == 0 && row != NOBODY && row != UNKNOWN,
                             *owners_of(s, row) != '\0');
        sample_unref(s);
    }
    sample_unref(wrote);
    owner_lookup_free(lookup);
    str_fini(&messages);
    str_fini(&later);
    str_fini(&frame);
}

/* More sockets than one field has room for, and more than the header had before there were owners.
 */
static void long_lists_go_on(void **state)
{
    enum { SEVERAL = 300000 };
    (void)state;
    struct str frame = STR_INIT, messages = STR_INIT;
    struct sample *wrote = new_sample(), *s = new_sample();
    struct owner_lookup *lookup = owner_lookup_new(), *read = owner_lookup_new();
    uint32_t *inodes = calloc(SEVERAL + 1, sizeof *inodes);
    struct sample_reason err = {.code = REASON_NONE};

    for (uint32_t i = 0; i < SEVERAL; i++) {
        struct conn c = build_plain(TCP_STATE_ESTABLISHED, 443, 50000, i + 1);
        c.inode = inodes[i] = i + 1;
        *sample_add(builder_of(wrote), NULL) = c;
        build_conn(&messages, &c, NULL, 0);
    }
    build_done(&messages, 0);
    owned_put(lookup, 7, 0, (const char *const[]){"many", "", ""}, inodes);
    owned_assign(lookup, wrote);
    frame_write(&frame, wrote, messages.data, messages.len);
    assert_int_equal(frame_read(frame.data, frame.len, builder_of(s), read, &err), frame.len);
    assign(read, s);
    assert_int_equal(s->n_live, SEVERAL);
    for (uint32_t i = 0; i < SEVERAL; i++)
        assert_non_null(sample_owner(s, i, NULL));
    free(inodes);
    sample_unref(s);
    sample_unref(wrote);
    owner_lookup_free(lookup);
    owner_lookup_free(read);
    str_fini(&messages);
    str_fini(&frame);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(owners_come_back_as_written),
        cmocka_unit_test(each_frame_tells_anew),
        cmocka_unit_test(long_lists_go_on),
    };
    return cmocka_run_group_tests_name("frame_owners", tests, NULL, NULL);
}
