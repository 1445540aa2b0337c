/* Sorting by a comparison function, then a hash map with open addressing. */
#include "kernel.h"

#define COUNT 2000000
#define SLOTS (1u << 22)

static uint32_t keys[COUNT];
static uint32_t map_keys[SLOTS], map_values[SLOTS];

static int compare(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

/* Heap sort of our own, so that every platform's C library does the same work: none. */
static void sort(uint32_t *items, uint32_t count, int (*less)(const void *, const void *)) {
    for (uint32_t end = count, start = count / 2; end > 1;) {
        uint32_t item, root;
        if (start > 0) {
            item = items[root = --start];
        } else {
            item = items[--end];
            items[end] = items[0];
            root = 0;
        }
        for (uint32_t child; (child = 2 * root + 1) < end; root = child) {
            if (child + 1 < end && less(&items[child], &items[child + 1]) < 0) child++;
            if (less(&item, &items[child]) >= 0) break;
            items[root] = items[child];
        }
        items[root] = item;
    }
}

static uint32_t slot_of(uint32_t key) {
    uint32_t slot = key * 0x9e3779b1u & (SLOTS - 1);
    while (map_keys[slot] && map_keys[slot] != key) slot = (slot + 1) & (SLOTS - 1);
    return slot;
}

int main(void) {
    uint64_t seed = 3, result = 0;
    for (int i = 0; i < COUNT; i++) keys[i] = (uint32_t)next_random(&seed) | 1;
    for (int i = 0; i < 4 * COUNT; i++) {
        uint32_t slot = slot_of(keys[(uint32_t)i * 7919u % COUNT]);
        map_keys[slot] = keys[(uint32_t)i * 7919u % COUNT];
        map_values[slot] += (uint32_t)i;
    }
    sort(keys, COUNT, compare);
    for (int i = 0; i < COUNT; i++) {
        if (i && keys[i - 1] > keys[i]) return 2;
        result = result * 31 + keys[i] + map_values[slot_of(keys[i])];
    }
    return finish(result, 0xf48df61dc9c51ab9);
}
