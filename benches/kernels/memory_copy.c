/* Copying memory, of sizes from a few bytes to a megabyte. */
#include "kernel.h"

static uint8_t from[1 << 20], to[(1 << 20) + 64];

static NOINLINE void copy(void *target, const void *source, size_t bytes) { memcpy(target, source, bytes); }
static NOINLINE void move(void *target, const void *source, size_t bytes) { memmove(target, source, bytes); }

int main(void) {
    uint64_t seed = 13, result = 0;
    for (size_t i = 0; i < sizeof from; i++) from[i] = (uint8_t)(i * 13 + (i >> 9));
    for (int pass = 0; pass < 30000000; pass++) {
        uint64_t random = next_random(&seed);
        size_t bytes = pass % 8192 == 0 ? sizeof from : (random & 127) >> (random >> 8 & 3);
        copy(to + (random >> 20 & 63), from, bytes);
        result += to[random >> 30 & 63];
        if ((pass & 7) == 0) move(to + (random >> 40 & 63), to, 1000);
    }
    return finish(result, 0x9768f0cd);
}
