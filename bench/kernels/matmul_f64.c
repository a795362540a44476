/* Matrix product of doubles, 160 x 160, plain triple loop in i-k-j order, n times. Scalar: no SIMD. */
#include "common.h"

#define SIZE 160

static f64 a[SIZE][SIZE], b[SIZE][SIZE], c[SIZE][SIZE];

EXPORT i64 run(i32 n) {
  random_seed(8);
  for (i32 i = 0; i < SIZE; i++)
    for (i32 j = 0; j < SIZE; j++) a[i][j] = random_unit(), b[i][j] = random_unit();
  for (i32 round = 0; round < n; round++) {
    for (i32 i = 0; i < SIZE; i++) {
      for (i32 j = 0; j < SIZE; j++) c[i][j] = 0;
      for (i32 k = 0; k < SIZE; k++) {
        f64 factor = a[i][k];
        for (i32 j = 0; j < SIZE; j++) c[i][j] += factor * b[k][j];
      }
    }
    a[round % SIZE][0] = c[0][round % SIZE] * 1e-3;
  }
  u64 sum = 0;
  for (i32 i = 0; i < SIZE; i++) sum = mix_f64(sum, c[i][(i * 7) % SIZE]);
  return (i64)sum;
}
