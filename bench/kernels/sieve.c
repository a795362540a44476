/* Sieve of Eratosthenes over bytes, n rounds: stride stores to a table that fits the second-level cache. */
#include "common.h"

#define LIMIT 400000

static u8 composite[LIMIT];

EXPORT i64 run(i32 n) {
  u64 sum = 0;
  for (i32 round = 0; round < n; round++) {
    for (i32 i = 0; i < LIMIT; i++) composite[i] = 0;
    u32 count = 0;
    for (u32 i = 2; i < LIMIT; i++) {
      if (composite[i]) continue;
      count += i ^ (u32)round;
      for (u32 j = 2 * i; j < LIMIT; j += i) composite[j] = 1;
    }
    sum = mix(sum, count);
  }
  return (i64)sum;
}
