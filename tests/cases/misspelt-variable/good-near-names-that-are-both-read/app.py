import os

one = os.environ["CACHE_URL_1"]
two = os.environ["CACHE_URL_2"]
sender = os.environ["MAIL_FROM"]
