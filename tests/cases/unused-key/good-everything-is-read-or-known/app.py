import os

port = int(os.environ["API_PORT"])
whole = os.environ["WHOLE"]
