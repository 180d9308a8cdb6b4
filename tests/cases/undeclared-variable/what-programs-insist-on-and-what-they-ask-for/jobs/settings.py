from environs import Env

env = Env()
schedule = env.str("JOB_SCHEDULE")
with env.prefixed("JOB_"):
    retries = env.int("RETRIES", 3)
