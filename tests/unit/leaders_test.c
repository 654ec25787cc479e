/* Which keys lead: exact as long as there is room, lower bounds beyond it, ties by who came first.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tcptop/explain/leaders.h"

static void count(struct leaders *l, uint64_t key, unsigned times)
{
    for (unsigned i = 0; i < times; i++)
        leaders_count(l, key, (uint32_t)key);
}

static void exact(void **unused)
{
    struct leaders l;
    struct leader top[3];

    (void)unused;
    leaders_init(&l, LEADERS_MAX);
    assert_int_equal(leaders_top(&l, top, 3), 0);
    for (unsigned key = 1000; key > 0; key--) /* the table grows several times */
        count(&l, key, key == 7 ? 50 : key == 900 ? 60 : 2);
    assert_int_equal(leaders_top(&l, top, 3), 3);
    assert_int_equal(top[0].key, 900);
    assert_int_equal(top[0].count, 60);
    assert_int_equal(top[1].key, 7);
    assert_int_equal(top[1].count, 50);
    assert_int_equal(top[2].row, 1); /* of equal ones the first row */
    assert_int_equal(l.n, 1000);
    assert_int_equal(l.forgotten, 0);
    assert_int_equal(leaders_top(&l, top, 1), 1);
    assert_int_equal(top[0].key, 900);
    leaders_fini(&l);
    count(&l, 0, 1); /* 0 is a key like any other */
    assert_int_equal(leaders_top(&l, top, 3), 1);
    leaders_fini(&l);
}

/* Far more keys than room: whoever has more than their share is still there, with at most as much
 * missing as it says. */
static void bounded(void **unused)
{
    struct leaders l;
    struct leader top[3];

    (void)unused;
    leaders_init(&l, 16);
    for (uint64_t key = 100; key < 1100; key++) {
        count(&l, key, 1);
        count(&l, 5, 1);
        if (key % 2)
            count(&l, 6, 1);
    }
    assert_int_equal(leaders_top(&l, top, 3), 3);
    assert_int_equal(top[0].key, 5);
    assert_int_equal(top[1].key, 6);
    assert_true(l.forgotten > 0 && l.n <= 16);
    assert_in_range(top[0].count, 1000 - l.forgotten, 1000);
    assert_in_range(top[1].count, 500 - l.forgotten, 500);
    leaders_fini(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exact),
        cmocka_unit_test(bounded),
    };
    return cmocka_run_group_tests_name("leaders", tests, NULL, NULL);
}
