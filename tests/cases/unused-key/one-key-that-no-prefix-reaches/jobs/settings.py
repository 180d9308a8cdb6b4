from environs import Env

env = Env()
with env.prefixed("JOB_"), env.prefixed("DB_"):
    host = env.str("HOST")
