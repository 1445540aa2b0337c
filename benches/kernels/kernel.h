/* What every kernel shares: a generator of numbers that is the same everywhere, and the end of `main`.
 *
 * A kernel is one file that runs for about half a second, needs neither arguments nor files, and checks
 * its own result: it says `ok`, so that neither a wrong answer nor none is mistaken for a fast one. */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOINLINE __attribute__((noinline))

/* xorshift64 with a multiplier; the state must not be zero. */
static inline uint64_t next_random(uint64_t *state) {
    uint64_t x = *state;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    *state = x;
    return x * 0x2545f4914f6cdd1dull;
}

static inline int finish(uint64_t result, uint64_t expected) {
    if (result == expected) {
        puts("ok");
        return 0;
    }
    fprintf(stderr, "result 0x%llx, expected 0x%llx\n", (unsigned long long)result,
            (unsigned long long)expected);
    return 1;
}

static inline uint64_t bits_of(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}
