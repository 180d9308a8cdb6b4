import os

DATABASE = os.environ["DATABASE_URL"]
STRIPE = os.environ["STRIPE_API_KEY"]
