/* Writes a JSON document of about 200 KiB, then reads it n times with a recursive-descent parser that checks syntax,
 * adds up numbers and hashes strings: byte-wise branches and calls. */
#include "common.h"

static u8 text[400000];
static i32 length, at, errors;
static u64 sum;

static void put(const char *s) { while (*s) text[length++] = (u8)*s++; }

static void put_number(u32 value) {
  u8 digits[10];
  i32 count = 0;
  do digits[count++] = (u8)('0' + value % 10); while (value /= 10);
  while (count) text[length++] = digits[--count];
}

static void write_value(i32 depth) {
  u32 kind = depth <= 0 ? random_below(4) : random_below(7);
  if (kind == 0) put("true");
  else if (kind == 1) put_number((u32)random_u64());
  else if (kind == 2) put("-"), put_number(random_below(1000)), put("."), put_number(random_below(100000)), put("e-3");
  else if (kind == 3) {
    put("\"");
    for (u32 i = random_below(30); i; i--) text[length++] = (u8)('a' + random_below(26));
    put(random_below(4) ? "\"" : "\\n\\u00e9\"");
  } else if (kind < 6) {
    put("{ ");
    for (u32 i = 2 + random_below(5); i; i--) {
      put("\"key"), put_number(random_below(1000)), put("\": ");
      write_value(depth - 1);
      put(i > 1 ? ",\n  " : " }");
    }
  } else {
    put("[");
    for (u32 i = 2 + random_below(6); i; i--) write_value(depth - 1), put(i > 1 ? ", " : "]");
  }
}

static void space(void) {
  while (text[at] == ' ' || text[at] == '\n' || text[at] == '\t' || text[at] == '\r') at++;
}

static i32 digits(void) {
  i32 value = 0;
  if (text[at] < '0' || text[at] > '9') errors++;
  while (text[at] >= '0' && text[at] <= '9') value = value * 10 + (text[at++] - '0');
  return value;
}

static void number(void) {
  i32 negative = text[at] == '-';
  if (negative) at++;
  u64 value = (u64)(u32)digits();
  if (text[at] == '.') at++, value = value * 31 + (u32)digits();
  if (text[at] == 'e' || text[at] == 'E') {
    at++;
    if (text[at] == '-' || text[at] == '+') at++;
    value = value * 37 + (u32)digits();
  }
  sum = mix(sum, negative ? 0 - value : value);
}

static void string(void) {
  u64 hash = 0xcbf29ce484222325ull;
  at++;
  while (text[at] != '"') {
    u8 c = text[at++];
    if (c < 32) errors++;
    if (c == '\\') {
      switch (text[at++]) {
        case 'n': c = '\n'; break;
        case 't': c = '\t'; break;
        case '"': c = '"'; break;
        case '\\': c = '\\'; break;
        case 'u':
          c = 0;
          for (i32 i = 0; i < 4; i++) {
            u8 digit = text[at++];
            c = (u8)(c << 4 | (digit <= '9' ? digit - '0' : (digit | 32) - 'a' + 10));
          }
          break;
        default: errors++;
      }
    }
    hash = (hash ^ c) * 0x100000001b3ull;
  }
  at++;
  sum = mix(sum, hash);
}

static void word(const char *expected) {
  while (*expected) errors += text[at++] != (u8)*expected++;
}

static NOINLINE void value(void) {
  space();
  switch (text[at]) {
    case '{':
      do {
        at++;
        space();
        string();
        space();
        if (text[at++] != ':') errors++;
        value();
        space();
      } while (text[at] == ',');
      if (text[at++] != '}') errors++;
      break;
    case '[':
      do at++, value(), space(); while (text[at] == ',');
      if (text[at++] != ']') errors++;
      break;
    case '"': string(); break;
    case 't': word("true"); break;
    case 'f': word("false"); break;
    case 'n': word("null"); break;
    default: number();
  }
}

EXPORT i64 run(i32 n) {
  random_seed(6);
  length = 0, sum = 0, errors = 0;
  put("[");
  while (length < 200000) write_value(4), put(",\n");
  put("null]");
  text[length] = 0;
  for (i32 round = 0; round < n; round++) at = 0, value();
  return (i64)mix(sum, (u64)errors << 32 | (u32)(at - length));
}
