/* One load that depends on the last, through 32 MiB in random order.
 *
 * Links are indices, so that natively, too, they are of 32 bits and the same number fits a cache line. */
#include "kernel.h"

#define COUNT (1u << 22)

static struct cell { uint32_t next, value; } cells[COUNT];
static uint32_t order[COUNT];

int main(void) {
    uint64_t seed = 9, result = 0;
    for (uint32_t i = 0; i < COUNT; i++) order[i] = i;
    for (uint32_t i = COUNT - 1; i > 0; i--) {
        uint32_t other = (uint32_t)(next_random(&seed) >> 32) % (i + 1), swap = order[i];
        order[i] = order[other];
        order[other] = swap;
    }
    for (uint32_t i = 0; i < COUNT; i++) {
        cells[order[i]].next = order[(i + 1) % COUNT];
        cells[order[i]].value = i;
    }
    for (uint32_t i = 0, at = 0; i < 6000000; i++) {
        result = result * 3 + cells[at].value;
        at = cells[at].next;
    }
    return finish(result, 0x56c2e9298be9c3c0);
}
