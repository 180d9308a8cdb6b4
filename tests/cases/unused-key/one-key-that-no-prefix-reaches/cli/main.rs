#[derive(clap::Parser)]
struct Arguments {
    /// Where it runs.
    #[arg(long, env)]
    pub cli_region: String,
}

fn mail() -> Mail {
    envy::prefixed("SMTP_").from_env().unwrap_or_default()
}
