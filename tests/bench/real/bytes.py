# SPDX-License-Identifier: MIT
# Strings and lists beyond 512 bytes, which Python leaves to malloc().
import random
import zlib

rand = random.Random(3)
live = [b""] * 4000
total = 0
for i in range(60000):
    at = rand.randrange(len(live))
    live[at] = bytes(600 + rand.randrange(3000))
    if i % 50 == 0:
        total += len(zlib.compress(b"".join(live[at:at + 20]), 1))
    if i % 9 == 0:
        total += len([at] * rand.randrange(2000))
print(total)
