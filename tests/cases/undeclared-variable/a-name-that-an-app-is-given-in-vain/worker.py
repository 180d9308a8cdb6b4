import os

print(os.getenv("QUEUE_NAME", "jobs"), os.getenv("PORT", "3000"))
