/* unit.h -- the little that a C unit test needs: CHECK, and a count at the end.
 *
 * A room's unit tests are tests/<room>/unit.c: a program linked with that room and
 * those beneath it, and with nothing else, so that the linker proves the layering.
 */
#pragma once
#include <stdio.h>
#include <string.h>

static int n_passed, n_failed;

#define CHECK(x)                                                                \
    do {                                                                        \
        if (x) { n_passed++; }                                                  \
        else {                                                                  \
            n_failed++;                                                         \
            printf("FAILED %s:%d: %s\n", __FILE__, __LINE__, #x);               \
        }                                                                       \
    } while (0)

static inline int
unit_result(void)
{
    printf("%d passed, %d failed\n", n_passed, n_failed);
    return n_failed != 0;
}
