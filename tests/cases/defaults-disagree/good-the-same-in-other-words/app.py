import os

debug = os.getenv("API_DEBUG", "false")
url = os.getenv("API_URL", "http://localhost:1")
