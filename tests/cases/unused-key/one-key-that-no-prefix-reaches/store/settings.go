package store

type Database struct {
	Host string `env:"HOST,required"`
}

type Settings struct {
	Database Database `envPrefix:"DB_"`
	Pool     pool.Settings `envPrefix:"DB_POOL_"`
}

type Service struct{ Timeout int }

func read() (s Service, err error) {
	err = envconfig.Process("svc", &s)
	return
}
