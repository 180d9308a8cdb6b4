import os

A = os.environ["A_KEY"]
B = os.environ["ACME_TOKEN"]
C = os.environ["OTHER_TOKEN"]
