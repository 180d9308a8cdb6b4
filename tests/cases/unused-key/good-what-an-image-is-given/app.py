import os
name = os.environ["DB_NAME"]
