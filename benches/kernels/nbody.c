/* Gravitation among five bodies: scalar floating point with square roots and divisions. */
#include "kernel.h"
#include <math.h>

#define BODIES 5

struct body { double position[3], velocity[3], mass; };

static struct body bodies[BODIES];

static void set_up(void) {
    uint64_t seed = 7;
    for (int i = 0; i < BODIES; i++) {
        for (int k = 0; k < 3; k++) {
            bodies[i].position[k] = (double)(next_random(&seed) >> 40) / (1 << 20) + 3 * i;
            bodies[i].velocity[k] = (double)(next_random(&seed) >> 40) / (1 << 26) - 0.1;
        }
        bodies[i].mass = i == 0 ? 40.0 : 0.01 * i;
    }
}

static NOINLINE void advance(double dt) {
    for (int i = 0; i < BODIES; i++) {
        struct body *a = &bodies[i];
        for (int j = i + 1; j < BODIES; j++) {
            struct body *b = &bodies[j];
            double dx = a->position[0] - b->position[0];
            double dy = a->position[1] - b->position[1];
            double dz = a->position[2] - b->position[2];
            double square = dx * dx + dy * dy + dz * dz;
            double magnitude = dt / (square * sqrt(square));
            a->velocity[0] -= dx * b->mass * magnitude;
            a->velocity[1] -= dy * b->mass * magnitude;
            a->velocity[2] -= dz * b->mass * magnitude;
            b->velocity[0] += dx * a->mass * magnitude;
            b->velocity[1] += dy * a->mass * magnitude;
            b->velocity[2] += dz * a->mass * magnitude;
        }
    }
    for (int i = 0; i < BODIES; i++)
        for (int k = 0; k < 3; k++) bodies[i].position[k] += dt * bodies[i].velocity[k];
}

int main(void) {
    set_up();
    for (int step = 0; step < 4000000; step++) advance(0.001);
    uint64_t result = 0;
    for (int i = 0; i < BODIES; i++)
        for (int k = 0; k < 3; k++) result = result * 31 + bits_of(bodies[i].position[k]);
    return finish(result, 0x9a1d382080c9dce3);
}
