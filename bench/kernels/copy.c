/* Bulk memory: `memory.copy` and `memory.fill` of many sizes, from 8 bytes to 128 KiB, n rounds. */
#include "common.h"

#define SIZE 262144

static u8 from[SIZE], to[SIZE];

EXPORT i64 run(i32 n) {
  random_seed(15);
  for (i32 i = 0; i < SIZE; i++) from[i] = (u8)random_u64(), to[i] = 0;
  for (i32 round = 0; round < n; round++) {
    for (u32 size = 8; size <= SIZE / 2; size *= 2) {
      u32 count = size < 4096 ? 64 : 4;
      for (u32 i = 0; i < count; i++) {
        u32 source = random_below(SIZE - size), target = random_below(SIZE - size);
        __builtin_memcpy(to + target, from + source, size);
        if (i % 4 == 0) __builtin_memset(to + source, (i32)i, size);
        if (i % 8 == 0) __builtin_memmove(to + target / 2, to + target / 2 + 3, size);
      }
    }
  }
  return (i64)mix_bytes(0, to, SIZE);
}
