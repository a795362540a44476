/* Virtual calls: 4096 shapes of eight kinds in random order, each asked for area, growth and a vote through function
 * pointers, n rounds: `call_indirect` with targets that a predictor cannot learn. */
#include "common.h"

typedef struct Shape Shape;
typedef struct {
  u32 (*area)(const Shape *);
  void (*grow)(Shape *, u32);
  u32 (*vote)(const Shape *, const Shape *);
} Methods;
struct Shape { const Methods *methods; u32 width, height; };

#define COUNT 4096

static Shape shapes[COUNT];

#define KIND(N, AREA, GROW, VOTE)                                                            \
  static u32 area##N(const Shape *s) { return AREA; }                                         \
  static void grow##N(Shape *s, u32 by) { GROW; }                                             \
  static u32 vote##N(const Shape *s, const Shape *other) { return VOTE; }

KIND(0, s->width * s->height, s->width += by, s->width > other->width)
KIND(1, s->width * s->width, s->height ^= by, s->width ^ other->height)
KIND(2, s->width * s->height / 2, (s->width += by, s->height -= by), s->height + other->height)
KIND(3, s->width + s->height, s->height += s->width & by, s->width & other->width)
KIND(4, s->height << 2, s->width = s->width * 3 + by, s->height | other->width)
KIND(5, s->width - s->height, s->height = s->height * 5 + by, s->height < other->height)
KIND(6, s->width ^ s->height, s->width ^= s->height + by, other->width - s->width)
KIND(7, s->width | 7, s->height -= by, other->height ^ s->height)

static const Methods kinds[8] = {{area0, grow0, vote0}, {area1, grow1, vote1}, {area2, grow2, vote2},
                                 {area3, grow3, vote3}, {area4, grow4, vote4}, {area5, grow5, vote5},
                                 {area6, grow6, vote6}, {area7, grow7, vote7}};

EXPORT i64 run(i32 n) {
  random_seed(13);
  for (i32 i = 0; i < COUNT; i++) shapes[i] = (Shape){&kinds[random_below(8)], (u32)random_u64(), (u32)random_u64()};
  u64 sum = 0;
  for (i32 round = 0; round < n; round++) {
    for (i32 i = 0; i < COUNT; i++) {
      Shape *s = &shapes[i];
      sum += s->methods->area(s);
      s->methods->grow(s, (u32)round);
      sum = (sum << 1 | sum >> 63) ^ s->methods->vote(s, &shapes[(i * 31 + round) % COUNT]);
    }
  }
  return (i64)sum;
}
