import os

broker = os.getenv("APP_SPARK_CELERY_BROKER_URL", "redis://localhost:6379/0")
concurrency = int(os.environ.get("CELERY_WORKER_CONCURRENCY", "2"))
