import os

DEBUG = os.getenv("APP_DEBUG", "false") == "true"
ENV = os.getenv("APP_ENV", "production")
URL = os.getenv("APP_URL", "http://localhost")
WORKERS = int(os.getenv("APP_WORKERS", "2"))
MAIL_HOST = os.getenv("MAIL_HOST", "smtp.example.com")
MAIL_PORT = int(os.getenv("MAIL_PORT", "587"))
MODEL = os.getenv("MODEL_NAME", "a/small")
UPLOADS = os.getenv("UPLOAD_FOLDER", "/data")
API = os.getenv("API_URL", "https://api.example.com/v1")
KEY = os.getenv("API_KEY_FILE", "/etc/app/key")
