/* SHA-256 (FIPS 180-4) of 125 MiB: rotations, additions, loads of a table. */
#include "kernel.h"

static uint32_t round_constants[64];

static uint32_t rotate(uint32_t value, int count) { return value >> count | value << (32 - count); }

/* The first 32 bits of the fractional part of the cube root of `prime`, in integers only. */
static uint32_t cube_root_fraction(uint64_t prime) {
    uint64_t root = 0;
    for (int bit = 36; bit >= 0; bit--) {
        uint64_t trial = root | 1ull << bit;
        __uint128_t square = (__uint128_t)trial * trial;
        /* trial^3 <= prime * 2^96, compared without overflow. */
        if (square <= ((__uint128_t)prime << 96) / trial) root = trial;
    }
    return (uint32_t)root;
}

static void compute_constants(void) {
    int count = 0;
    for (uint64_t candidate = 2; count < 64; candidate++) {
        int prime = 1;
        for (uint64_t divisor = 2; divisor * divisor <= candidate; divisor++)
            if (candidate % divisor == 0) prime = 0;
        if (prime) round_constants[count++] = cube_root_fraction(candidate);
    }
}

static NOINLINE void block(uint32_t state[8], const uint8_t *data) {
    uint32_t w[64];
    for (int i = 0; i < 16; i++)
        w[i] = (uint32_t)data[4 * i] << 24 | (uint32_t)data[4 * i + 1] << 16 |
               (uint32_t)data[4 * i + 2] << 8 | data[4 * i + 3];
    for (int i = 16; i < 64; i++) {
        uint32_t s0 = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3;
        uint32_t s1 = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10;
        w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
    for (int i = 0; i < 64; i++) {
        uint32_t s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
        uint32_t t1 = h + s1 + ((e & f) ^ (~e & g)) + round_constants[i] + w[i];
        uint32_t s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
        uint32_t t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
        h = g; g = f; f = e; e = d + t1;
        d = c; c = b; b = a; a = t1 + t2;
    }
    state[0] += a; state[1] += b; state[2] += c; state[3] += d;
    state[4] += e; state[5] += f; state[6] += g; state[7] += h;
}

int main(void) {
    static uint8_t data[1 << 16];
    uint32_t state[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                         0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    compute_constants();
    if (round_constants[0] != 0x428a2f98 || round_constants[63] != 0xc67178f2) return 2;
    for (size_t i = 0; i < sizeof data; i++) data[i] = (uint8_t)(i * 7 + (i >> 8));
    for (int pass = 0; pass < 2000; pass++)
        for (size_t at = 0; at < sizeof data; at += 64) block(state, data + at);
    return finish((uint64_t)state[0] << 32 | state[7], 0x988642841d24e7ad);
}
