import os

LEVEL = os.environ.get("LOG_LEVEL", "info")
SENTRY = os.environ["SENTRY_DSN"]
