/* Streaming over three arrays of 512 KiB: copy, scale, add, triad, n rounds: bound by the bandwidth of the caches. */
#include "common.h"

#define COUNT 65536

static f64 a[COUNT], b[COUNT], c[COUNT];

EXPORT i64 run(i32 n) {
  for (i32 i = 0; i < COUNT; i++) a[i] = i * 0.5, b[i] = 2, c[i] = 0;
  for (i32 round = 0; round < n; round++) {
    for (i32 i = 0; i < COUNT; i++) c[i] = a[i];
    for (i32 i = 0; i < COUNT; i++) b[i] = 0.25 * c[i];
    for (i32 i = 0; i < COUNT; i++) c[i] = a[i] + b[i];
    for (i32 i = 0; i < COUNT; i++) a[i] = b[i] + 0.75 * c[i];
  }
  u64 sum = 0;
  for (i32 i = 0; i < COUNT; i += 257) sum = mix_f64(sum, a[i]);
  return (i64)sum;
}
