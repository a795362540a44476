/* A little firmware without the C library: sums, a table, a loop over a port, floating point in software. */
typedef unsigned char byte;
#define PORTB (*(volatile byte *)0x25)

static const byte table[16] = {0, 25, 50, 74, 98, 120, 142, 162, 180, 197, 212, 225, 236, 244, 250, 254};

static float smooth(float old, float now) { return old * 0.875f + now * 0.125f; }

static long checksum(const byte *bytes, int count) {
  long sum = 1;
  while (count-- > 0) sum = sum * 31 + *bytes++;
  return sum;
}

int main(void) {
  float level = 0;
  PORTB = (byte)checksum(table, sizeof table);
  for (int i = 0;; i = (i + 1) & 15) {
    level = smooth(level, table[i]);
    PORTB = (byte)level;
  }
}
