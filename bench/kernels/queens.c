/* Counts the ways to place n queens with bit masks: recursion with three parameters, integer logic. */
#include "common.h"

static u32 all;

static NOINLINE u32 place(u32 columns, u32 left, u32 right) {
  if (columns == all) return 1;
  u32 count = 0;
  for (u32 free = ~(columns | left | right) & all; free;) {
    u32 bit = free & -free;
    free ^= bit;
    count += place(columns | bit, (left | bit) << 1, (right | bit) >> 1);
  }
  return count;
}

EXPORT i64 run(i32 n) {
  all = (1u << n) - 1;
  return place(0, 0, 0);
}
