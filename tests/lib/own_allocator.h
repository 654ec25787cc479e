/* SPDX-License-Identifier: MIT */
/* May a test have malloc() and its kind to itself, to count calls or to fail some? Not where a
 * sanitizer has them. It defines those that it wants and passes on to the C library's. */
#ifndef TESTS_LIB_OWN_ALLOCATOR_H
#define TESTS_LIB_OWN_ALLOCATOR_H

#include <stddef.h>
#include <stdlib.h> /* says whose C library it is */

#ifndef __has_feature
#define __has_feature(what) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) ||                               \
    __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || !defined(__GLIBC__)
#define OWN_ALLOCATOR 0
#else
#define OWN_ALLOCATOR 1

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t size);
#endif

#endif
