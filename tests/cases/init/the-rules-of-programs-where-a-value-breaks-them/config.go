package main

import "time"

type Config struct {
	Timeout time.Duration `env:"HTTP_TIMEOUT"`
}
