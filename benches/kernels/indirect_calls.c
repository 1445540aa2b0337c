/* Calls through a table of functions that the compiler cannot see through. */
#include "kernel.h"

typedef uint32_t (*operation)(uint32_t, uint32_t);

static NOINLINE uint32_t op_add(uint32_t a, uint32_t b) { return a + b; }
static NOINLINE uint32_t op_sub(uint32_t a, uint32_t b) { return a - b; }
static NOINLINE uint32_t op_xor(uint32_t a, uint32_t b) { return a ^ b; }
static NOINLINE uint32_t op_mul(uint32_t a, uint32_t b) { return a * (b | 1); }
static NOINLINE uint32_t op_rot(uint32_t a, uint32_t b) { return (a << 7 | a >> 25) + b; }
static NOINLINE uint32_t op_not(uint32_t a, uint32_t b) { return ~a + (b >> 3); }
static NOINLINE uint32_t op_mix(uint32_t a, uint32_t b) { return (a ^ a >> 15) * 0x2c1b3c6du + b; }
static NOINLINE uint32_t op_min(uint32_t a, uint32_t b) { return a < b ? a : b + a; }

static operation table[8] = {op_add, op_sub, op_xor, op_mul, op_rot, op_not, op_mix, op_min};

int main(int argc, char **argv) {
    (void)argv;
    if (argc > 100) table[0] = op_min;
    uint32_t value = 1;
    for (uint32_t i = 0; i < 200000000u; i++) value = table[i * 5 & 7](value, i);
    return finish(value, 0x3dc80f0e);
}
