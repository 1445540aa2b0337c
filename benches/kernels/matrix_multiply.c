/* The product of two matrices of doubles, which native compilers vectorise. */
#include "kernel.h"

#define N 512

static double a[N][N], b[N][N], c[N][N];

static NOINLINE void multiply(void) {
    for (int i = 0; i < N; i++)
        for (int k = 0; k < N; k++)
            for (int j = 0; j < N; j++) c[i][j] += a[i][k] * b[k][j];
}

int main(void) {
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            a[i][j] = (i * 3 + j) % 17;
            b[i][j] = (i + j * 5) % 13;
        }
    for (int pass = 0; pass < 16; pass++) multiply();
    uint64_t result = 0;
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) result = result * 31 + (uint64_t)c[i][j];
    return finish(result, 0xa5a93258de5b2af0);
}
