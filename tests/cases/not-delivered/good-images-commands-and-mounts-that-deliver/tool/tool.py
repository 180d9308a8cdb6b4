import os

token = os.environ["TOOL_TOKEN"]
