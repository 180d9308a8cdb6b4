module example.com/app

require github.com/joho/godotenv v1.4.0
