/* An open-addressing hash table of 2^16 slots: inserts, look-ups and removals with 64-bit keys, n operations. */
#include "common.h"

#define SLOTS 65536

typedef struct { u64 key; u32 value, used; } Slot;

static Slot slots[SLOTS];
static u32 entries;

static u32 home(u64 key) { return (u32)(key * 0x9e3779b97f4a7c15ull >> 48); }

static NOINLINE Slot *find(u64 key) {
  u32 at = home(key);
  while (slots[at].used && slots[at].key != key) at = (at + 1) % SLOTS;
  return &slots[at];
}

/* Removal moves later members of the run back, so that no tombstones are needed. */
static NOINLINE void vacate(Slot *slot) {
  u32 hole = (u32)(slot - slots), at = hole;
  for (;;) {
    slots[hole].used = 0;
    for (;;) {
      at = (at + 1) % SLOTS;
      if (!slots[at].used) return;
      if (((at - home(slots[at].key)) % SLOTS) >= ((at - hole) % SLOTS)) break;
    }
    slots[hole] = slots[at];
    hole = at;
  }
}

EXPORT i64 run(i32 n) {
  random_seed(17);
  for (i32 i = 0; i < SLOTS; i++) slots[i].used = 0;
  entries = 0;
  u64 sum = 0;
  for (i32 i = 0; i < n; i++) {
    u64 key = random_below(60000) * 0x10001ull;
    Slot *slot = find(key);
    u32 action = random_below(8);
    if (!slot->used && action < 5 && entries < SLOTS / 4 * 3) {
      *slot = (Slot){key, (u32)i, 1};
      entries++;
    } else if (slot->used && action == 7) {
      vacate(slot);
      entries--;
    } else if (slot->used) {
      sum = sum * 31 + slot->value++;
    }
  }
  return (i64)mix(sum, entries);
}
