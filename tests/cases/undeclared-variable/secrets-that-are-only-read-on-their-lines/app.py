import os

token = os.environ["PAYMENT_TOKEN"]; secret = os.environ["OTHER_SECRET"]
secret = settings["secret"] or os.environ["THIRD_SECRET"] + "hunter2"
