/* CRC-32 with a 256-entry table over 256 KiB, n times: one dependent table load per byte. */
#include "common.h"

#define SIZE 262144

static u8 data[SIZE];
static u32 table[256];

EXPORT i64 run(i32 n) {
  for (u32 i = 0; i < 256; i++) {
    u32 c = i;
    for (i32 bit = 0; bit < 8; bit++) c = c & 1 ? 0xedb88320u ^ (c >> 1) : c >> 1;
    table[i] = c;
  }
  random_seed(3);
  for (i32 i = 0; i < SIZE; i++) data[i] = (u8)random_u64();
  u32 crc = ~0u;
  for (i32 round = 0; round < n; round++)
    for (i32 i = 0; i < SIZE; i++) crc = table[(crc ^ data[i]) & 255] ^ (crc >> 8);
  return (i64)~crc;
}
