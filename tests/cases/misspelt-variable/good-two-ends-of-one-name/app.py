import os

host = os.getenv("SMTP_HOST", "")
