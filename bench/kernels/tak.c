/* Takeuchi's function, n times: nothing but calls and comparisons. */
#include "common.h"

static NOINLINE i32 tak(i32 x, i32 y, i32 z) {
  return y >= x ? z : tak(tak(x - 1, y, z), tak(y - 1, z, x), tak(z - 1, x, y));
}

EXPORT i64 run(i32 n) {
  u64 sum = 0;
  for (i32 i = 0; i < n; i++) sum = mix(sum, (u64)tak(18 + i % 2, 12, 6));
  return (i64)sum;
}
