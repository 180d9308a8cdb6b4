import os

CACHE = os.getenv("APP_CACHE_URL", "redis://localhost:6379/0")
