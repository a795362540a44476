/* Radix-2 complex FFT of 4096 single-precision points, there and back, n times: strided floats, butterflies. */
#include "common.h"

#define BITS 12
#define COUNT (1 << BITS)

static f32 re[COUNT], im[COUNT], cosines[COUNT / 2], sines[COUNT / 2];

/* Twiddle factors by repeated half-angle rotation in doubles: needs no library function. */
static void make_twiddles(void) {
  f64 c = -1, s = 0; /* of half a turn */
  for (i32 i = 1; i < BITS; i++) {
    f64 half = __builtin_sqrt((1 + c) / 2);
    s = i == 1 ? 1 : s / (2 * half);
    c = half;
  }
  f64 x = 1, y = 0;
  for (i32 i = 0; i < COUNT / 2; i++) {
    cosines[i] = (f32)x, sines[i] = (f32)y;
    f64 t = x * c - y * s;
    y = x * s + y * c;
    x = t;
  }
}

static NOINLINE void transform(f32 direction) {
  for (i32 i = 1, j = 0; i < COUNT; i++) {
    i32 bit = COUNT >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      f32 t = re[i];
      re[i] = re[j], re[j] = t;
      t = im[i];
      im[i] = im[j], im[j] = t;
    }
  }
  for (i32 size = 2; size <= COUNT; size *= 2) {
    i32 half = size / 2, stride = COUNT / size;
    for (i32 start = 0; start < COUNT; start += size) {
      for (i32 k = 0; k < half; k++) {
        f32 wr = cosines[k * stride], wi = sines[k * stride] * direction;
        i32 p = start + k, q = p + half;
        f32 tr = re[q] * wr - im[q] * wi, ti = re[q] * wi + im[q] * wr;
        re[q] = re[p] - tr, im[q] = im[p] - ti;
        re[p] += tr, im[p] += ti;
      }
    }
  }
}

EXPORT i64 run(i32 n) {
  make_twiddles();
  random_seed(10);
  for (i32 i = 0; i < COUNT; i++) re[i] = (f32)random_unit(), im[i] = 0;
  for (i32 round = 0; round < n; round++) {
    transform(1);
    transform(-1);
    for (i32 i = 0; i < COUNT; i++) re[i] *= 1.0f / COUNT, im[i] *= 1.0f / COUNT;
  }
  u64 sum = 0;
  for (i32 i = 0; i < COUNT; i += 17) sum = mix_f64(sum, re[i]);
  return (i64)sum;
}
