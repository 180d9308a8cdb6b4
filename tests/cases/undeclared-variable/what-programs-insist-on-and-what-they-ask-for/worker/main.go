package main

import (
	"log"
	"os"
)

func mustEnv(key string) string {
	value := os.Getenv(key)
	if value == "" {
		log.Fatalf("set %s", key)
	}
	return value
}

type Settings struct {
	Region string `env:"BUCKET_REGION,required"`
}

var queue = mustEnv("QUEUE_URL")
