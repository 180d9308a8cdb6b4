import os

key = os.environ["JOB_KEY"]
