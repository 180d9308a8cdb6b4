import os

token = os.environ["JOB_TOKEN"]
