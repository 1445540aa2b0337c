/* Divisions, 64-bit products, population counts, leading zeros, narrow types and a sieve. */
#include "kernel.h"

static uint64_t power(uint64_t base, uint64_t exponent, uint64_t modulus) {
    uint64_t result = 1;
    for (; exponent; exponent >>= 1, base = base * base % modulus)
        if (exponent & 1) result = result * base % modulus;
    return result;
}

static uint32_t collatz(uint64_t n) {
    uint32_t steps = 0;
    for (; n != 1; steps++) n = n & 1 ? 3 * n + 1 : n >> 1;
    return steps;
}

static uint32_t gcd(uint32_t a, uint32_t b) {
    while (b) {
        uint32_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

int main(void) {
    static uint8_t composite[2000000];
    uint64_t seed = 19, result = 0;
    for (uint32_t i = 2; i < sizeof composite; i++) {
        if (composite[i]) continue;
        result += i;
        for (uint64_t j = (uint64_t)i * i; j < sizeof composite; j += i) composite[j] = 1;
    }
    for (uint32_t i = 1; i < 1200000; i++) result = result * 31 + collatz(i);
    for (int i = 0; i < 4000000; i++) {
        uint64_t random = next_random(&seed);
        result += gcd((uint32_t)random, (uint32_t)(random >> 32) | 1);
        result ^= (uint64_t)__builtin_popcountll(random) << (random & 31);
        result += (uint64_t)__builtin_clzll(random | 1) * (uint16_t)random + (uint64_t)(int8_t)random;
        if ((i & 15) == 0) result += power(random & 0xffffffff, 65537, 4294967291u);
    }
    return finish(result, 0x2b3c9801b3a7c6bf);
}
