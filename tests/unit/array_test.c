/* SPDX-License-Identifier: MIT */
/* Arrays that grow: nothing is lost on the way, room is kept for the next round and given back
 * after a rush. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "tcptop/base/array.h"

static void room_doubles(void **state)
{
    uint64_t *array = NULL, *larger;
    uint32_t cap = 0, grown = 0;

    (void)state;
    for (uint32_t n = 0; n < 100; n++) {
        const uint32_t before = cap;
        larger = array_room(array, n, &cap, 6, sizeof *array);
        assert_non_null(larger);
        array = larger;
        array[n] = n;
        grown += cap != before;
    }
    assert_int_equal(cap, 192);
    assert_int_equal(grown, 6);
    for (uint32_t n = 0; n < 100; n++)
        assert_int_equal(array[n], n);
    free(array);
}

static void no_room_beyond_counting(void **state)
{
    uint32_t cap = UINT32_C(1) << 31, element = 7;

    (void)state;
    assert_null(array_room(&element, cap, &cap, 1, sizeof element));
    assert_int_equal(cap, UINT32_C(1) << 31);
    assert_int_equal(element, 7);
}

static void fill_with(struct u32_list *list, uint32_t n)
{
    array_u32_clear(list);
    for (uint32_t i = 0; i < n; i++)
        assert_int_equal(array_u32_add(list, i * 3), 0);
    assert_int_equal(list->n, n);
}

static void numbers(void **state)
{
    struct u32_list list = {0};

    (void)state;
    fill_with(&list, 100000);
    for (uint32_t i = 0; i < list.n; i++)
        assert_int_equal(list.at[i], i * 3);
    const uint32_t cap = list.cap;
    fill_with(&list, 20000); /* was full: keeps its room */
    assert_int_equal(list.cap, cap);
    fill_with(&list, 10); /* held 20,000: still worth it */
    assert_int_equal(list.cap, cap);
    fill_with(&list, 10); /* held 10: the rush has passed */
    assert_true(list.cap < 1000);
    array_u32_fini(&list);
    assert_null(list.at);
    assert_int_equal(list.n + list.cap, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(room_doubles),
        cmocka_unit_test(no_room_beyond_counting),
        cmocka_unit_test(numbers),
    };
    return cmocka_run_group_tests_name("array", tests, NULL, NULL);
}
