package main

import "github.com/spf13/viper"

func main() {
	viper.SetEnvPrefix("app")
	viper.AutomaticEnv()
	run(viper.GetInt("port"), viper.GetString("log_format"))
}
