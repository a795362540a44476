/* Five bodies under gravity, n steps of a symplectic integrator: scalar doubles, square roots, divisions. */
#include "common.h"

#define BODIES 5

typedef struct { f64 x, y, z, vx, vy, vz, mass; } Body;

static Body bodies[BODIES];

static NOINLINE void step(f64 dt) {
  for (i32 i = 0; i < BODIES; i++) {
    Body *p = &bodies[i];
    for (i32 j = i + 1; j < BODIES; j++) {
      Body *q = &bodies[j];
      f64 dx = p->x - q->x, dy = p->y - q->y, dz = p->z - q->z;
      f64 square = dx * dx + dy * dy + dz * dz + 0.01;
      f64 pull = dt / (square * __builtin_sqrt(square));
      p->vx -= dx * q->mass * pull, p->vy -= dy * q->mass * pull, p->vz -= dz * q->mass * pull;
      q->vx += dx * p->mass * pull, q->vy += dy * p->mass * pull, q->vz += dz * p->mass * pull;
    }
  }
  for (i32 i = 0; i < BODIES; i++) {
    Body *p = &bodies[i];
    p->x += dt * p->vx, p->y += dt * p->vy, p->z += dt * p->vz;
  }
}

EXPORT i64 run(i32 n) {
  random_seed(9);
  for (i32 i = 0; i < BODIES; i++) {
    bodies[i] = (Body){random_unit() * 20 - 10, random_unit() * 20 - 10, random_unit() * 20 - 10,
                       random_unit() - 0.5, random_unit() - 0.5, random_unit() - 0.5, random_unit()};
  }
  for (i32 i = 0; i < n; i++) step(0.001);
  u64 sum = 0;
  for (i32 i = 0; i < BODIES; i++) sum = mix_f64(mix_f64(sum, bodies[i].x), bodies[i].vy);
  return (i64)sum;
}
