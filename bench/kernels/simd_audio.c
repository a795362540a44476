/* A 32-tap filter on 16-bit samples with `i32x4.dot_i16x8_s` and saturating packs, n rounds over 32 K samples. */
#include "common.h"
#include <wasm_simd128.h>

#define SAMPLES 32768
#define TAPS 32

static i16 input[SAMPLES + TAPS], output[SAMPLES], taps[TAPS];

static NOINLINE void filter(void) {
  for (i32 i = 0; i < SAMPLES; i++) {
    v128_t sum = wasm_i32x4_splat(0);
#pragma clang loop unroll(full)
    for (i32 k = 0; k < TAPS; k += 8)
      sum = wasm_i32x4_add(sum, wasm_i32x4_dot_i16x8(wasm_v128_load(input + i + k), wasm_v128_load(taps + k)));
    v128_t pair = wasm_i32x4_add(sum, wasm_i32x4_shuffle(sum, sum, 2, 3, 0, 1));
    v128_t whole = wasm_i32x4_shr(wasm_i32x4_add(pair, wasm_i32x4_shuffle(pair, pair, 1, 0, 3, 2)), 15);
    output[i] = (i16)wasm_i16x8_extract_lane(wasm_i16x8_narrow_i32x4(whole, whole), 0);
  }
}

static NOINLINE void blend(void) {
  for (i32 i = 0; i < SAMPLES; i += 8) {
    v128_t a = wasm_v128_load(input + i), b = wasm_v128_load(output + i);
    v128_t mean = wasm_i16x8_q15mulr_sat(wasm_i16x8_add_sat(a, b), wasm_i16x8_splat(0x6000));
    wasm_v128_store(input + i, wasm_i16x8_max(wasm_i16x8_min(mean, wasm_i16x8_splat(20000)), wasm_i16x8_splat(-20000)));
  }
}

EXPORT i64 run(i32 n) {
  random_seed(23);
  for (i32 i = 0; i < SAMPLES + TAPS; i++) input[i] = (i16)random_u64();
  for (i32 i = 0; i < TAPS; i++) taps[i] = (i16)(random_below(4000) - 1000);
  for (i32 round = 0; round < n; round++) {
    filter();
    blend();
    input[round % SAMPLES] = (i16)random_u64();
  }
  return (i64)mix_bytes(0, (const u8 *)output, sizeof output);
}
