"""Exercises the interpreter: classes, generators, big integers, exceptions, the C modules, and files."""
import collections
import functools
import hashlib
import itertools
import json
import os
import re
import sys
import zlib


def partitions(n):
    ways = [1] + [0] * n
    for part in range(1, n + 1):
        for total in range(part, n + 1):
            ways[total] += ways[total - part]
    return ways[n]


@functools.lru_cache(maxsize=None)
def ackermann(m, n):
    if m == 0:
        return n + 1
    return ackermann(m - 1, 1 if n == 0 else ackermann(m, n - 1))


def mandelbrot(width, height):
    for y in range(height):
        row = []
        for x in range(width):
            c, z, n = complex(x / width * 3 - 2, y / height * 2 - 1), 0j, 0
            while abs(z) < 2 and n < 26:
                z, n = z * z + c, n + 1
            row.append(" .,:;i1tfLCG08@"[n // 2])
        yield "".join(row)


print(sys.version_info[:3], sys.byteorder, sys.maxsize, sys.argv[1:])
print("partitions", partitions(500), ackermann(2, 3))
print("\n".join(mandelbrot(60, 18)))
data = bytes(i * i % 251 for i in range(100000))
print(hashlib.sha256(data).hexdigest(), hashlib.md5(data).hexdigest())
packed = zlib.compress(data, 9)
print(len(packed), zlib.decompress(packed) == data, zlib.crc32(data))
words = re.findall(r"\w+", "the cat and the hat and the bat")
print(collections.Counter(words).most_common(3), list(itertools.accumulate(range(8))))
print(json.dumps({"b": [1, 2.5, None], "a": {"x": "ü"}}, sort_keys=True), 3**200 % 10**40)
try:
    {}["missing"]
except KeyError as error:
    print("caught", repr(error))
os.makedirs("made/deep")
for i in range(3):
    with open(f"made/deep/{i}.txt", "w") as file:
        file.write("x" * i)
print(sorted((name, os.stat(f"made/deep/{name}").st_size) for name in os.listdir("made/deep")))
os.rename("made/deep/2.txt", "made/two.txt")
os.remove("made/deep/0.txt")
print(sorted(os.listdir("made")), os.path.exists("made/deep/0.txt"), os.environ["GREETING"])
try:
    open("../outside.txt")
except OSError as error:
    print("outside", type(error).__name__)
sys.exit(3)
