/* The greatest singular value of an infinite matrix, cut off: divisions in an inner loop. */
#include "kernel.h"
#include <math.h>

#define N 2000

static double element(int i, int j) { return 1.0 / ((i + j) * (i + j + 1) / 2 + i + 1); }

static NOINLINE void multiply(const double *in, double *out) {
    for (int i = 0; i < N; i++) {
        double sum = 0;
        for (int j = 0; j < N; j++) sum += element(i, j) * in[j];
        out[i] = sum;
    }
}

static NOINLINE void multiply_transposed(const double *in, double *out) {
    for (int i = 0; i < N; i++) {
        double sum = 0;
        for (int j = 0; j < N; j++) sum += element(j, i) * in[j];
        out[i] = sum;
    }
}

int main(void) {
    static double u[N], v[N], t[N];
    for (int i = 0; i < N; i++) u[i] = 1;
    for (int pass = 0; pass < 20; pass++) {
        multiply(u, t);
        multiply_transposed(t, v);
        multiply(v, t);
        multiply_transposed(t, u);
    }
    double uv = 0, vv = 0;
    for (int i = 0; i < N; i++) {
        uv += u[i] * v[i];
        vv += v[i] * v[i];
    }
    return finish((uint64_t)(sqrt(uv / vv) * 1e9 + 0.5), 1274224152);
}
