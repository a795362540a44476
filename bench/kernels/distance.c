/* Edit distance of two 2000-letter strings by dynamic programming, n times: minimum of three, row by row. */
#include "common.h"

#define LENGTH_OF_TEXT 2000

static u8 left[LENGTH_OF_TEXT], right[LENGTH_OF_TEXT];
static i32 row[LENGTH_OF_TEXT + 1];

static inline i32 minimum(i32 a, i32 b) { return a < b ? a : b; }

static NOINLINE i32 distance(void) {
  for (i32 j = 0; j <= LENGTH_OF_TEXT; j++) row[j] = j;
  for (i32 i = 1; i <= LENGTH_OF_TEXT; i++) {
    i32 diagonal = row[0];
    row[0] = i;
    for (i32 j = 1; j <= LENGTH_OF_TEXT; j++) {
      i32 substituted = diagonal + (left[i - 1] != right[j - 1]);
      diagonal = row[j];
      row[j] = minimum(minimum(row[j], row[j - 1]) + 1, substituted);
    }
  }
  return row[LENGTH_OF_TEXT];
}

EXPORT i64 run(i32 n) {
  random_seed(18);
  u64 sum = 0;
  for (i32 round = 0; round < n; round++) {
    for (i32 i = 0; i < LENGTH_OF_TEXT; i++)
      left[i] = (u8)random_below(4), right[i] = random_below(5) ? left[i] : (u8)random_below(4);
    sum = mix(sum, (u64)distance());
  }
  return (i64)sum;
}
