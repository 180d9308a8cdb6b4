import os
port = int(os.environ["PORT"])
