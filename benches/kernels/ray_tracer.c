/* Spheres with shadows and reflections: small structures passed by value, recursion, square roots. */
#include "kernel.h"
#include <math.h>

struct vector { double x, y, z; };
struct sphere { struct vector centre; double radius; double colour; double mirror; };

#define SPHERES 12
static struct sphere spheres[SPHERES];

static struct vector add(struct vector a, struct vector b) {
    return (struct vector){a.x + b.x, a.y + b.y, a.z + b.z};
}
static struct vector scale(struct vector a, double s) {
    return (struct vector){a.x * s, a.y * s, a.z * s};
}
static struct vector subtract(struct vector a, struct vector b) { return add(a, scale(b, -1)); }
static double dot(struct vector a, struct vector b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
static struct vector unit(struct vector a) { return scale(a, 1 / sqrt(dot(a, a))); }

static NOINLINE int hit(struct vector origin, struct vector direction, double *distance) {
    int found = -1;
    for (int i = 0; i < SPHERES; i++) {
        struct vector to = subtract(spheres[i].centre, origin);
        double along = dot(to, direction);
        double gap = dot(to, to) - along * along;
        double square = spheres[i].radius * spheres[i].radius;
        if (along < 0 || gap > square) continue;
        double near = along - sqrt(square - gap);
        if (near > 1e-6 && near < *distance) {
            *distance = near;
            found = i;
        }
    }
    return found;
}

static double trace(struct vector origin, struct vector direction, int depth) {
    double distance = 1e30;
    int index = hit(origin, direction, &distance);
    if (index < 0) return 0.2 + 0.2 * direction.y;
    struct vector point = add(origin, scale(direction, distance));
    struct vector normal = unit(subtract(point, spheres[index].centre));
    struct vector light = unit((struct vector){5, 9, -6});
    double brightness = dot(normal, light), far = 1e30;
    if (brightness < 0 || hit(point, light, &far) >= 0) brightness = 0;
    double colour = spheres[index].colour * (0.1 + brightness);
    if (depth < 4 && spheres[index].mirror > 0) {
        struct vector away = subtract(direction, scale(normal, 2 * dot(direction, normal)));
        colour += spheres[index].mirror * trace(point, away, depth + 1);
    }
    return colour;
}

int main(void) {
    uint64_t seed = 5, result = 0;
    for (int i = 0; i < SPHERES; i++) {
        spheres[i].centre.x = (double)(next_random(&seed) >> 52) / 512 - 4;
        spheres[i].centre.y = (double)(next_random(&seed) >> 52) / 512 - 4;
        spheres[i].centre.z = (double)(next_random(&seed) >> 52) / 512 + 6;
        spheres[i].radius = 0.5 + (double)(next_random(&seed) >> 52) / 4096;
        spheres[i].colour = (double)(next_random(&seed) >> 52) / 4096;
        spheres[i].mirror = i % 3 * 0.3;
    }
    for (int y = 0; y < 2400; y++)
        for (int x = 0; x < 2400; x++) {
            struct vector direction = unit((struct vector){(x - 1200) / 1400.0, (1200 - y) / 1400.0, 1});
            result = result * 31 + (uint64_t)(trace((struct vector){0, 0, 0}, direction, 0) * 1e6);
        }
    return finish(result, 0x374d0d1960034a22);
}
