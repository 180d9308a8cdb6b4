package main

import (
	"os"
	"strconv"
)

func main() {
	port, _ := strconv.Atoi(os.Getenv("PORT"))
	serve(port, os.Getenv("LOG_STYLE"), os.Getenv("CACHE"))
}
