import os

url = os.environ["DATABSE_URL"]
