fn main() {
    let debug = std::env::var("APP_ALPHA").is_ok();
    let config: Config = envy::prefixed("APP_").from_env().unwrap();
    run(config, debug);
}
