# SPDX-License-Identifier: MIT
# Objects that point to each other, dicts that grow and shrink, strings that
# are split and joined.
import random


class Node:
    def __init__(self, key):
        self.key = key
        self.next = None
        self.seen = {key: str(key)}


rand = random.Random(2)
nodes = {}
for i in range(250000):
    key = rand.randrange(60000)
    old = nodes.pop(key, None)
    if old is None:
        nodes[key] = node = Node(key)
        node.next = nodes.get(key ^ 1)
    elif i % 5 == 0:
        nodes[key + 1] = Node(key + 1)
words = " ".join(str(node.key) for node in nodes.values()).split(" ")
print(len(nodes), len(sorted(words)))
