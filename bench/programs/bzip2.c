/* bzip2 1.0.8 (by Julian Seward, from the crate `bzip2-sys`) packs and unpacks 128 KiB, n times. */
#include <string.h>

#include "../kernels/common.h"
#include "bzlib.h"

#define SIZE 131072

static char plain[SIZE], packed[SIZE + SIZE / 50 + 600], unpacked[SIZE];
static u8 arena[6 << 20];
static u32 used;

static void *take(void *opaque, int items, int size) {
  (void)opaque;
  u32 at = used;
  used += ((u32)items * (u32)size + 15u) & ~15u;
  return used <= sizeof arena ? arena + at : 0;
}

static void give(void *opaque, void *block) { (void)opaque, (void)block; }

/* What bzip2 calls, when built without stdio, on finding itself wrong. */
void bz_internal_error(int code) { (void)code, __builtin_trap(); }

static i32 pack(void) {
  bz_stream s = {.bzalloc = take, .bzfree = give};
  used = 0;
  if (BZ2_bzCompressInit(&s, 2, 0, 0) != BZ_OK) return -1;
  s.next_in = plain, s.avail_in = SIZE, s.next_out = packed, s.avail_out = sizeof packed;
  if (BZ2_bzCompress(&s, BZ_FINISH) != BZ_STREAM_END) return -2;
  i32 length = (i32)s.total_out_lo32;
  BZ2_bzCompressEnd(&s);
  return length;
}

static i32 unpack(i32 length) {
  bz_stream s = {.bzalloc = take, .bzfree = give};
  used = 0;
  if (BZ2_bzDecompressInit(&s, 0, 0) != BZ_OK) return -1;
  s.next_in = packed, s.avail_in = (u32)length, s.next_out = unpacked, s.avail_out = SIZE;
  if (BZ2_bzDecompress(&s) != BZ_STREAM_END) return -2;
  BZ2_bzDecompressEnd(&s);
  return memcmp(plain, unpacked, SIZE) == 0;
}

EXPORT i64 run(i32 n) {
  random_seed(30);
  for (i32 i = 0; i < SIZE;) {
    i32 length = 3 + (i32)random_below(12), back = 1 + (i32)random_below(5000);
    i32 copy = i > back && random_below(3);
    for (; length && i < SIZE; length--, i++) plain[i] = copy ? plain[i - back] : (char)('a' + random_below(26));
  }
  u64 sum = 0;
  for (i32 round = 0; round < n; round++) {
    plain[(round * 7919) % SIZE] ^= 1;
    i32 length = pack();
    sum = mix(sum, (u64)(u32)length << 32 | (u32)unpack(length));
  }
  return (i64)mix_bytes(sum, (u8 *)packed, 1000);
}
