/* Pointer chasing: n steps along a random cycle through 1 MiB: bound by the latency of loads. (A larger
 * cycle would measure how lucky a process was with huge pages.) */
#include "common.h"

#define COUNT (1 << 18)

static u32 next[COUNT];

EXPORT i64 run(i32 n) {
  random_seed(16);
  for (u32 i = 0; i < COUNT; i++) next[i] = i;
  for (u32 i = COUNT - 1; i > 0; i--) { /* Sattolo: one single cycle */
    u32 j = random_below(i), t = next[i];
    next[i] = next[j], next[j] = t;
  }
  u32 at = 0;
  u64 sum = 0;
  for (i32 i = 0; i < n; i++) {
    at = next[at];
    sum += at;
  }
  return (i64)mix(sum, at);
}
