import os

BUCKET = os.environ["AWS_STORAGE_BUCKET_NAME"]
REGION = os.environ["AWS_REGION"]
CLIENT = os.environ["GITHUB_CLIENT_SECRET"]
SHA = os.environ["GITHUB_SHA"]
SITE = os.environ["SITE_URL"]
