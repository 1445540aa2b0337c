/* Filling memory, of sizes from a few bytes to a megabyte. */
#include "kernel.h"

static uint8_t to[(1 << 20) + 64];

static NOINLINE void fill(void *target, int byte, size_t bytes) { memset(target, byte, bytes); }

int main(void) {
    uint64_t seed = 17, result = 0;
    for (int pass = 0; pass < 50000000; pass++) {
        uint64_t random = next_random(&seed);
        size_t bytes = pass % 4096 == 0 ? 1 << 20 : (random & 255) >> (random >> 8 & 3);
        fill(to + (random >> 20 & 63), (int)(random >> 50), bytes);
        result += to[random >> 30 & 63];
    }
    return finish(result, 0x17c0c62e5);
}
