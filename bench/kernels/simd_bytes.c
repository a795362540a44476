/* Byte processing with SIMD, n rounds over 256 KiB: ASCII check, upper-casing, newline count through bit masks, and a
 * hexadecimal encoder through swizzles: integer lanes, compares, shuffles, `bitmask`. */
#include "common.h"
#include <wasm_simd128.h>

#define SIZE 262144

static u8 text[SIZE], hex[2 * SIZE];

static NOINLINE u32 upper_case(void) {
  v128_t high = wasm_i8x16_splat(0);
  u32 newlines = 0;
  for (i32 i = 0; i < SIZE; i += 16) {
    v128_t v = wasm_v128_load(text + i);
    high = wasm_v128_or(high, v);
    newlines += (u32)__builtin_popcount((u32)wasm_i8x16_bitmask(wasm_i8x16_eq(v, wasm_i8x16_splat('\n'))));
    v128_t small = wasm_v128_and(wasm_i8x16_ge(v, wasm_i8x16_splat('a')), wasm_i8x16_le(v, wasm_i8x16_splat('z')));
    wasm_v128_store(text + i, wasm_v128_xor(v, wasm_v128_and(small, wasm_i8x16_splat(0x20))));
  }
  return newlines * 2 + (u32)(wasm_i8x16_bitmask(high) != 0);
}

static NOINLINE void encode(void) {
  v128_t digits = wasm_i8x16_make('0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f');
  for (i32 i = 0; i < SIZE; i += 16) {
    v128_t v = wasm_v128_load(text + i);
    v128_t high = wasm_i8x16_swizzle(digits, wasm_u8x16_shr(v, 4));
    v128_t low = wasm_i8x16_swizzle(digits, wasm_v128_and(v, wasm_i8x16_splat(15)));
    wasm_v128_store(hex + 2 * i, wasm_i8x16_shuffle(high, low, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23));
    wasm_v128_store(hex + 2 * i + 16,
                    wasm_i8x16_shuffle(high, low, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31));
  }
}

EXPORT i64 run(i32 n) {
  random_seed(22);
  u64 sum = 0;
  for (i32 i = 0; i < SIZE; i++) text[i] = (u8)random_below(128);
  for (i32 round = 0; round < n; round++) {
    text[(round * 7919) & (SIZE - 1)] = (u8)('a' + round % 26);
    sum = mix(sum, upper_case());
    encode();
  }
  return (i64)mix_bytes(sum, hex, 2 * SIZE);
}
