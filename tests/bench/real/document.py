# SPDX-License-Identifier: MIT
# A document of nested records, written and read several times.
import json
import random

rand = random.Random(1)
records = [{
    "id": i,
    "name": "name %d" % rand.randrange(10 ** 6),
    "tags": ["t%d" % rand.randrange(500) for _ in range(rand.randrange(8))],
    "place": {"x": rand.random(), "y": rand.random()},
    "text": "word " * rand.randrange(40),
} for i in range(10000)]
for _ in range(2):
    text = json.dumps(records, indent=1)
    records = json.loads(text)
print(len(text))
