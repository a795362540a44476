/* A ray tracer: eight mirror spheres over a plane, n x n pixels, three reflections: float code with branches and calls
 * that pass structs in memory. */
#include "common.h"

typedef struct { f32 x, y, z; } Vec;
typedef struct { Vec centre; f32 radius; Vec colour; f32 mirror; } Sphere;

static Sphere spheres[8];

static Vec vec(f32 x, f32 y, f32 z) { return (Vec){x, y, z}; }
static Vec add(Vec a, Vec b) { return vec(a.x + b.x, a.y + b.y, a.z + b.z); }
static Vec sub(Vec a, Vec b) { return vec(a.x - b.x, a.y - b.y, a.z - b.z); }
static Vec scale(Vec a, f32 s) { return vec(a.x * s, a.y * s, a.z * s); }
static f32 dot(Vec a, Vec b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
static Vec unit(Vec a) { return scale(a, 1 / __builtin_sqrtf(dot(a, a))); }

/* Distance to the sphere along a unit ray, or a negative number. */
static NOINLINE f32 hit(const Sphere *s, Vec from, Vec ray) {
  Vec offset = sub(from, s->centre);
  f32 b = dot(offset, ray), c = dot(offset, offset) - s->radius * s->radius, d = b * b - c;
  if (d < 0) return -1;
  f32 root = __builtin_sqrtf(d);
  return -b - root > 0.001f ? -b - root : -b + root > 0.001f ? -b + root : -1;
}

static NOINLINE Vec trace(Vec from, Vec ray, i32 depth) {
  static const Vec light = {0.577f, 0.577f, -0.577f};
  const Sphere *nearest = 0;
  f32 distance = 1e30f;
  for (i32 i = 0; i < 8; i++) {
    f32 t = hit(&spheres[i], from, ray);
    if (t > 0 && t < distance) distance = t, nearest = &spheres[i];
  }
  Vec point, normal, colour;
  f32 mirror;
  if (nearest) {
    point = add(from, scale(ray, distance));
    normal = scale(sub(point, nearest->centre), 1 / nearest->radius);
    colour = nearest->colour, mirror = nearest->mirror;
  } else if (ray.y < -0.001f) {
    point = add(from, scale(ray, -(from.y + 2) / ray.y));
    normal = vec(0, 1, 0);
    i32 tile = (i32)__builtin_floorf(point.x) + (i32)__builtin_floorf(point.z);
    colour = tile & 1 ? vec(0.9f, 0.9f, 0.9f) : vec(0.1f, 0.1f, 0.1f), mirror = 0.2f;
  } else {
    return vec(0.3f, 0.4f, 0.5f + 0.5f * ray.y);
  }
  f32 shade = dot(normal, light);
  if (shade < 0) shade = 0;
  for (i32 i = 0; i < 8 && shade > 0; i++) if (hit(&spheres[i], point, light) > 0) shade = 0;
  colour = scale(colour, 0.2f + 0.8f * shade);
  if (depth && mirror > 0) {
    Vec bounced = unit(sub(ray, scale(normal, 2 * dot(ray, normal))));
    colour = add(scale(colour, 1 - mirror), scale(trace(point, bounced, depth - 1), mirror));
  }
  return colour;
}

EXPORT i64 run(i32 n) {
  random_seed(11);
  for (i32 i = 0; i < 8; i++) {
    spheres[i].centre = vec((f32)random_unit() * 8 - 4, (f32)random_unit() * 3 - 1, (f32)random_unit() * 6 + 4);
    spheres[i].radius = 0.5f + (f32)random_unit();
    spheres[i].colour = vec((f32)random_unit(), (f32)random_unit(), (f32)random_unit());
    spheres[i].mirror = (f32)random_unit() * 0.8f;
  }
  u64 sum = 0;
  for (i32 row = 0; row < n; row++)
    for (i32 column = 0; column < n; column++) {
      Vec ray = unit(vec((f32)column / (f32)n - 0.5f, 0.5f - (f32)row / (f32)n, 1));
      Vec colour = trace(vec(0, 0, -2), ray, 3);
      sum = mix(sum, (u64)(i64)((colour.x + colour.y * 256 + colour.z * 65536) * 255));
    }
  return (i64)sum;
}
