/* Matrix product of floats, 192 x 192, four lanes at a time, n times: SIMD multiply and add, splats, aligned loads. */
#include "common.h"
#include <wasm_simd128.h>

#define SIZE 192

static f32 a[SIZE][SIZE], b[SIZE][SIZE], c[SIZE][SIZE];

static NOINLINE void multiply(void) {
  for (i32 i = 0; i < SIZE; i++) {
    for (i32 j = 0; j < SIZE; j += 16) {
      v128_t s0 = wasm_f32x4_splat(0), s1 = s0, s2 = s0, s3 = s0;
      for (i32 k = 0; k < SIZE; k++) {
        v128_t factor = wasm_v128_load32_splat(&a[i][k]);
        s0 = wasm_f32x4_add(s0, wasm_f32x4_mul(factor, wasm_v128_load(&b[k][j])));
        s1 = wasm_f32x4_add(s1, wasm_f32x4_mul(factor, wasm_v128_load(&b[k][j + 4])));
        s2 = wasm_f32x4_add(s2, wasm_f32x4_mul(factor, wasm_v128_load(&b[k][j + 8])));
        s3 = wasm_f32x4_add(s3, wasm_f32x4_mul(factor, wasm_v128_load(&b[k][j + 12])));
      }
      wasm_v128_store(&c[i][j], s0);
      wasm_v128_store(&c[i][j + 4], s1);
      wasm_v128_store(&c[i][j + 8], s2);
      wasm_v128_store(&c[i][j + 12], s3);
    }
  }
}

EXPORT i64 run(i32 n) {
  random_seed(21);
  for (i32 i = 0; i < SIZE; i++)
    for (i32 j = 0; j < SIZE; j++) a[i][j] = (f32)random_unit(), b[i][j] = (f32)random_unit();
  for (i32 round = 0; round < n; round++) {
    multiply();
    a[round % SIZE][1] = c[1][round % SIZE] * 1e-3f;
  }
  u64 sum = 0;
  for (i32 i = 0; i < SIZE; i++) sum = mix_f64(sum, c[i][(i * 5) % SIZE]);
  return (i64)sum;
}
