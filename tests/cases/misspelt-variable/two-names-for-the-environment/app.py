import os

environment = os.environ["ENVIRONMENT"]
