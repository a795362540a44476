/* Number conversions and roundings: floats to integers with range checks, floor, ceiling, minimum, copy of signs,
 * integer to float, over n values. Each such operator is a sequence of several instructions on most machines. */
#include "common.h"

EXPORT i64 run(i32 n) {
  random_seed(12);
  u64 sum = 0;
  f64 x = 1.5;
  for (i32 i = 0; i < n; i++) {
    u64 bits = random_u64();
    f64 v = (f64)(i64)bits * 0x1p-40;
    i32 a = (i32)v;
    u32 b = (u32)__builtin_fabs(v);
    i64 c = (i64)(v * 1024);
    f32 f = (f32)v;
    f64 whole = __builtin_floor(v) + __builtin_ceil(v * 0.5) - __builtin_trunc(v * 0.25) + __builtin_rint(v * 0.125);
    x = __builtin_copysign(__builtin_sqrt(__builtin_fabs(v)), x) * -0.5 + (f64)(u32)(bits >> 32) * 0x1p-32;
    f64 low = v < x ? v : x;
    sum += (u64)(i64)a + b + (u64)c + (u64)(i64)whole + (u64)(i64)(f * 8) + (u64)(i64)low;
    sum = sum << 1 | sum >> 63;
  }
  return (i64)mix_f64(sum, x);
}
