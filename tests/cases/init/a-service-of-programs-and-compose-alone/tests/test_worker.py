import os

TEST_ONLY = os.environ["TEST_ONLY"]
