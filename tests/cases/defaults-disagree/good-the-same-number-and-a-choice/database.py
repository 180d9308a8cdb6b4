import os

match os.environ["DB_ENGINE"]:
    case "postgresql":
        mode = os.getenv("DB_SSL_MODE", "prefer")
    case "mariadb":
        mode = os.getenv("DB_SSL_MODE", "PREFERRED")
