from os import environ as env

first = env["FIRST_KEY"]
other = env["PYTHON_KEY"]
