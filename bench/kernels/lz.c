/* A byte-wise LZ77: compresses 256 KiB of half-regular text with a hash table and unpacks it again, n times. */
#include "common.h"

#define SIZE 262144
#define HASH_BITS 14

static u8 plain[SIZE + 16], unpacked[SIZE + 16], packed[SIZE + SIZE / 64 + 64];
static i32 heads[1 << HASH_BITS];

static u32 load32(const u8 *p) {
  u32 value;
  __builtin_memcpy(&value, p, 4);
  return value;
}

static u8 *put_length(u8 *out, i32 length) {
  for (; length >= 255; length -= 255) *out++ = 255;
  *out++ = (u8)length;
  return out;
}

/* Each token: literal count, literals, match length - 4 and distance (16 bits); the last has no match. */
static NOINLINE i32 compress(void) {
  for (i32 i = 0; i < LENGTH(heads); i++) heads[i] = -65536;
  u8 *out = packed;
  i32 literal = 0, at = 0;
  while (at + 8 < SIZE) {
    u32 word = load32(plain + at), hash = word * 2654435761u >> (32 - HASH_BITS);
    i32 candidate = heads[hash];
    heads[hash] = at;
    if (at - candidate > 65535 || load32(plain + candidate) != word) {
      at++;
      continue;
    }
    i32 length = 4;
    while (at + length < SIZE - 4 && plain[candidate + length] == plain[at + length]) length++;
    out = put_length(out, at - literal);
    while (literal < at) *out++ = plain[literal++];
    out = put_length(out, length - 4);
    *out++ = (u8)(at - candidate), *out++ = (u8)((at - candidate) >> 8);
    at += length, literal = at;
  }
  out = put_length(out, SIZE - literal);
  while (literal < SIZE) *out++ = plain[literal++];
  return (i32)(out - packed);
}

static i32 get_length(const u8 **in) {
  i32 length = 0;
  while (**in == 255) length += 255, (*in)++;
  return length + *(*in)++;
}

static NOINLINE i32 decompress(i32 length) {
  const u8 *in = packed, *end = packed + length;
  u8 *out = unpacked;
  for (;;) {
    for (i32 literals = get_length(&in); literals; literals--) *out++ = *in++;
    if (in >= end) return (i32)(out - unpacked);
    i32 count = get_length(&in) + 4, distance = in[0] | in[1] << 8;
    in += 2;
    for (; count; count--, out++) *out = out[-distance];
  }
}

EXPORT i64 run(i32 n) {
  random_seed(14);
  for (i32 i = 0; i < SIZE;) {
    u32 kind = random_below(3);
    i32 length = 4 + (i32)random_below(24), back = 1 + (i32)random_below(30000);
    for (; length && i < SIZE; length--, i++)
      plain[i] = kind && i >= back ? plain[i - back] : (u8)('a' + random_below(20));
  }
  u64 sum = 0;
  for (i32 round = 0; round < n; round++) {
    plain[(round * 7919) & (SIZE - 1)] ^= 1;
    i32 length = compress();
    i32 restored = decompress(length);
    i32 same = 1;
    for (i32 i = 0; i < SIZE; i++) same &= plain[i] == unpacked[i];
    sum = mix(sum, (u64)length << 32 | (u64)(restored == SIZE && same));
  }
  return (i64)sum;
}
