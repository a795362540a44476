/* Plain C loops that the C compiler turns into SIMD by itself, n rounds: sum of absolute differences, a blur of bytes,
 * a polynomial over floats, integer histogram weights: what most SIMD in real programs looks like. */
#include "common.h"

#define SIZE 65536

static u8 image[SIZE], other[SIZE], blurred[SIZE];
static f32 xs[SIZE / 4], ys[SIZE / 4];
static i32 weights[SIZE / 4];

static NOINLINE u32 differences(void) {
  u32 sum = 0;
  for (i32 i = 0; i < SIZE; i++) {
    i32 d = image[i] - other[i];
    sum += (u32)(d < 0 ? -d : d);
  }
  return sum;
}

static NOINLINE void blur(void) {
  for (i32 i = 1; i < SIZE - 1; i++) blurred[i] = (u8)((image[i - 1] + 2 * image[i] + image[i + 1] + 2) >> 2);
}

static NOINLINE void polynomial(void) {
  for (i32 i = 0; i < LENGTH(xs); i++) {
    f32 x = xs[i];
    ys[i] = ((0.25f * x - 0.5f) * x + 0.75f) * x + 0.125f;
  }
}

static NOINLINE i32 weigh(i32 factor) {
  i32 sum = 0;
  for (i32 i = 0; i < LENGTH(weights); i++) {
    weights[i] = weights[i] * factor + (i32)ys[i];
    sum ^= weights[i] > 1000 ? weights[i] - 1000 : weights[i];
  }
  return sum;
}

EXPORT i64 run(i32 n) {
  random_seed(24);
  for (i32 i = 0; i < SIZE; i++) image[i] = (u8)random_u64(), other[i] = (u8)random_u64();
  for (i32 i = 0; i < LENGTH(xs); i++) xs[i] = (f32)random_unit() * 100, weights[i] = i;
  u64 sum = 0;
  for (i32 round = 0; round < n; round++) {
    sum = mix(sum, differences());
    blur();
    polynomial();
    sum = mix(sum, (u64)weigh(round | 1));
    image[round % SIZE] = blurred[(round * 31) % SIZE];
  }
  return (i64)sum;
}
