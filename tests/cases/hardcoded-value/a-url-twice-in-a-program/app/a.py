import os

URL = os.getenv("SEARCH_URL", "http://search.internal:9200")


def old():
    # "http://search.internal:9200"
    return "http://search.internal:9200"
